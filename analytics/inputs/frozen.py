"""Frozen inputs on disk: Parquet files with stable bytes, their digests, and how they are read back."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.errors import INPUT_INVALID
from analytics.inputs.schemas import BY_NAME, DATASETS, Dataset
from kernel.digest import sha256_hex, sm3_hex
from kernel.files_atomic import write_atomic

FOLDER = "inputs"


@dataclass(frozen=True)
class Source:
    """An input before it is written: its rows, the predicate that chose them, and the snapshot they are of."""

    name: str
    rows: pa.Table
    predicate: str
    snapshot: Mapping[str, Any]


@dataclass(frozen=True)
class FrozenInput:
    """A written input. ``file`` is relative to the run's folder."""

    name: str
    file: str
    predicate: str
    snapshot: dict[str, Any]
    rows: int
    bytes: int
    sha256: str
    sm3: str

    def as_json(self) -> dict[str, Any]:
        """Return the entry of the manifest."""
        return dict(vars(self))


def table(name: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return an Arrow table of the input ``name`` from dicts; a missing column or a wrong type is refused."""
    dataset = BY_NAME[name]
    columns: dict[str, list[Any]] = {column: [] for column in dataset.schema.names}
    for row in rows:
        for column, values in columns.items():
            values.append(row[column])
    if any(isinstance(value, float) for values in columns.values() for value in values):
        # Arrow would quietly cut 1.5 to 1
        raise INPUT_INVALID(name=name, reason="float")
    try:
        return pa.table(
            {field.name: pa.array(columns[field.name], field.type) for field in dataset.schema}, schema=dataset.schema
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise INPUT_INVALID(name=name, reason=str(error)) from error


def empty(name: str, reason: str) -> Source:
    """Return an input without rows; ``reason`` is what the report says about it."""
    return Source(name, BY_NAME[name].schema.empty_table(), reason, {})


def freeze(folder: Path, sources: Iterable[Source]) -> list[FrozenInput]:
    """Write every input under ``folder``/inputs, sorted, and return their entries in order of name."""
    given = {source.name: source for source in sources}
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    frozen = []
    for dataset in sorted(DATASETS, key=lambda item: item.name):
        source = given.get(dataset.name) or empty(dataset.name, "无来源")
        frozen.append(_write(folder, dataset, source))
    return frozen


def _write(folder: Path, dataset: Dataset, source: Source) -> FrozenInput:
    if source.rows.schema != dataset.schema:
        raise INPUT_INVALID(name=dataset.name, reason=f"{source.rows.schema} != {dataset.schema}")
    # every column takes part, so that no tie is left to the order in which a database answered
    keys = [*dataset.order, *(name for name in dataset.schema.names if name not in dataset.order)]
    rows = source.rows.sort_by([(key, "ascending") for key in keys])
    buffer = io.BytesIO()
    # plain settings and one row group: a file is small, and its bytes depend on nothing but rows and versions
    pq.write_table(rows, buffer, compression="zstd", use_dictionary=False, write_statistics=False,
                   row_group_size=max(rows.num_rows, 1), store_schema=False)
    data = buffer.getvalue()
    name = f"{FOLDER}/{dataset.name}.parquet"
    write_atomic(folder / name, data)
    return FrozenInput(
        dataset.name, name, source.predicate, dict(source.snapshot), rows.num_rows, len(data), sha256_hex(data),
        sm3_hex(data),
    )
