"""Reading a workbook that may be hostile: a child process with limits, and one clear reason when it is refused."""

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Protocol

import orjson

from catalog.errors import WORKBOOK
from kernel.errors import MulianError

FILE_LIMIT: Final = 50 * 1024 * 1024
WALL_SECONDS: Final = 60
MERGED_CELLS: Final = 2_000_000
_GROUP: Final = 500
LIMITS: Final[dict[str, int]] = {
    "memory": 1000 * 1024 * 1024, "cpu_seconds": 40, "output": 512 * 1024 * 1024, "zip_entries": 2000,
    "unpacked": 400 * 1024 * 1024, "ratio_from": 8 * 1024 * 1024, "ratio": 150, "sheets": 64, "rows": 400_000,
    "columns": 512, "cells": 20_000_000, "merged": 20_000, "field": 1_000_000, "json": 16 * 1024 * 1024,
}
_SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "xlsx": ("xlsx", "xlsm", "xlsb", ""), "xls": ("xls", ""), "ods": ("ods", ""),
    "csv": ("csv", "txt", "tsv", ""), "json": ("json", ""),
}
_CHILD: Final = Path(__file__).with_name("reader_child.py")
_REASONS: Final[dict[str, tuple[str, str, str, str]]] = {
    "too_large": ("文件超过 50 MB", "the file exceeds 50 MB", "请拆分后分批导入", "Split it and import in parts"),
    "empty": ("文件是空的", "the file is empty", "请重新保存后上传", "Save it again and upload"),
    "et": ("这是 WPS 的 .et 文件", "this is a WPS .et file", "请另存为 .xlsx", "Save it as .xlsx"),
    "json_large": (
        "JSON 文件超过 16 MB", "the JSON file exceeds 16 MB", "请改用 .xlsx 或 .csv", "Use .xlsx or .csv instead",
    ),
    "encoding": (
        "文字编码既不是 UTF-8 也不是 GB18030",
        "the text is neither UTF-8 nor GB18030",
        "请用表格软件另存为 .xlsx",
        "Save it as .xlsx",
    ),
    "mislabelled": (
        "扩展名与内容不符（内容为 .{detail}）",
        "the extension does not match the content (.{detail})",
        "请改回正确的扩展名，或另存为 .xlsx",
        "Give it its real extension, or save it as .xlsx",
    ),
    "not_a_workbook": ("内容不是电子表格", "the content is no workbook", "请另存为 .xlsx", "Save it as .xlsx"),
    "broken_zip": (
        "文件已损坏",
        "the file is damaged",
        "请用表格软件打开并另存为 .xlsx",
        "Open and save it as .xlsx",
    ),
    "broken_content": (
        "工作簿内容已损坏",
        "the content is damaged",
        "请用表格软件打开并另存为 .xlsx",
        "Open and save it as .xlsx",
    ),
    "encrypted": ("工作簿设有密码", "the workbook has a password", "请取消密码后上传", "Remove the password"),
    "bomb": (
        "压缩比异常（{detail}）",
        "the compression ratio is abnormal ({detail})",
        "请另存为新的 .xlsx",
        "Save it as a new .xlsx",
    ),
    "too_many_parts": (
        "内部文件过多（{detail}）",
        "too many parts ({detail})",
        "请另存为新的 .xlsx",
        "Save it as a new .xlsx",
    ),
    "too_large_unpacked": (
        "展开后过大",
        "too large when unpacked",
        "请拆分后分批导入",
        "Split it and import in parts",
    ),
    "too_many_sheets": (
        "工作表过多（{detail}）",
        "too many sheets ({detail})",
        "请删除无关工作表",
        "Remove other sheets",
    ),
    "too_many_cells": (
        "工作表过大（{detail}）",
        "a sheet is too large ({detail})",
        "请删除表格下方和右侧的空行空列，或拆分",
        "Remove empty rows and columns below and right, or split",
    ),
    "memory": (
        "读取所需内存超过上限",
        "reading needs too much memory",
        "请拆分后分批导入",
        "Split it and import in parts",
    ),
    "time": ("读取时间超过上限", "reading takes too long", "请拆分后分批导入", "Split it and import in parts"),
}


class Rows(Protocol):
    """A sheet: its name, and its rows as often as one asks for them."""

    @property
    def name(self) -> str:
        """What the sheet is called; empty for a text file."""
        ...

    def __iter__(self) -> Iterator[list[Any]]:
        """The rows from the first on; cells as :func:`catalog.imports.reader_child.cell` gives them."""
        ...


@dataclass(frozen=True)
class Sheet:
    """A sheet in memory."""

    name: str
    rows: list[list[Any]]

    def __iter__(self) -> Iterator[list[Any]]:
        return iter(self.rows)


