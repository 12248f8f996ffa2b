"""Reading a workbook that may be hostile: a child process with limits, and one clear reason when it is refused."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from catalog.errors import WORKBOOK
from kernel.errors import MulianError

FILE_LIMIT: Final = 50 * 1024 * 1024
WALL_SECONDS: Final = 60
MERGED_CELLS: Final = 2_000_000
LIMITS: Final[dict[str, int]] = {
    "memory": 1536 * 1024 * 1024, "cpu_seconds": 40, "output": 512 * 1024 * 1024, "zip_entries": 2000,
    "unpacked": 400 * 1024 * 1024, "ratio_from": 8 * 1024 * 1024, "ratio": 150, "sheets": 64, "rows": 400_000,
    "columns": 512, "cells": 20_000_000, "merged": 20_000,
}
_CHILD: Final = Path(__file__).with_name("reader_child.py")
_REASONS: Final[dict[str, tuple[str, str, str, str]]] = {
    "too_large": ("文件超过 50 MB", "the file exceeds 50 MB", "请拆分后分批导入", "Split it and import in parts"),
    "empty": ("文件是空的", "the file is empty", "请重新保存后上传", "Save it again and upload"),
    "et": ("这是 WPS 的 .et 文件", "this is a WPS .et file", "请另存为 .xlsx", "Save it as .xlsx"),
    "csv": ("这是文本文件，不是工作簿", "this is a text file", "请另存为 .xlsx", "Save it as .xlsx"),
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


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows of cells as :func:`catalog.imports.reader_child.cell` gives them."""

    name: str
    rows: list[list[Any]]


def refused(code: str, detail: str = "") -> MulianError:
    """The error for a reason of the reader."""
    zh, en, fix_zh, fix_en = _REASONS.get(code, _REASONS["broken_content"])
    return WORKBOOK(
        reason=code, reason_zh=zh.replace("{detail}", detail), reason_en=en.replace("{detail}", detail),
        fix_zh=fix_zh, fix_en=fix_en,
    )


def read(path: Path, filename: str | None = None) -> list[Sheet]:
    """The sheets of an .xlsx, .xls or .ods file; ``filename`` is the name it was uploaded under.

    Raises ``catalog.import.workbook`` with one reason, within WALL_SECONDS whatever the file holds.
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
    answer = _run(path)
    if "refused" in answer:
        code = str(answer["refused"])
        raise refused("csv" if code == "not_a_workbook" and _is_text(path) else code, str(answer.get("detail", "")))
    kind = str(answer["kind"])
    if suffix not in (kind, "") and not (kind == "xlsx" and suffix in ("xlsm", "xlsb")):
        raise refused("mislabelled", kind)
    return [_filled(sheet) for sheet in answer["sheets"]]


def _run(path: Path) -> dict[str, Any]:
    command = [sys.executable, "-I", str(_CHILD), str(path), json.dumps(LIMITS)]
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(
                command, stdout=out, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                timeout=WALL_SECONDS, check=False, env={"LANG": "C.UTF-8", "RUST_BACKTRACE": "0"},
            )
        except subprocess.TimeoutExpired:
            return {"refused": "time"}
        if done.returncode != 0:
            # killed by a limit: SIGXCPU and SIGKILL are time, an abort of the allocator is memory
            return {"refused": "time" if done.returncode in (-24, -9) else "memory"}
        out.seek(0)
        answer: dict[str, Any] = json.loads(out.read())
        return answer


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\x00" not in file.read(4096)


def _filled(sheet: dict[str, Any]) -> Sheet:
    """A merged range shows its value in one cell only; here every cell of it has the value."""
    rows: list[list[Any]] = sheet["rows"]
    budget = MERGED_CELLS
    for (top, left), (bottom, right) in sheet["merged"]:
        budget -= (bottom - top + 1) * (right - left + 1)
        if budget < 0:
            raise refused("too_many_cells", f"{sheet['name']}: merged")
        if top >= len(rows) or left >= len(rows[top]):
            continue
        for row in rows[top : bottom + 1]:
            for at in range(left, min(right + 1, len(row))):
                if row[at] in ("", None):
                    row[at] = rows[top][left]
    return Sheet(str(sheet["name"]), rows)
