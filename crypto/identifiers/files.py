"""Files of values in, files of identifiers out. Values are read in memory and never written in clear."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from crypto.errors import IDENTIFIER_FILE_INVALID
from crypto.identifiers import sheet_child
from crypto.identifiers.sheet_child import Unfit, picked
from kernel.documents.model import Column, Document, Sheet
from kernel.documents.text import neutral_cell
from kernel.documents.xlsx import render
from kernel.errors import MulianError
from kernel.files import rules as file_rules

MAX_BYTES = file_rules.MAX_BYTES
MAX_SHEET = 200_000  # a workbook is made in memory; more rows go out as CSV
HEADS = ("行号", "标识", "结果")
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number


def check(name: str, data: bytes) -> None:
    """Raise ``crypto.identifier.file_invalid`` for what is no CSV or xlsx by its content, or is too large."""
    if len(data) > MAX_BYTES:
        raise _invalid(f"超过 {MAX_BYTES >> 20} MB", f"more than {MAX_BYTES >> 20} MB")
    if _ending(name) not in ("csv", "xlsx") or file_rules.sniff(name, data) is None:
        raise _invalid("不是 CSV 或 xlsx", "it is neither CSV nor xlsx")


def values(name: str, data: bytes, *, column: str = "1", header: bool = True) -> list[str]:
    """Return one column's values, row by row: ``column`` is its number from 1, or its title where there is a header.

    Raises ``crypto.identifier.file_invalid``.
    """
    try:
        cells = picked(_csv(data), column, header=header) if _ending(name) == "csv" else _sheet(data, column, header)
    except Unfit as unfit:
        if unfit.code == "empty":
            raise _invalid("文件为空", "it is empty") from unfit
        raise _invalid(f"没有唯一的列“{column}”", f"there is not one column {column}") from unfit
    return [_text(cell, number) for number, cell in enumerate(cells, 1)]


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return lines of a CSV file; what a spreadsheet would take for a formula is made inert."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([neutral_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def csv_file(heads: Sequence[str], parts: Iterable[str]) -> bytes:
    """Return a CSV file of parts, marked as UTF-8 for spreadsheets."""
    return b"\xef\xbb\xbf" + csv_text([heads]).encode() + "".join(parts).encode()


def xlsx_file(heads: Sequence[str], parts: Iterable[str], title: str) -> bytes:
    """Return the same as a workbook; raise ``crypto.identifier.file_invalid`` beyond 200,000 rows."""
    rows = [tuple(row) for part in parts for row in csv.reader(io.StringIO(part, newline=""))]
    if len(rows) > MAX_SHEET:
        raise _invalid(f"超过 {MAX_SHEET} 行，请下载 CSV", f"more than {MAX_SHEET} rows: take the CSV")
    sheet = Sheet("标识", tuple(Column(head) for head in heads), tuple(rows))
    return render(Document(title=title, blocks=(), annex=(sheet,)))


def _csv(data: bytes) -> Iterator[Sequence[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            yield from csv.reader(io.StringIO(text, newline=""), strict=True)
        except csv.Error as error:
            raise _invalid("CSV 格式有误", "malformed CSV") from error
        return
    raise _invalid("编码既不是 UTF-8 也不是 GB 18030", "neither UTF-8 nor GB 18030")


def _sheet(data: bytes, column: str, header: bool) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-I", sheet_child.__file__, column, *(["header"] if header else [])], input=data,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, env={"LANG": "C.UTF-8", "RUST_BACKTRACE": "0"},
    )
    if done.returncode:
        raise _invalid("工作簿已损坏或过大", "the workbook is damaged or too large")
    answer = json.loads(done.stdout)
    if "unfit" in answer:
        raise Unfit(answer["unfit"])
    return list(answer["cells"])


def _text(cell: Any, number: int) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        if not float(cell).is_integer() or abs(cell) >= _EXACT:
            raise _invalid(
                f"第 {number} 行是数值，可能已丢失精度，请把该列设为文本", f"row {number} is a number and may have lost digits",
            )
        return str(int(cell))
    return str(cell)


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _invalid(reason: str, reason_en: str) -> MulianError:
    return IDENTIFIER_FILE_INVALID(reason=reason, reason_en=reason_en)
