"""Run as a child process: read one hostile workbook under limits and print it as JSON.

Started by :mod:`catalog.imports.reader` as ``python -I reader_child.py FILE LIMITS``; imports only the standard
library and python-calamine, so that it starts in milliseconds and nothing of the application is within reach.
Exit status 0 always carries one JSON object: {"sheets": [...]} or {"refused": code, "detail": ...}.
"""

import json
import os
import resource
import sys
import zipfile
from typing import Any

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Refused(Exception):
    """The workbook is not read; ``code`` is one of the reader's reasons."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


def limit(limits: dict[str, int]) -> None:
    """Bound memory, processor time and output before the file is touched."""
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["output"], limits["output"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (256, 256)) if os.getuid() != 0 else None


def sniff(path: str, limits: dict[str, int]) -> str:
    """Kind by content, never by name: xlsx, ods or xls; a zip is checked before anything is unpacked."""
    with open(path, "rb") as file:
        head = file.read(8)
    if head.startswith(_OLE):
        return "xls"
    if not head.startswith(b"PK\x03\x04"):
        raise Refused("not_a_workbook")
    try:
        with zipfile.ZipFile(path) as archive:
            return _zip_kind(archive, limits)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise Refused("broken_zip", type(error).__name__) from error


def _zip_kind(archive: zipfile.ZipFile, limits: dict[str, int]) -> str:
    entries = archive.infolist()
    if len(entries) > limits["zip_entries"]:
        raise Refused("too_many_parts", str(len(entries)))
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise Refused("broken_zip", "duplicate part")
    total = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if total > limits["unpacked"]:
        raise Refused("too_large_unpacked", str(total))
    if total > limits["ratio_from"] and total // packed > limits["ratio"]:
        raise Refused("bomb", f"{total // packed}:1")
    if any(entry.flag_bits & 1 for entry in entries):
        raise Refused("encrypted")
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "content.xml" in names and "mimetype" in names:
        mimetype = archive.read("mimetype")[:100] if archive.getinfo("mimetype").file_size < 200 else b""
        if b"spreadsheet" in mimetype:
            return "ods"
    raise Refused("not_a_workbook")


def cell(value: Any) -> Any:
    """A cell as JSON: text, bool, whole number as int, other number as {"n": repr}, date as {"d": ISO}."""
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value == int(value) and abs(value) < 1e15 else {"n": repr(value)}
    if hasattr(value, "isoformat"):
        return {"d": value.isoformat()}
    return str(value)


def read(path: str, limits: dict[str, int]) -> dict[str, Any]:
    """All sheets with their rows and merged ranges."""
    from python_calamine import CalamineWorkbook, PasswordError

    kind = sniff(path, limits)
    try:
        book = CalamineWorkbook.from_path(path)
        names = book.sheet_names
        if len(names) > limits["sheets"]:
            raise Refused("too_many_sheets", str(len(names)))
        return {"kind": kind, "sheets": [_sheet(book, name, limits) for name in names]}
    except Refused:
        raise
    except PasswordError as error:
        raise Refused("encrypted") from error
    except MemoryError as error:
        raise Refused("memory") from error
    except BaseException as error:
        # a panic of the Rust reader arrives as a BaseException; its text may hold cell contents
        raise Refused("broken_content", type(error).__name__) from error


def _sheet(book: Any, name: str, limits: dict[str, int]) -> dict[str, Any]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > limits["rows"] or sheet.total_width > limits["columns"]:
        raise Refused("too_many_cells", f"{name}: {sheet.total_height} x {sheet.total_width}")
    if sheet.height * sheet.width > limits["cells"]:
        raise Refused("too_many_cells", f"{name}: {sheet.height * sheet.width}")
    rows = [[cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    merged = getattr(sheet, "merged_cell_ranges", None) or []
    return {"name": name, "rows": rows, "merged": [list(map(list, area)) for area in merged[: limits["merged"]]]}


def main() -> None:
    """Entry point of the child."""
    limits = json.loads(sys.argv[2])
    limit(limits)
    try:
        answer: dict[str, Any] = read(sys.argv[1], limits)
        text = json.dumps(answer, ensure_ascii=True)
    except Refused as refused:
        text = json.dumps({"refused": refused.code, "detail": refused.detail})
    except MemoryError:
        text = json.dumps({"refused": "memory", "detail": ""})
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
