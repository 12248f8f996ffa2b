"""Log rows + counted gaps = requests, whatever is killed: writers, shippers, and the database between them."""

import mmap
import os
import random
import signal
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.calllog import ship
from gateway.calllog.log import CallLog, active_folder
from gateway.calllog.models import ShippedSegment
from gateway.calllog.reader import rows
from gateway.calllog.segment import HEADER, SegmentWriter
from kernel import clock
from kernel.db import Database
from kernel.runtime import Runtime
from tests.gateway.test_calllog import line
from tests.support.postgres import Server


def _child(work: Callable[[], None]) -> int:
    """Run work in a forked process that never returns here."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Tally:
    """What a writer did, in memory that outlives it: calls it was about to begin, had begun, and had answered."""

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, 24)

    def __setitem__(self, place: int, value: int) -> None:
        struct.pack_into("<Q", self._map, place * 8, value)

    def __getitem__(self, place: int) -> int:
        return int(struct.unpack_from("<Q", self._map, place * 8)[0])


def _writer(folder: Path, worker: int, tally: Tally) -> Callable[[], None]:
    """Answer calls for ever over small segments; every tenth stays under way."""

    def work() -> None:
        log, answered = CallLog(folder, "gw", worker, size=16 * 1024), 0
        for number in range(10**9):
            tally[0] = number + 1
            log.start()
            tally[1] = number + 1
            if number % 10:
                log.append(line(worker * 10**6 + number))
                answered += 1
                tally[2] = answered
            if number % 50 == 0:
                time.sleep(0.001)

    return work


def _shipper(runtime: Runtime) -> Callable[[], None]:
    """Ship for ever, with connections of its own."""

    def work() -> None:
        own = Runtime(settings=runtime.settings, home=runtime.home, database=Database(runtime.database.url),
                      box=runtime.box)
        while True:
            try:
                ship.ship_all(own)
            except Exception:  # the database was killed under it: the next round repeats the work
                time.sleep(0.01)

    return work


@pytest.mark.one_database
def test_rows_and_gaps_are_the_requests(
    database: Database, dialect: str, request: pytest.FixtureRequest, scale,
) -> None:
    runtime = database.runtime
    assert runtime is not None
    server: Server | None = request.getfixturevalue("postgres_server") if dialect == "postgresql" else None
    folder, chance, tallies = runtime.home.calllog_dir, random.Random(5), []
    for round_ in range(scale.of(2, 30)):
        tallies.append(Tally())
        writer = _child(_writer(folder, round_, tallies[-1]))
        time.sleep(0.15)
        shipper = _child(_shipper(runtime))
        time.sleep(chance.uniform(0.05, 0.25))
        _kill(writer)
        if server is not None and round_ % 3 == 0:
            assert server.process is not None
            server.process.kill()
            server.process.wait(30)
            server.run()
        time.sleep(chance.uniform(0.0, 0.1))
        _kill(shipper)
    database.engine.dispose()
    for _ in range(2):
        ship.ship_all(runtime)
    assert not list(active_folder(folder).glob("*.seg"))
    with database.read() as session:
        end = clock.now()
        found = rows(session, runtime.home, clock.from_micros(clock.to_micros(end) - 3_600_000_000), end)
        shipped = session.query(ShippedSegment).all()
    ids = [row["request_id"] for row in found]
    assert len(ids) == len(set(ids)), "nothing was shipped twice"
    assert len(found) == sum(one.rows for one in shipped)
    kinds = {kind: sum(row["kind"] == kind for row in found) for kind in ("call", "aborted", "gap")}
    assert (kinds["aborted"], kinds["gap"]) == (sum(one.aborted for one in shipped), sum(one.lost for one in shipped))
    assert kinds["call"] > 100 and kinds["aborted"] > 0
    # a writer may die between the call and its own count of it
    assert sum(one[1] for one in tallies) <= len(found) <= sum(one[0] for one in tallies)
    assert kinds["call"] >= sum(one[2] for one in tallies), "an answered call has its line"


def test_lines_without_room_and_lines_lost_with_the_host_are_gap_rows(runtime: Runtime, tmp_path: Path) -> None:
    """A full disk is counted in the header; a torn page ends the trust, and what the header counts beyond is a gap."""
    folder = active_folder(runtime.home.calllog_dir)
    folder.mkdir(parents=True)
    full = SegmentWriter(folder, "gw", 0, clock.now_micros(), 4096)
    stored = 0
    for number in range(50):
        full.start()
        if full.append(line(number)):
            stored += 1
        else:
            full.lose()
    full.close()
    torn = SegmentWriter(folder, "gw", 1, clock.now_micros(), 64 * 1024)
    for number in range(40):
        torn.start()
        torn.append(line(1000 + number))
    torn.start()  # under way when the host died
    torn.close()
    data = bytearray(torn.path.read_bytes())
    size = (len(data) - HEADER) // 40
    data[HEADER + 30 * size:HEADER + 31 * size] = bytes(size)
    torn.path.write_bytes(data)
    assert ship.ship_all(runtime)["rows"] == 91
    with runtime.database.read() as session:
        first, second = session.query(ShippedSegment).order_by(ShippedSegment.worker)
        assert (first.rows, first.aborted, first.lost) == (50, 0, 50 - stored) and stored < 50
        assert (second.rows, second.aborted, second.lost) == (41, 1, 10)
        found = rows(session, runtime.home, clock.from_micros(0), clock.now())
    assert sum(row["kind"] == "gap" for row in found) == 50 - stored + 10
