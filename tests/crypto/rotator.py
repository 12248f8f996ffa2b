"""Processes that run one rotation and kill themselves with SIGKILL at a given point; started by the tests.

Each line of stdin (home, database URL, rotation id, moment, state, nth; tab separated) is run in a fork, so that
the imports are paid once; its exit status is answered on stdout, negative for a signal.
Moments: "committed" (right after a transaction that
left the rotation in ``state``), "inside" (at the end of the nth write transaction begun in ``state``).
"""

import os
import sys
import uuid

from crypto import servicekeys
from crypto.drill.processes import dying
from crypto.drill.rules import Moment
from crypto.rotation import machine
from crypto.rotation.rules import RotationState
from kernel.db import Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring


def main() -> None:
    wiring.load_registrations()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run_one(*line.rstrip("\n").split("\t"))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run_one(home: str, url: str, rotation_id: str, moment: str, state: str, nth: str) -> None:
    place, database = Home(home), Database(url)
    runtime = Runtime(settings=Settings(home=place.root), home=place, database=database,
                      box=servicekeys.open_box(place))
    die_at = dying(Moment(RotationState(state), "inside" if moment == "inside" else "committed", int(nth)))
    machine.run(runtime, system_actor("test"), uuid.UUID(rotation_id), chunk_rows=30,
                observe=lambda rotation: die_at(rotation.state, "committed"),
                before_commit=lambda state: die_at(state, "inside"))


main()
