"""The inputs of a report and their columns.

Instants are microseconds UTC, days ISO text (Beijing), digests lower-case hex. No input has a float: sums of
doubles differ between runs. A column that is not listed here never reaches a report.
"""

from dataclasses import dataclass

import pyarrow as pa

TEXT, INT, FLAG = pa.string(), pa.int64(), pa.bool_()


@dataclass(frozen=True)
class Dataset:
    """A named input: what it is, its columns, and the columns that order its rows."""

    name: str
    zh: str
    schema: pa.Schema
    order: tuple[str, ...]


def _dataset(name: str, zh: str, order: tuple[str, ...], /, **columns: pa.DataType) -> Dataset:
    return Dataset(name, zh, pa.schema(list(columns.items())), order)


DATASETS: tuple[Dataset, ...] = (
    _dataset(
        "departments", "部门", ("sort", "code"),
        department_id=TEXT, code=TEXT, name=TEXT, kind=TEXT, sort=INT,
    ),
    _dataset(
        "entries", "四级目录条目", ("kind", "code", "node_id"),
        department_id=TEXT, kind=TEXT, node_id=TEXT, code=TEXT, name=TEXT, status=TEXT, published=FLAG, online=FLAG,
        version=INT, entry_hash=TEXT, update_cycle=TEXT, data_updated_at=INT, update_source=TEXT,
        has_interface=FLAG, has_table=FLAG, linked_duty=FLAG, linked_system=FLAG, linked_table=FLAG,
        required=INT, required_filled=INT, filled=INT, valid=INT, accurate=INT, accuracy_checked=INT,
        consistent=INT, consistency_checked=INT,
    ),
    _dataset(
        "publications", "本季度发布版本", ("published_at", "node_id", "version"),
        department_id=TEXT, kind=TEXT, node_id=TEXT, code=TEXT, version=INT, action=TEXT, published_at=INT,
    ),
    _dataset(
        "baseline", "应上链清单", ("kind", "item", "department_id"),
        department_id=TEXT, kind=TEXT, item=TEXT, node_id=TEXT, exempt=FLAG, basis=TEXT,
    ),
    _dataset(
        "anchors", "上链存证", ("leaf_index", "node_id"),
        department_id=TEXT, kind=TEXT, node_id=TEXT, version=INT, entry_hash=TEXT, leaf_index=INT, block=INT,
        anchored_at=INT, consistent=FLAG,
    ),
    _dataset(
        "minutes", "区块（按分钟汇总）", ("minute",),
        minute=INT, first_block=INT, last_block=INT, blocks=INT, transactions=INT, failed=INT,
    ),
    _dataset(
        "chain_state", "区块链状态", ("chain_id",),
        chain_id=INT, engine=TEXT, head=INT, head_hash=TEXT, sealers=INT,
    ),
    _dataset(
        "interfaces", "接口", ("code",),
        department_id=TEXT, interface=TEXT, code=TEXT, name=TEXT, node_id=TEXT, published=FLAG,
    ),
    _dataset(
        "calls", "接口调用（按接口、日、状态、时延汇总）", ("interface", "day", "status", "outcome", "micros"),
        department_id=TEXT, interface=TEXT, day=TEXT, status=INT, outcome=TEXT, micros=INT, calls=INT,
    ),
    _dataset(
        "crypto_scopes", "字段加密", ("department_id", "table_name", "column_name"),
        department_id=TEXT, table_name=TEXT, column_name=TEXT, rows=INT, encrypted=INT, key_id=INT, overdue=FLAG,
    ),
    _dataset("calendar", "工作日历", ("day",), year=INT, day=TEXT, kind=TEXT),
    _dataset(
        "previous", "上季度报告数字", ("key",),
        run_id=TEXT, key=TEXT, numerator=INT, denominator=INT, value=TEXT,
    ),
)
BY_NAME = {dataset.name: dataset for dataset in DATASETS}
