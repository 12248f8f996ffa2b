"""The port to where rows come from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Rows as the source gives them, in its order.

    ``position`` (JSON): from where to go on after them. ``cursor`` (JSON): how far a task by cursor has read, None
    where the source keeps none. ``total``: rows of the whole run where the source says so.
    """

    rows: Sequence[Row]
    position: dict[str, Any]
    cursor: Any = None
    total: int | None = None


class Source(Protocol):
    """Rows of one run. Any method raises ``gateway.collection.read_failed`` without a value in its text."""

    def pages(self, position: dict[str, Any] | None) -> Iterator[Page]:
        """Yield pages from a position on; None is the start."""

    def close(self) -> None:
        """Give back what the source holds."""
