"""The gateway as an input: interfaces, and the call log as an exact histogram per interface, day and status."""

import uuid
from datetime import datetime

import duckdb
import pyarrow as pa
from sqlalchemy import select
from sqlalchemy.orm import Session

from analytics.inputs.frozen import Source, table
from analytics.inputs.schemas import BY_NAME
from gateway.calllog import reader
from gateway.interfaces.models import Interface
from kernel import clock
from kernel.runtime import runtime_of

# raw rows never leave DuckDB: the frozen histogram is exact and as small as the number of distinct latencies
_HISTOGRAM = (
    "SELECT coalesce(i.department_id, '') AS department_id, c.interface AS interface, "
    "strftime(make_timestamp(c.\"at\" + 28800000000), '%Y-%m-%d') AS day, c.status::BIGINT AS status, "
    "c.outcome AS outcome, c.micros::BIGINT AS micros, sum(c.n)::BIGINT AS calls "
    "FROM (SELECT \"at\", interface, status, outcome, micros, 1 AS n "
    "FROM {source} WHERE \"at\" >= ? AND \"at\" < ? AND interface <> '') c "
    "LEFT JOIN interfaces i ON i.interface = c.interface "
    "WHERE {only} GROUP BY ALL ORDER BY ALL"
)


def interfaces(session: Session, only: uuid.UUID | None) -> Source:
    """Return the interfaces of the control plane; the call log names them by code."""
    query = select(Interface)
    if only is not None:
        query = query.where(Interface.department_id == only)
    found = [
        {
            "department_id": str(row.department_id), "interface": row.code, "code": row.code, "name": row.name,
            "node_id": str(row.entry_id), "published": row.state == "published",
        }
        for row in session.scalars(query)
    ]
    return Source("interfaces", table("interfaces", found), "全部接口的现行状态" + _only(only), {})


def calls(session: Session, only: uuid.UUID | None, known: pa.Table, start: datetime, end: datetime) -> Source:
    """Return the histogram of the calls of [start, end) to ``known`` interfaces (to any, for the district)."""
    home, low, high = runtime_of(session).home, clock.to_micros(start), clock.to_micros(end)
    files = [str(path) for path in reader.shipped_files(session, home, start, end)]
    recent = reader.unshipped(session, home, start, end)
    condition = "true" if only is None else "i.interface IS NOT NULL"
    schema = BY_NAME["calls"].schema
    parts = [schema.empty_table()]
    with duckdb.connect(":memory:", config={"threads": "2", "memory_limit": "1GB"}) as engine:
        engine.register("interfaces", known)
        engine.register("recent", recent)
        for source, parameters in (("read_parquet(?)", [files]), ("recent", [])):
            if parameters == [[]]:
                continue
            query = _HISTOGRAM.format(source=source, only=condition)
            found: pa.Table = engine.sql(query, params=[*parameters, low, high]).to_arrow_table()
            parts.append(found.cast(schema))
    rows = pa.concat_tables(parts).group_by(schema.names[:-1], use_threads=False).aggregate([("calls", "sum")])
    rows = rows.rename_columns(schema.names).cast(schema)
    snapshot = {"files": len(files), "unshipped": recent.num_rows}
    return Source("calls", rows, "季度内至统计时点的接口调用（不含未指向接口的请求）" + _only(only), snapshot)


def _only(only: uuid.UUID | None) -> str:
    return "" if only is None else "，限本部门"
