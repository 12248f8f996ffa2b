"""Workbooks for tests, hostile ones among them, made on the spot: nothing binary is committed."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import xlsxwriter


def book(sheets: Mapping[str, Sequence[Sequence[Any]]], merge: Sequence[tuple[str, str, str]] = ()) -> bytes:
    """A workbook; numbers stay numbers, texts stay texts. ``merge``: (sheet, range, text)."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    for name, rows in sheets.items():
        sheet = made.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
        for of, area, text in merge:
            if of == name:
                sheet.merge_range(area, text)
    made.close()
    return out.getvalue()


HEADER = ["所属部门", "数据集名称", "所属主题", "格式类型", "更新日期", "摘要", "文章访问路径"]


def listing(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> bytes:
    """A listing workbook."""
    return book({"Sheet1": [list(header), *rows]})


def _zip(parts: Mapping[str, bytes], level: int = 9) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


_TYPES = (
    b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    b'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    b'<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELS = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    b'Target="worksheets/sheet1.xml"/></Relationships>'
)
_ROOT = (
    b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="rId1" Target="xl/workbook.xml" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_WORKBOOK = (
    b'<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    b'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    b'<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def raw(sheet_xml: bytes, **more: bytes) -> bytes:
    """A minimal workbook around the XML of one sheet."""
    return _zip({
        "[Content_Types].xml": _TYPES, "_rels/.rels": _ROOT,
        "xl/workbook.xml": _WORKBOOK, "xl/_rels/workbook.xml.rels": _RELS,
        "xl/worksheets/sheet1.xml": sheet_xml, **more,
    })


def far_cells() -> bytes:
    """Two cells at the ends of a sheet: a dense reader would want 17 billion cells."""
    return raw(
        b"<?xml version='1.0'?><worksheet " + _MAIN + b"><sheetData>"
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )


def bomb() -> bytes:
    """300 MB of spaces in a part of some hundred kilobytes."""
    return raw(b"<worksheet " + _MAIN + b">" + b" " * (300 * 1024 * 1024) + b"</worksheet>")


def lying_bomb() -> bytes:
    """The same, but the directory says that the part is small."""
    data = bytearray(_zip({
        "[Content_Types].xml": _TYPES, "_rels/.rels": _ROOT,
        "xl/workbook.xml": _WORKBOOK, "xl/_rels/workbook.xml.rels": _RELS,
        "xl/worksheets/sheet1.xml": b"<worksheet " + _MAIN + b">" + b" " * (100 * 1024 * 1024) + b"</worksheet>",
    }))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.find(mark)
        while at >= 0:
            size = struct.unpack_from("<I", data, at + offset)[0]
            if size > 50 * 1024 * 1024:
                struct.pack_into("<I", data, at + offset, 4096)
            at = data.find(mark, at + 4)
    return bytes(data)


def entities() -> bytes:
    """Entities within entities: expanded, they would be a billion words."""
    body = b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    return raw(
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY l0 'lol'>" + body + b"]><worksheet " + _MAIN + b"><sheetData>"
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
    )


def deep() -> bytes:
    """A hundred thousand nested elements."""
    return raw(b"<worksheet " + _MAIN + b">" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</worksheet>")


def many_parts() -> bytes:
    """More parts than any workbook has."""
    return _zip({"xl/workbook.xml": b"", **{f"p{n}": b"" for n in range(5000)}}, level=1)


def overlapping() -> bytes:
    """A truncated archive: the directory points beyond the end."""
    whole = listing(["区民政局", "a"])
    return whole[: len(whole) // 2]


def traversal() -> bytes:
    """Parts with names that lead out of the archive; nothing is ever unpacked to disk."""
    return _zip({"../../etc/passwd": b"x", "xl/workbook.xml": b"<not/>"})


def png() -> bytes:
    """A picture."""
    data = zlib.compress(b"\x00\x00\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(data)) + b"IDAT" + data


def docx() -> bytes:
    """A word processor's file."""
    return _zip({"[Content_Types].xml": _TYPES, "word/document.xml": b"<document/>"})


def external() -> bytes:
    """A workbook whose relation names a file of this machine."""
    return _zip({
        "[Content_Types].xml": _TYPES, "_rels/.rels": _ROOT,
        "xl/workbook.xml": _WORKBOOK,
        "xl/_rels/workbook.xml.rels": _RELS.replace(b"worksheets/sheet1.xml", b"file:///etc/passwd"),
    })


def foreign_entity() -> bytes:
    """An entity that names a file of this machine, in the sheet and in the shared strings."""
    doctype = b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    return raw(
        doctype + b"<worksheet " + _MAIN + b"><sheetData><row r='1'><c r='A1' t='inlineStr'><is><t>&f;</t></is></c>"
        b"<c r='B1' t='s'><v>0</v></c></row></sheetData></worksheet>",
        **{"xl/sharedStrings.xml": doctype + b"<sst " + _MAIN + b"><si><t>&f;</t></si></sst>"},
    )


def million_rows() -> bytes:
    """A million rows that do not compress well."""
    chance = random.Random(1)
    rows = b"".join(
        b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, chance.getrandbits(40)) for n in range(1, 1_000_001)
    )
    sheet = b"<worksheet " + _MAIN + b"><sheetData>" + rows + b"</sheetData></worksheet>"
    return _zip({
        "[Content_Types].xml": _TYPES, "_rels/.rels": _ROOT,
        "xl/workbook.xml": _WORKBOOK, "xl/_rels/workbook.xml.rels": _RELS,
        "xl/worksheets/sheet1.xml": sheet,
    }, level=1)


def formulas() -> bytes:
    """Formulas with remembered values, without any, and one that would call out."""
    return raw(
        b"<?xml version='1.0'?><worksheet " + _MAIN + b"><sheetData><row r='1'>"
        b"<c r='A1' t='str'><f>CONCATENATE(\"a\",\"b\")</f><v>ab</v></c><c r='B1'><f>1+1</f></c>"
        b"<c r='C1' t='str'><f>WEBSERVICE(\"http://127.0.0.1/x\")</f><v>seen before</v></c>"
        b"<c r='D1'><f>1+1</f><v>2</v></c></row></sheetData></worksheet>"
    )


_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how the binary formats of old office programs begin


def hostile() -> dict[str, tuple[Callable[[], bytes], str]]:
    """Name → (what makes the file, upload name). Every one is answered with one reason within seconds."""
    return {
        "far_cells": (far_cells, "x.xlsx"),
        "entities": (entities, "x.xlsx"),
        "deep": (deep, "x.xlsx"),
        "lying_bomb": (lying_bomb, "x.xlsx"),
        "bomb": (bomb, "x.xlsx"),
        "many_parts": (many_parts, "x.xlsx"),
        "truncated": (overlapping, "x.xlsx"),
        "traversal": (traversal, "x.xlsx"),
        "png": (png, "x.xlsx"),
        "docx": (docx, "x.xlsx"),
        "external": (external, "x.xlsx"),
        "empty": (bytes, "x.xlsx"),
        "csv": (lambda: "部门,名称\n".encode(), "x.xlsx"),
        "et": (lambda: _OLD, "x.et"),
        "old_garbage": (lambda: _OLD + bytes(600), "x.xls"),
        "null_bytes": (lambda: bytes(4096), "x.xlsx"),
        "renamed": (lambda: listing(["区民政局", "a"]), "x.xls"),
        "foreign_entity": (foreign_entity, "x.xlsx"),
        "million_rows": (million_rows, "x.xlsx"),
        "csv_rows": (lambda: b"a,b\n" * 500_000, "x.csv"),
        "csv_wide": (lambda: b"," * 1_000_000, "x.csv"),
        "csv_quote": (lambda: b'a,b\n"' + b"x" * 3_000_000, "x.csv"),
        "no_encoding": (lambda: b"a,b\n" + b"\x81\x20\xff" * 100, "x.csv"),
        "json_deep": (lambda: b"[" * 200_000, "x.json"),
        "json_torn": (lambda: b'[{"a": 1}, {"b"', "x.json"),
        "json_many": (lambda: b"[" + b'{"a":1},' * 500_000 + b"{}]", "x.json"),
        "json_heavy": (lambda: b"[" + b'{"a":[1,2],"b":{}},' * 2_000_000 + b"{}]", "x.json"),
    }
