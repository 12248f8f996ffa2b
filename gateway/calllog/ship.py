"""Segments become Parquet: temp file, fsync, rename, register row and leaf, delete. Any step may be repeated."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy.orm import Session

from gateway.calllog import anchored, record, segment
from gateway.calllog.log import active_folder
from gateway.calllog.models import ShippedSegment
from gateway.calllog.record import CallRow
from kernel import clock
from kernel.digest import sm3_hex
from kernel.files_atomic import sync_folder
from kernel.runtime import Runtime

SCHEMA = pa.schema([
    (name, pa.int32() if name == "status" else pa.int64() if name in record.NUMBERS else pa.string())
    for name in record.COLUMNS
])


def parquet_folder(calllog_dir: Path) -> Path:
    """Return the folder of shipped segments."""
    return calllog_dir / "parquet"


def ship_all(runtime: Runtime) -> dict[str, int]:
    """Ship every segment whose writer closed it or is gone; return counts."""
    counts = {"segments": 0, "rows": 0, "aborted": 0}
    for path in sorted(active_folder(runtime.home.calllog_dir).glob(f"*{segment.SUFFIX}")):
        owned = segment.try_own(path)
        if owned is None:
            continue
        try:
            shipped = ship(runtime, path)
        finally:
            os.close(owned)
        if shipped is not None:
            counts["segments"] += 1
            counts["rows"] += shipped.rows
            counts["aborted"] += shipped.aborted
    return counts


def ship(runtime: Runtime, path: Path) -> ShippedSegment | None:
    """Ship one segment that nobody writes; None when it held nothing or was shipped before."""
    try:
        info = segment.read_info(path)
    except segment.BadSegment:
        # created and never begun: its maker died between the two
        path.unlink()
        return None
    key = (info.gateway, info.worker, info.number)
    with runtime.database.read() as session:
        known = session.get(ShippedSegment, key) is not None
    if known or not (info.started or info.used):
        path.unlink()
        return None
    row, row_root = _write(runtime, path, info)

    def register(session: Session) -> None:
        if session.get(ShippedSegment, key) is None:
            session.add(row)
            anchored.append(session, row, row_root)

    runtime.database.run(register)
    path.unlink()
    sync_folder(path.parent)
    return row


def _write(runtime: Runtime, path: Path, info: segment.SegmentInfo) -> tuple[ShippedSegment, bytes]:
    """Write the Parquet file and its row tree; return the row to register and the tree's root."""
    calls, aborted, lost = _calls(path, info)
    folder = parquet_folder(runtime.home.calllog_dir) / f"{clock.business_day(clock.from_micros(info.number)):%Y-%m-%d}"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{info.gateway}-{info.worker:03d}-{info.number}.parquet"
    temporary = target.with_suffix(".tmp")
    pq.write_table(_table(calls), temporary, compression="zstd")
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    digest = sm3_hex(temporary.read_bytes())
    row_root = anchored.write_tree(runtime, target, anchored.object_id(info.gateway, info.worker, info.number), calls)
    temporary.rename(target)
    sync_folder(folder)
    return ShippedSegment(
        gateway=info.gateway, worker=info.worker, number=info.number,
        file=str(target.relative_to(runtime.home.calllog_dir)), sm3=digest, rows=len(calls[0]), aborted=aborted,
        lost=lost, first_at=clock.from_micros(calls[0][0] if calls[0] else info.number),
        last_at=clock.from_micros(calls[0][-1] if calls[0] else info.number), shipped_at=clock.now(),
    ), row_root


def _calls(path: Path, info: segment.SegmentInfo) -> tuple[record.Columns, int, int]:
    """Return every call that was started, by time and id: those with a line, the aborted, and the gaps; two counts."""
    calls = record.columns(list(segment.read_records(path)))
    at, label = max(calls[0], default=info.number), f"{info.gateway}-{info.worker}-{info.number}"
    without = max(0, info.started - len(calls[0]))
    aborted = min(info.open_calls, without)
    # lines that found no room, and lines that the header counts and a dead host did not keep
    lost = without - aborted
    record.add_missing(calls, at, aborted, label, "aborted")
    record.add_missing(calls, at, lost, label, "gap")
    return record.sort(calls), aborted, lost


def table_of(rows: list[CallRow]) -> pa.Table:
    """Return rows as an Arrow table in the one schema of the log."""
    return _table([[getattr(row, name) for row in rows] for name in record.COLUMNS])


def _table(calls: record.Columns) -> pa.Table:
    arrays = [pa.array(column, type=field.type) for column, field in zip(calls, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
