"""Reading the call log: shipped rows by period for analytics, the newest calls of unshipped segments for the page.

This is the one place outside analytics that may use DuckDB.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.calllog import record, segment
from gateway.calllog.log import active_folder
from gateway.calllog.models import ShippedSegment
from gateway.calllog.record import COLUMNS, CallRow
from gateway.calllog.ship import SCHEMA, table_of
from kernel import clock
from kernel.home import Home

# quoted: "at" is a word of DuckDB's grammar
_SELECTED = ", ".join(f'"{name}"' for name in COLUMNS)


def shipped_files(session: Session, home: Home, start: datetime, end: datetime) -> list[Path]:
    """Return the Parquet files that may hold calls of [start, end), by name."""
    rows = session.scalars(
        select(ShippedSegment.file).where(ShippedSegment.first_at < end, ShippedSegment.last_at >= start)
        .order_by(ShippedSegment.file)
    )
    return [home.calllog_dir / file for file in rows]


def table(session: Session, home: Home, start: datetime, end: datetime, *, unshipped: bool = False) -> pa.Table:
    """Return the calls of the half-open period as an Arrow table (columns ``record.COLUMNS``), by time and id.

    ``unshipped`` adds calls that are still in segments of running workers.
    """
    low, high = clock.to_micros(start), clock.to_micros(end)
    files = [str(path) for path in shipped_files(session, home, start, end)]
    parts = [SCHEMA.empty_table()]
    with duckdb.connect() as engine:
        if files:
            found: Any = engine.sql(
                f'SELECT {_SELECTED} FROM read_parquet(?) WHERE "at" >= ? AND "at" < ?', params=[files, low, high],
            )
            parts.append(found.to_arrow_table().cast(SCHEMA))
        if unshipped:
            known = _shipped_names(session)
            rows = [row for row in _unshipped(home, known) if low <= row.at < high]
            parts.append(table_of(rows))
    return pa.concat_tables(parts).sort_by([("at", "ascending"), ("request_id", "ascending")])


def unshipped(session: Session, home: Home, start: datetime, end: datetime) -> pa.Table:
    """Return the calls of the half-open period that are still in segments of running workers."""
    low, high = clock.to_micros(start), clock.to_micros(end)
    return table_of([row for row in _unshipped(home, _shipped_names(session)) if low <= row.at < high])


def rows(session: Session, home: Home, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return the shipped calls of a period as dicts."""
    found: list[dict[str, Any]] = table(session, home, start, end).to_pylist()
    return found


def series(
    session: Session, home: Home, start: datetime, end: datetime, *, bucket_seconds: int, interface: str | None = None,
) -> list[dict[str, Any]]:
    """Return calls per bucket and interface: counts by outcome class, latency quantiles in microseconds."""
    calls = table(session, home, start, end, unshipped=True)
    where = "AND interface = ?" if interface else ""
    with duckdb.connect() as engine:
        engine.register("calls", calls)
        cursor = engine.execute(
            f"""SELECT ("at" // ?) * ? AS bucket, interface, count(*) AS calls,
                   count(*) FILTER (status BETWEEN 200 AND 399) AS ok,
                   count(*) FILTER (status BETWEEN 400 AND 499) AS client_errors,
                   count(*) FILTER (status >= 500 OR kind = 'aborted') AS server_errors,
                   CAST(quantile_disc(micros, 0.5) AS BIGINT) AS p50_micros,
                   CAST(quantile_disc(micros, 0.99) AS BIGINT) AS p99_micros,
                   CAST(sum(greatest(bytes_out, 0)) AS BIGINT) AS bytes_out
               FROM calls WHERE interface <> '' {where} GROUP BY 1, 2 ORDER BY 1, 2""",
            [bucket_seconds * 1_000_000, bucket_seconds * 1_000_000, *([interface] if interface else [])],
        )
        names = [column[0] for column in cursor.description or []]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{**row, "bucket": clock.from_micros(int(row["bucket"]))} for row in found]


def daily(session: Session, home: Home, start: datetime, end: datetime) -> list[tuple[str, str, int, int]]:
    """Return (interface, Beijing day, calls, calls without an answer from us or the source), by interface and day."""
    low, high = clock.to_micros(start), clock.to_micros(end)
    files = [str(path) for path in shipped_files(session, home, start, end)]
    columns = '"at", interface, status, kind'
    with duckdb.connect() as engine:
        engine.register("recent", unshipped(session, home, start, end))
        shipped = f"SELECT {columns} FROM read_parquet(?) UNION ALL " if files else ""
        cursor = engine.execute(
            f"""SELECT interface, strftime(make_timestamp("at" + 28800000000), '%Y-%m-%d') AS day, count(*),
                   count(*) FILTER (status >= 500 OR kind = 'aborted')
               FROM ({shipped}SELECT {columns} FROM recent)
               WHERE "at" >= ? AND "at" < ? AND interface <> '' GROUP BY 1, 2 ORDER BY 1, 2""",
            [*([files] if files else []), low, high],
        )
        return [(str(row[0]), str(row[1]), int(row[2]), int(row[3])) for row in cursor.fetchall()]


