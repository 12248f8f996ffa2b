"""Readers and writers of protected persons as processes of their own, while a key is being changed.

A writer owns the persons whose id leaves its rest modulo the number of writers, and appends every acknowledged
write to its own journal before the next; a reader compares every value it reads with what may stand there. The
comparison needs no help from the database: a name carries the id it belongs to and a round number.
"""

import json
import multiprocessing
import os
import random
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from crypto.persons import service as persons
from kernel.runtime import Runtime

READ_AT_ONCE = 50
PAUSE = 0.004


def name_of(person_id: int, round_number: int) -> str:
    """Return the name that round ``round_number`` writes for a person."""
    return f"样例{person_id}改{round_number}"


def belongs(person_id: int, name: str) -> bool:
    """Tell whether a name read for a person is its own: the generated one, or one of its rounds."""
    return "改" not in name or name.startswith(f"样例{person_id}改")


def write(runtime: Runtime, *, first_id: int, count: int, part: int, parts: int, journal: Path, stop: Path) -> int:
    """Change names until ``stop`` exists; return the number of acknowledged writes, all of them in ``journal``."""
    mine = [first_id + i for i in range(count) if i % parts == part]
    chooser, written, number = random.Random(part), 0, 0
    with journal.open("ab", buffering=0) as file:
        while not stop.exists():
            number += 1
            person_id = chooser.choice(mine)
            name = name_of(person_id, number)

            def unit(session: Session, person_id: int = person_id, name: str = name) -> None:
                persons.change(session, person_id, name=name)

            runtime.database.run(unit)
            file.write(f"{person_id}\t{name}\n".encode())
            written += 1
            time.sleep(PAUSE)
        os.fsync(file.fileno())
    return written


def read(runtime: Runtime, *, first_id: int, count: int, part: int, stop: Path) -> dict[str, Any]:
    """Read persons at random until ``stop`` exists; return how many were read and which were wrong."""
    chooser, compared, wrong = random.Random(1000 + part), 0, []
    while not stop.exists():
        chosen = sorted(chooser.sample(range(first_id, first_id + count), min(READ_AT_ONCE, count)))
        with runtime.database.read() as session:
            found = persons.read(session, chosen)
        compared += len(found)
        wrong += [person.id for person in found if not belongs(person.id, person.name)]
        if len(found) != len(chosen):
            wrong.append(-1)
        time.sleep(PAUSE)
    return {"compared": compared, "wrong": wrong[:20]}


def last_names(journals: list[Path]) -> dict[int, str]:
    """Return the last acknowledged name of every person that was written."""
    names: dict[int, str] = {}
    for journal in journals:
        for line in journal.read_text("utf-8").splitlines():
            person_id, _, name = line.partition("\t")
            names[int(person_id)] = name
    return names


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Write or read as a job says, until its ``stop`` exists."""
    from kernel.settings import Settings
    from mulian import wiring

    runtime = wiring.open_runtime(Settings(home=Path(job["home"])))
    stop = Path(job["stop"])
    common = {"first_id": job["first_id"], "count": job["count"], "part": job["part"], "stop": stop}
    if job["role"] == "read":
        return read(runtime, **common)
    return {"written": write(runtime, parts=job["parts"], journal=Path(job["journal"]), **common)}


def main(jobs: list[dict[str, Any]]) -> None:
    """Entry of the traffic: ``python -m mulian.demo.traffic '[{"home": …, "role": "write", …}, …]'``.

    Everything is imported once, before the first fork: six interpreters would take longer to start than to work.
    """
    from mulian import wiring

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wiring.load_registrations()
    with ProcessPoolExecutor(len(jobs), multiprocessing.get_context("fork")) as pool:
        print(json.dumps(list(pool.map(run, jobs))), flush=True)


if __name__ == "__main__":
    import sys

    main(json.loads(sys.argv[1]))
