"""Words on every page of a file that somebody else made: who got it, and when. docx and xlsx; other kinds stay as is.

A mark is a line of the page head. It can be removed by whoever wants to; it tells where a copy came from that was
passed on without a thought.
"""

import io
import re
import zipfile
from xml.sax.saxutils import escape

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt, RGBColor

from kernel.documents.media import MEDIA_TYPES
from kernel.documents.text import one_line

_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_HEAD = re.compile(rb"<headerFooter\b.*?(?:</headerFooter>|/>)", re.DOTALL)
# what a worksheet may have after the head of its pages (ECMA-376 part 1, 18.3.1.99)
_AFTER = re.compile(
    rb"<(?:rowBreaks|colBreaks|customProperties|cellWatches|ignoredErrors|smartTags|drawing|legacyDrawing"
    rb"|legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst)\b|</worksheet>"
)
_LARGEST = 64 * 1024 * 1024  # of a sheet, unpacked


def mark(data: bytes, media_type: str, words: str) -> tuple[bytes, bool]:
    """Return the file with ``words`` on its pages, and whether it could be marked."""
    kind = {found: name for name, found in MEDIA_TYPES.items()}.get(media_type)
    if kind == "docx":
        return _docx(data, one_line(words)), True
    return _xlsx(data, one_line(words)) if kind == "xlsx" else (data, False)


def _docx(data: bytes, words: str) -> bytes:
    target = docx.Document(io.BytesIO(data))
    for section in target.sections:
        section.header.is_linked_to_previous = False
        line = section.header.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = line.add_run(words)
        run.font.size, run.font.color.rgb = Pt(9), RGBColor(0x80, 0x80, 0x80)
    buffer = io.BytesIO()
    target.save(buffer)
    return buffer.getvalue()


def _xlsx(data: bytes, words: str) -> tuple[bytes, bool]:
    head = f"<headerFooter><oddHeader>&amp;C{escape(words.replace('&', '&&'))}</oddHeader></headerFooter>".encode()
    buffer, marked = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            sheet = _SHEET.fullmatch(entry.filename) is not None
            if sheet and entry.file_size > _LARGEST:
                return data, False
            content = source.read(entry)
            if sheet:
                content, done = _headed(content, head)
                marked += done
            target.writestr(entry, content)
    return (buffer.getvalue(), True) if marked else (data, False)


def _headed(sheet: bytes, head: bytes) -> tuple[bytes, bool]:
    """Put the head behind the last thing that may stand before it; the cells come first and may hold any text."""
    start = max(sheet.rfind(b"</sheetData>"), sheet.rfind(b"<sheetData/>"))
    if start < 0:
        return sheet, False
    rest = _HEAD.sub(b"", sheet[start:])
    place = _AFTER.search(rest)
    if place is None:
        return sheet, False
    return sheet[:start] + rest[:place.start()] + head + rest[place.start():], True
