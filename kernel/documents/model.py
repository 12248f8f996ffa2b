"""The document model: what a report, certificate or sheet says, apart from how a format shows it.

Text is plain text everywhere; no renderer reads markup in it. Lengths are millimetres. Headings carry no number:
:mod:`kernel.documents.numbering` gives them 一、（一）1. by level.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from kernel.documents.errors import TABLE_RAGGED

Cell = str | int | Decimal | None
Align = Literal["left", "center", "right"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (一、), 2 （一） or 3 (1.); ``numbered`` is off for 摘要 and 附件."""

    level: Literal[1, 2, 3]
    text: str
    numbered: bool = True


@dataclass(frozen=True)
class Paragraph:
    """Body text, first line indented by two characters unless ``indent`` is off."""

    text: str
    indent: bool = True
    bold: bool = False
    align: Align = "left"


@dataclass(frozen=True)
class KeyValues:
    """Label and value pairs, one a line."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Column:
    """A table column; ``weight`` shares the width, ``kind`` tells the spreadsheet what a cell is."""

    title: str
    weight: int = 1
    align: Align = "left"
    kind: Literal["text", "number"] = "text"


@dataclass(frozen=True)
class Table:
    """A table whose header row is repeated on every page; rows are never torn between pages."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        check_rows(self.columns, self.rows, self.caption)


@dataclass(frozen=True)
class Figure:
    """A picture: PNG for docx and html, SVG (sharper) for pdf where given."""

    png: bytes
    svg: bytes | None
    caption: str
    alt: str
    width_mm: int = 150


@dataclass(frozen=True)
class PageBreak:
    """The next block starts a new page."""


@dataclass(frozen=True)
class Signature:
    """落款: the issuing unit and the date, and lines to sign on."""

    unit: str
    signed_on: date | None
    lines: tuple[str, ...] = ()


Block = Heading | Paragraph | KeyValues | Table | Figure | PageBreak | Signature


@dataclass(frozen=True)
class Sheet:
    """A sheet of the xlsx annex: rows that are too many to print."""

    name: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    note: str = ""

    def __post_init__(self) -> None:
        check_rows(self.columns, self.rows, self.name)


@dataclass(frozen=True)
class Document:
    """A whole document. ``cover`` lines stand under the title on page one, which has no page number.

    A line break in ``title`` shows where the printed title may be parted; elsewhere it reads as one line.
    """

    title: str
    blocks: tuple[Block, ...]
    subtitle: str = ""
    cover: tuple[tuple[str, str], ...] = ()
    issuer: str = ""
    issued_on: date | None = None
    annex: tuple[Sheet, ...] = field(default=())

    @property
    def plain_title(self) -> str:
        """The title as one line, for metadata."""
        return self.title.replace("\n", "")


def check_rows(columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]], caption: str) -> None:
    """Raise ``documents.table.ragged`` when a row has not one cell a column."""
    for number, row in enumerate(rows, 1):
        if len(row) != len(columns):
            raise TABLE_RAGGED(caption=caption, row=number, cells=len(row), columns=len(columns))


def cell_text(cell: Cell) -> str:
    """Return how a cell prints: integers with thousands separators, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, int):
        return f"{cell:,}"
    return format(cell, "f") if isinstance(cell, Decimal) else cell
