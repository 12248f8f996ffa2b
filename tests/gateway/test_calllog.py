"""The call log survives its writer, is shipped once, and never shows a person."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.calllog import record, segment, ship
from gateway.calllog.log import CallLog, active_folder
from gateway.calllog.models import ShippedSegment
from gateway.calllog.reader import recent, rows, series
from gateway.calllog.segment import HEADER, SegmentWriter, read_info, read_records, try_own
from kernel import clock
from kernel.runtime import Runtime
from tests.gateway.support import (
    Client,
    District,
    Script,
    Upstream,
    answer_raw,
    http_definition,
    running,
)

Start = Callable[[Script], Upstream]


def line(number: int, status: int = 200) -> bytes:
    return record.render(
        clock.now_micros(), b"%024d" % number, b"ok", record.who(b"ak1", "echo", "g1", 1), b"GET", b"/xc/echo", b"",
        status, 0, 2, 100, 50, b"127.0.0.1",
    )


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=30), st.integers(0, 4000))
def test_records_come_back_and_a_flipped_byte_ends_the_trust(lines: list[bytes], flip: int) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        writer = SegmentWriter(Path(folder), "gw", 1, 7, 16 * 1024)
        stored = [one for one in lines if writer.append(one)]
        path = writer.path
        assert list(read_records(path)) == stored
        assert read_info(path).finished == len(stored)
        assert try_own(path) is None, "its writer holds it"
        writer.close()
        assert list(read_records(path)) == stored and read_info(path).closed
        data = bytearray(path.read_bytes())
        if len(data) > HEADER:
            at = HEADER + flip % (len(data) - HEADER)
            data[at] ^= 1
            path.write_bytes(data)
            kept = list(read_records(path))
            assert kept == stored[:len(kept)] and len(kept) < len(stored)


def test_redaction() -> None:
    cases = {
        b"id=110101199003071234": b"id=***", b"id=11010119900307123x&a=1": b"id=***&a=1", b"m=13800138000": b"m=***",
        b"m=%2B8613800138000": b"m=***", b"id=%31%31%30101199003071234": b"id=***", b"token=abc&q=1": b"token=***&q=1",
        b"q=1&app_secret=zzz": b"q=1&app_secret=***", b"page=12345678901": b"page=12345678901",
        b"t=1790000000123": b"t=1790000000123",
        b"id=110101900307123": b"id=***", b"a=1&b=2": b"a=1&b=2",
        b"q=%22110101199003071234%22": b"q=%22***%22", b"q=%E6%95%B013800138000": b"q=%E6%95%B0***",
        b"id=11010119900307123%58&a": b"id=***&a", b"id=11010119900307123X13800138000": b"id=***",
        b"m=008613800138000": b"m=***", b"x=11010119900307123413800138000": b"x=***",
    }
    assert {query: record.redact(query) for query in cases} == cases
    assert len(record.redact(b"x" * 5000)) == record.QUERY_LIMIT


def test_full_segments_roll_over_and_open_calls_are_carried(tmp_path: Path) -> None:
    log = CallLog(tmp_path, "gw", 0, size=4096)
    for number in range(200):
        log.start()
        if number % 10:
            assert log.append(line(number))
    log.close()
    paths = sorted(active_folder(tmp_path).glob("*.seg"))
    assert len(paths) > 5
    infos = [read_info(path) for path in paths]
    assert sum(info.finished for info in infos) == 180
    assert sum(info.open_calls for info in infos) == 20
    assert sum(len(list(read_records(path))) for path in paths) == 180


def test_shipping_can_be_cut_anywhere_and_repeated(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = runtime.home.calllog_dir
    log = CallLog(folder, "gw", 0, size=64 * 1024)
    for number in range(50):
        log.start()
        log.append(line(number, 200 if number % 5 else 502))
    log.start()  # never answered
    log.append(record.render_end(clock.now_micros(), b"%024d" % 49, b"client_gone", 1), finishes=False)
    assert ship.ship_all(runtime) == {"segments": 0, "rows": 0, "aborted": 0}, "the writer lives"
    log.close()
    for name in ("rename", "unlink"):
        def fail(self: Path, *args: object, **options: object) -> None:
            raise OSError("cut")

        with monkeypatch.context() as patch:
            patch.setattr(Path, name, fail)
            with pytest.raises(OSError, match="cut"):
                ship.ship_all(runtime)
    counts = [ship.ship_all(runtime) for _ in range(3)]
    assert sum(count["segments"] for count in counts) == 0, "registered before the cut, so only deleted now"
    assert not list(active_folder(folder).glob("*.seg"))
    with runtime.database.read() as session:
        shipped = session.query(ShippedSegment).one()
        assert (shipped.rows, shipped.aborted, shipped.lost) == (51, 1, 0)
        start, end = clock.from_micros(clock.now_micros() - 60_000_000), clock.now()
        found = rows(session, runtime.home, start, end)
        assert len(found) == 51
        assert [row["outcome"] for row in found if row["request_id"] == f"{49:024d}"] == ["client_gone"]
        points = series(session, runtime.home, start, end, bucket_seconds=3600)
        assert sum(point["calls"] for point in points) == 50
        assert sum(point["server_errors"] for point in points) == 10
        newest = recent(session, runtime.home, limit=3, keep=lambda row: row.kind == "call")
        assert [row.request_id for row in newest] == [f"{number:024d}" for number in (49, 48, 47)]


def test_a_damaged_or_foreign_file_stops_nothing(runtime: Runtime) -> None:
    folder = active_folder(runtime.home.calllog_dir)
    folder.mkdir(parents=True)
    (folder / "gw-000-1.seg").write_bytes(b"")
    log = CallLog(runtime.home.calllog_dir, "gw", 0)
    log.start()
    log.append(line(1))
    log.close()
    assert ship.ship_all(runtime)["rows"] == 1


def test_kill_nine_of_a_worker_loses_no_answered_call(
    district: District, upstream: Start, runtime: Runtime, scale,
) -> None:
    """Rows + aborted = calls started; every call that a client saw answered has its row."""
    source = upstream(answer_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", close=False))
    district.publish("echo", "/xc/echo", http_definition(source.url))
    issued = district.app()
    district.demand(issued, {"街道": False}, calls_per_day=10_000_000)
    answered: list[str] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            try:
                client = Client(gateway.port, issued, timeout=5)
                while not stop.is_set():
                    answer = client.call("GET", "/xc/echo")
                    answered.append(answer.headers["x-request-id"])
            except (ConnectionError, OSError):
                time.sleep(0.01)

    with running(runtime, workers=2) as gateway:
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        killed: list[int] = []
        for round_ in range(scale.of(2, 20)):
            time.sleep(0.4)
            pid = gateway.status(round_ % 2)["pid"]
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)
            deadline = time.monotonic() + 15
            while gateway.status(round_ % 2)["pid"] == pid and time.monotonic() < deadline:
                time.sleep(0.02)
            assert gateway.status(round_ % 2)["pid"] != pid, "the supervisor starts another"
        stop.set()
        for thread in threads:
            thread.join(10)
    infos = [read_info(path) for path in active_folder(runtime.home.calllog_dir).glob("*.seg")]
    started = sum(info.started for info in infos)
    ship.ship_all(runtime)
    with runtime.database.read() as session:
        end = clock.now()
        found = rows(session, runtime.home, clock.from_micros(clock.to_micros(end) - 600_000_000), end)
        shipped = session.query(ShippedSegment).all()
    by_kind = {kind: sum(row["kind"] == kind for row in found) for kind in ("call", "aborted")}
    ids = [row["request_id"] for row in found if row["kind"] == "call"]
    assert len(ids) == len(set(ids))
    assert set(answered) <= set(ids), "an answer left before its line was written"
    assert len(answered) > 50
    assert by_kind["call"] + by_kind["aborted"] == started == sum(one.rows for one in shipped)
    assert by_kind["aborted"] == sum(one.aborted for one in shipped)
    assert not list(active_folder(runtime.home.calllog_dir).glob("*.seg"))


def test_a_segment_without_an_end_is_an_orphan_once_its_process_is_gone(tmp_path: Path) -> None:
    pid = os.fork()
    if pid == 0:
        writer = SegmentWriter(tmp_path, "gw", 3, 9, 8192)
        writer.start()
        writer.start()
        writer.append(line(1))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    path = next(tmp_path.glob("*.seg"))
    owned = try_own(path)
    assert owned is not None
    os.close(owned)
    info = segment.read_info(path)
    assert (info.started, info.finished, info.open_calls, info.closed) == (2, 1, 1, False)
    assert [row.request_id for row in record.rows(list(read_records(path)))] == [f"{1:024d}"]
