"""Run as a child process: read one hostile workbook under limits and write it as lines of JSON.

Started by :mod:`catalog.imports.reader` as ``python -I reader_child.py FILE LIMITS``; imports only the standard
library and python-calamine, so that it starts in milliseconds and nothing of the application is within reach.
Every row is one line, a JSON array. The last line says what was read: {"kind", "sheets": [{"name", "at" (byte
offset of its first row), "count", "merged"}]}, or {"refused": code, "detail": …}. Exit status 0 always has it.
"""

import codecs
import csv
import io
import json
import os
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 20


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
    """Kind by content, never by name: xlsx, ods, xls, json or csv; a zip is checked before anything is unpacked."""
    with open(path, "rb") as file:
        head = file.read(4096)
    if head.startswith(_OLE):
        return "xls"
    if not head.startswith(b"PK\x03\x04"):
        if any(head.startswith(bom) for bom, _ in _BOMS):
            return "csv"
        if b"\x00" in head or not head.strip():
            raise Refused("not_a_workbook")
        return "json" if head.lstrip()[:1] in (b"{", b"[") else "csv"
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


class Output:
    """Writes rows and remembers where each sheet begins."""

    def __init__(self) -> None:
        self._out = io.BufferedWriter(io.FileIO(sys.stdout.fileno(), "wb", closefd=False), 1 << 18)
        self._at = 0
        self.sheets: list[dict[str, Any]] = []

    def sheet(self, name: str, rows: Iterable[list[Any]], merged: list[Any]) -> None:
        """Write one sheet."""
        start, count = self._at, 0
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, separators=(",", ":"), check_circular=False) + "\n"
            # a text of a JSON file may hold half a character
            data = line.encode("utf-8", "replace")
            self._out.write(data)
            self._at += len(data)
            count += 1
        self.sheets.append({"name": name, "at": start, "count": count, "merged": merged})

    def end(self, answer: dict[str, Any]) -> None:
        """Write the last line."""
        self._out.write(json.dumps(answer, ensure_ascii=True).encode() + b"\n")
        self._out.flush()


def read(path: str, limits: dict[str, int], out: Output) -> dict[str, Any]:
    """Write all sheets; returns the last line."""
    kind = sniff(path, limits)
    if kind == "csv":
        out.sheet("", _csv_rows(path, limits), [])
    elif kind == "json":
        _json_sheets(path, limits, out)
    else:
        _calamine(path, limits, out)
    return {"kind": kind, "sheets": out.sheets}


# -- workbooks -------------------------------------------------------------------------------------------------


def _calamine(path: str, limits: dict[str, int], out: Output) -> None:
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        book = CalamineWorkbook.from_path(path)
        names = book.sheet_names
        if len(names) > limits["sheets"]:
            raise Refused("too_many_sheets", str(len(names)))
        for name in names:
            _sheet(book, name, limits, out)
    except (Refused, OSError):
        raise
    except PasswordError as error:
        raise Refused("encrypted") from error
    except MemoryError as error:
        raise Refused("memory") from error
    except BaseException as error:
        # a panic of the Rust reader arrives as a BaseException; its text may hold cell contents
        raise Refused("broken_content", type(error).__name__) from error


def _sheet(book: Any, name: str, limits: dict[str, int], out: Output) -> None:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > limits["rows"] or sheet.total_width > limits["columns"]:
        raise Refused("too_many_cells", f"{name}: {sheet.total_height} x {sheet.total_width}")
    if sheet.height * sheet.width > limits["cells"]:
        raise Refused("too_many_cells", f"{name}: {sheet.height * sheet.width}")
    merged = getattr(sheet, "merged_cell_ranges", None) or []
    out.sheet(name, _cells(sheet), [list(map(list, area)) for area in merged[: limits["merged"]]])


def _cells(sheet: Any) -> Iterator[list[Any]]:
    """Rows from A1 on; the reader's own begin in the first row, but at the first used column."""
    if sheet.start is None:
        return
    before: list[Any] = [""] * sheet.start[1]
    for row in sheet.iter_rows():
        yield before + [value if type(value) is str else cell(value) for value in row[: sheet.width]]


# -- text ------------------------------------------------------------------------------------------------------


def encoding_of(path: str) -> str:
    """UTF-8 with or without a mark, UTF-16 with one, else GB18030, which covers GBK and GB 2312."""
    with open(path, "rb") as file:
        head = file.read(4)
        for bom, name in _BOMS:
            if head.startswith(bom):
                return name
        for name in ("utf-8", "gb18030"):
            file.seek(0)
            decoder = codecs.getincrementaldecoder(name)("strict")
            try:
                while chunk := file.read(_CHUNK):
                    decoder.decode(chunk)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                continue
            return name
    raise Refused("encoding")


def _csv_rows(path: str, limits: dict[str, int]) -> Iterator[list[Any]]:
    csv.field_size_limit(limits["field"])
    with open(path, encoding=encoding_of(path), newline="") as file:
        first = file.readline(100_000)
        file.seek(0)
        # a header decides the separator: whichever of the usual ones stands in it most
        separator = max((",", "\t", ";", "，"), key=first.count)
        count = cells = 0
        try:
            for row in csv.reader(file, delimiter=separator):
                count, cells = count + 1, cells + len(row)
                if count > limits["rows"] or len(row) > limits["columns"] or cells > limits["cells"]:
                    raise Refused("too_many_cells", f"{count} x {len(row)}")
                yield list(row)
        except (csv.Error, UnicodeError) as error:
            raise Refused("broken_content", type(error).__name__) from error


# -- JSON ------------------------------------------------------------------------------------------------------


def _json_sheets(path: str, limits: dict[str, int], out: Output) -> None:
    """A list of records is one sheet; an object gives a sheet for every key that holds a list of records."""
    if os.path.getsize(path) > limits["json"]:
        raise Refused("json_large")
    with open(path, encoding=encoding_of(path)) as file:
        text = file.read()
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused("broken_content", type(error).__name__) from error
    del text
    named = {"": loaded} if isinstance(loaded, list) else loaded
    if not isinstance(named, dict):
        raise Refused("not_a_workbook")
    found = {
        str(name): rows for name, rows in named.items()
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    }
    if len(found) > limits["sheets"]:
        raise Refused("too_many_sheets", str(len(found)))
    for name, rows in found.items():
        out.sheet(name, _records(name, rows, limits), [])
    facts = [[str(name), value] for name, value in named.items() if isinstance(value, str | int)]
    if facts:
        out.sheet("填写说明", facts, [])


def _records(name: str, rows: list[dict[str, Any]], limits: dict[str, int]) -> Iterator[list[Any]]:
    header = list(dict.fromkeys(key for row in rows for key in row))
    if len(rows) > limits["rows"] or len(header) > limits["columns"] or len(rows) * len(header) > limits["cells"]:
        raise Refused("too_many_cells", f"{name}: {len(rows)} x {len(header)}")
    yield header
    for row in rows:
        yield [_json_cell(row.get(key)) for key in header]


def _json_cell(value: Any) -> Any:
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else cell(value)


def main() -> None:
    """Entry point of the child."""
    limits = json.loads(sys.argv[2])
    limit(limits)
    out = Output()
    try:
        answer: dict[str, Any] = read(sys.argv[1], limits, out)
    except Refused as refused:
        answer = {"refused": refused.code, "detail": refused.detail}
    except MemoryError:
        answer = {"refused": "memory", "detail": ""}
    except OSError:
        # the output limit; the file could be read before
        os._exit(3)
    out.end(answer)


if __name__ == "__main__":
    main()