def by_consumer(
    session: Session, home: Home, start: datetime, end: datetime
) -> list[tuple[str, str, int, int, int, int]]:
    """Return (AppKey, interface, calls, failed, bytes out, time of the last call) of a period, the most calls first."""
    low, high = clock.to_micros(start), clock.to_micros(end)
    files = [str(path) for path in shipped_files(session, home, start, end)]
    columns = '"at", app_key, interface, status, kind, bytes_out'
    with duckdb.connect() as engine:
        engine.register("recent", unshipped(session, home, start, end))
        shipped = f"SELECT {columns} FROM read_parquet(?) UNION ALL " if files else ""
        cursor = engine.execute(
            f"""SELECT app_key, interface, count(*), count(*) FILTER (status >= 500 OR kind = 'aborted'),
                   CAST(sum(greatest(bytes_out, 0)) AS BIGINT), max("at")
               FROM ({shipped}SELECT {columns} FROM recent)
               WHERE "at" >= ? AND "at" < ? AND interface <> '' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2""",
            [*([files] if files else []), low, high],
        )
        rows = cursor.fetchall()
    return [(str(row[0]), str(row[1]), int(row[2]), int(row[3]), int(row[4]), int(row[5])) for row in rows]


def recent(
    session: Session, home: Home, *, limit: int, keep: Callable[[CallRow], bool],
) -> list[CallRow]:
    """Return the newest calls that ``keep`` accepts: unshipped segments first, then the last shipped files."""
    known = _shipped_names(session)
    found = [row for row in _unshipped(home, known) if keep(row)]
    for path in _last_files(session, home):
        if len(found) >= limit:
            break
        with duckdb.connect() as engine:
            cursor = engine.execute(f"SELECT {_SELECTED} FROM read_parquet(?)", [str(path)])
            found += [row for row in (CallRow(*values) for values in cursor.fetchall()) if keep(row)]
    found.sort(key=lambda row: (row.at, row.request_id), reverse=True)
    return found[:limit]


def place_of(file: Path, request_id: str) -> int | None:
    """Return the number, from 0, of a call's row in a shipped file."""
    with duckdb.connect() as engine:
        query = "SELECT file_row_number FROM read_parquet(?, file_row_number = true) WHERE request_id = ? LIMIT 1"
        found = engine.execute(query, [str(file), request_id]).fetchone()
    return None if found is None else int(found[0])


def slice_of(file: Path, start: int, count: int) -> list[CallRow]:
    """Return rows start..start+count-1 of a shipped file, in the order of the file."""
    query = f"""SELECT {_SELECTED} FROM read_parquet(?, file_row_number = true)
        WHERE file_row_number >= ? AND file_row_number < ? ORDER BY file_row_number"""
    with duckdb.connect() as engine:
        return [CallRow(*values) for values in engine.execute(query, [str(file), start, start + count]).fetchall()]


def _last_files(session: Session, home: Home) -> list[Path]:
    rows = session.scalars(select(ShippedSegment.file).order_by(ShippedSegment.last_at.desc()).limit(20))
    return [home.calllog_dir / file for file in rows]


def _shipped_names(session: Session) -> set[tuple[str, int, int]]:
    """Name the segments that are in Parquet already but not deleted yet: their rows must not count twice."""
    rows = session.execute(
        select(ShippedSegment.gateway, ShippedSegment.worker, ShippedSegment.number)
        .order_by(ShippedSegment.shipped_at.desc()).limit(1000)
    )
    return {(gateway, worker, number) for gateway, worker, number in rows}


def _unshipped(home: Home, known: set[tuple[str, int, int]]) -> Iterator[CallRow]:
    for path in sorted(active_folder(home.calllog_dir).glob(f"*{segment.SUFFIX}")):
        try:
            info = segment.read_info(path)
            if (info.gateway, info.worker, info.number) not in known and info.used:
                yield from record.rows(segment.read_records(path))
        except (OSError, segment.BadSegment):  # shipped and deleted while we looked
            continue