@dataclass(frozen=True)
class FileSheet:
    """A sheet whose rows stand in the child's answer; a merged range shows its value in all of its cells."""

    name: str
    file: IO[bytes]
    at: int
    count: int
    merged: list[tuple[int, int, int, int]]

    def __iter__(self) -> Iterator[list[Any]]:
        waiting, active = deque(self.merged), list[tuple[int, int, int, Any]]()
        for number, line in enumerate(self._lines()):
            row = orjson.loads(line)
            if waiting or active:
                active = _fill(row, number, waiting, active)
            yield row

    def _lines(self) -> Iterator[bytes]:
        """Lines in groups; the place is kept here, so that two sheets may be read in turns."""
        offset = self.at
        for start in range(0, self.count, _GROUP):
            self.file.seek(offset)
            lines = [self.file.readline() for _ in range(min(_GROUP, self.count - start))]
            offset = self.file.tell()
            yield from lines


def _fill(
    row: list[Any], number: int, waiting: deque[tuple[int, int, int, int]], active: list[tuple[int, int, int, Any]]
) -> list[tuple[int, int, int, Any]]:
    while waiting and waiting[0][0] <= number:
        _, left, bottom, right = waiting.popleft()
        if left < len(row):
            active.append((left, bottom, right, row[left]))
    for left, _, right, value in active:
        for at in range(left, min(right + 1, len(row))):
            if row[at] in ("", None):
                row[at] = value
    return [one for one in active if one[1] > number]


def refused(code: str, detail: str = "") -> MulianError:
    """The error for a reason of the reader."""
    zh, en, fix_zh, fix_en = _REASONS.get(code, _REASONS["broken_content"])
    return WORKBOOK(
        reason=code, reason_zh=zh.replace("{detail}", detail), reason_en=en.replace("{detail}", detail),
        fix_zh=fix_zh, fix_en=fix_en,
    )


@contextmanager
def open_bytes(data: bytes, filename: str) -> Iterator[list[FileSheet]]:
    """The same of bytes that must lie on no disk: neither they nor the rows leave memory."""
    with os.fdopen(os.memfd_create("workbook"), "w+b") as file:
        file.write(data)
        file.flush()
        with open_book(Path(f"/proc/{os.getpid()}/fd/{file.fileno()}"), filename, in_memory=True) as sheets:
            yield sheets


@contextmanager
def open_book(path: Path, filename: str | None = None, *, in_memory: bool = False) -> Iterator[list[FileSheet]]:
    """The sheets of an .xlsx, .xls, .ods, .csv or .json file, read row by row; ``filename`` as it was uploaded.

    ``in_memory``: the rows, which otherwise wait in a nameless temporary file, are on no disk. Raises
    ``catalog.import.workbook`` with one reason, within WALL_SECONDS whatever the file holds.
    """
    name = filename or path.name
    size = path.stat().st_size
    suffix = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if size == 0:
        raise refused("empty")
    if size > FILE_LIMIT:
        raise refused("too_large")
    if suffix == "et":
        raise refused("et")
    with os.fdopen(os.memfd_create("rows"), "w+b") if in_memory else tempfile.TemporaryFile() as out:
        answer = _run(path, out)
        if "refused" in answer:
            raise refused(str(answer["refused"]), str(answer.get("detail", "")))
        kind = str(answer["kind"])
        if suffix not in _SUFFIXES[kind]:
            raise refused("mislabelled", kind)
        yield [_sheet(one, out) for one in answer["sheets"]]


def read(path: Path, filename: str | None = None) -> list[Sheet]:
    """All of :func:`open_book` at once, for workbooks of a few thousand rows."""
    with open_book(path, filename) as sheets:
        return [Sheet(sheet.name, list(sheet)) for sheet in sheets]


def _sheet(answer: dict[str, Any], out: IO[bytes]) -> FileSheet:
    merged = sorted((top, left, bottom, right) for (top, left), (bottom, right) in answer["merged"])
    if sum((bottom - top + 1) * (right - left + 1) for top, left, bottom, right in merged) > MERGED_CELLS:
        raise refused("too_many_cells", f"{answer['name']}: merged")
    return FileSheet(str(answer["name"]), out, int(answer["at"]), int(answer["count"]), merged)


def _run(path: Path, out: IO[bytes]) -> dict[str, Any]:
    command = [sys.executable, "-I", str(_CHILD), str(path), json.dumps(LIMITS)]
    try:
        done = subprocess.run(
            command, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
            timeout=WALL_SECONDS, check=False, env={"LANG": "C.UTF-8", "RUST_BACKTRACE": "0"},
        )
    except subprocess.TimeoutExpired:
        return {"refused": "time"}
    if done.returncode != 0:
        # killed by a limit: SIGXCPU and SIGKILL are time, an abort of the allocator is memory
        return {"refused": {-24: "time", -9: "time", 3: "too_large_unpacked"}.get(done.returncode, "memory")}
    answer: dict[str, Any] = orjson.loads(_last_line(out))
    return answer


def _last_line(out: IO[bytes]) -> bytes:
    end = out.seek(0, os.SEEK_END)
    size = 1 << 16
    while True:
        start = max(0, end - size)
        out.seek(start)
        tail = out.read(end - start).rstrip(b"\n")
        if start == 0 or b"\n" in tail:
            return tail.rsplit(b"\n", 1)[-1]
        size *= 4
