"""pdf through typst: the template is fixed, the document reaches it as JSON and picture files."""

import functools
import json
import re
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import typst

from kernel.documents import fonts
from kernel.documents.errors import RENDER_FAILED
from kernel.documents.model import (
    Block,
    Document,
    Figure,
    Heading,
    KeyValues,
    PageBreak,
    Paragraph,
    Signature,
    Table,
    cell_text,
)
from kernel.documents.numbering import numbered
from kernel.documents.text import one_line, printable

_TEMPLATE = Path(__file__).with_name("template.typ")
# a digest of 64 hex digits has no place to break a line; a zero-width space gives it one
_LONG_RUN = re.compile(r"[!-~]{33,}")
_BREAK = "\u200b"


def render(document: Document) -> bytes:
    """Return the pdf. Raises ``documents.font.missing`` without a Chinese font, never prints boxes."""
    font_set = fonts.find()
    data = _data(document)
    replacements = fonts.check(font_set, list(_strings(data)))
    table = str.maketrans(replacements)
    data = _mapped(data, lambda text: _LONG_RUN.sub(_breakable, text.translate(table)))
    data["fonts"] = {
        role: {"family": family, "weight": weight} for role, (family, weight) in fonts.PRINT_FAMILIES.items()
    }
    with tempfile.TemporaryDirectory(prefix="mulian-pdf-") as name:
        folder = Path(name)
        _write_figures(document, folder)
        (folder / "data.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        (folder / "main.typ").write_bytes(_TEMPLATE.read_bytes())
        return _compile(folder, font_set, document.title)


def _compile(folder: Path, font_set: fonts.FontSet, title: str) -> bytes:
    try:
        return typst.compile(
            folder / "main.typ", root=folder, format="pdf", font_paths=_typst_fonts(font_set), ignore_system_fonts=True
        )
    except typst.TypstError as error:
        raise RENDER_FAILED(title=title, reason=error.message) from error


@functools.cache
def _typst_fonts(font_set: fonts.FontSet) -> typst.Fonts:
    folders = sorted({str(path.parent) for path in font_set.files})
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def chinese_date(day: date | None) -> str:
    """Return 2026年1月5日, or nothing."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _data(document: Document) -> dict[str, Any]:
    return {
        "title": one_line(document.plain_title),
        "heading": printable(document.title),
        "subtitle": one_line(document.subtitle),
        "issuer": one_line(document.issuer),
        "cover": [[one_line(label), one_line(value)] for label, value in document.cover],
        "blocks": [_block(block, label, index) for index, (block, label) in enumerate(numbered(document.blocks))],
    }


def _block(block: Block, label: str, index: int) -> dict[str, Any]:
    match block:
        case Heading():
            return {"type": "heading", "level": block.level, "text": label + one_line(block.text)}
        case Paragraph():
            return {
                "type": "paragraph", "text": printable(block.text), "indent": block.indent, "bold": block.bold,
                "align": block.align,
            }
        case KeyValues():
            return {"type": "values", "rows": [[one_line(label), one_line(value)] for label, value in block.rows]}
        case Table():
            return _table(block)
        case Figure():
            return {
                "type": "figure", "file": _figure_name(block, index), "caption": one_line(block.caption),
                "alt": one_line(block.alt), "width": block.width_mm,
            }
        case Signature():
            return {
                "type": "signature", "unit": one_line(block.unit), "date": chinese_date(block.signed_on),
                "lines": [one_line(line) for line in block.lines],
            }
        case PageBreak():
            return {"type": "break"}


def _table(block: Table) -> dict[str, Any]:
    return {
        "type": "table",
        "columns": [
            {"title": one_line(column.title), "weight": column.weight, "align": column.align}
            for column in block.columns
        ],
        "rows": [[one_line(cell_text(cell)) for cell in row] for row in block.rows],
        "caption": one_line(block.caption),
        "note": one_line(block.note),
    }


def _figure_name(figure: Figure, index: int) -> str:
    return f"figure{index}.{'svg' if figure.svg else 'png'}"


def _write_figures(document: Document, folder: Path) -> None:
    for index, block in enumerate(document.blocks):
        if isinstance(block, Figure):
            (folder / _figure_name(block, index)).write_bytes(block.svg or block.png)


def _breakable(match: re.Match[str]) -> str:
    run = match.group()
    return _BREAK.join(run[start : start + 32] for start in range(0, len(run), 32))


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return []
    return [text for item in value for text in _strings(item)]


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return [_mapped(item, change) for item in value] if isinstance(value, list) else value
