"""docx through python-docx: editable, in the official layout."""

import io
from datetime import UTC, datetime, time

import docx
from docx.document import Document as DocxDocument
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.shared import Length, Mm, Pt
from docx.table import Table as DocxTable
from docx.table import _Cell
from docx.text.paragraph import Paragraph as DocxParagraph
from docx.text.run import Run

from kernel.documents import docx_styles as styles
from kernel.documents.model import (
    Align,
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
from kernel.documents.pdf import chinese_date
from kernel.documents.text import one_line, printable
from kernel.documents.zipfile_stable import rewrite

_ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT, "center": WD_ALIGN_PARAGRAPH.CENTER, "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
_TEXT_WIDTH = Mm(156)
_SMALL = Pt(10.5)


def render(document: Document) -> bytes:
    """Return the docx; the same document gives the same bytes."""
    target = docx.Document()
    styles.prepare(target)
    _properties(target, document)
    if document.cover:
        _cover(target, document)
        styles.body_section(target)
    else:
        styles.page_numbers(target.sections[0])
        _title(target, document)
    for block, label in numbered(document.blocks):
        _add(target, block, label)
    buffer = io.BytesIO()
    target.save(buffer)
    return rewrite(buffer.getvalue())


def _properties(target: DocxDocument, document: Document) -> None:
    core = target.core_properties
    core.title = one_line(document.plain_title)
    core.author = core.last_modified_by = one_line(document.issuer)
    core.comments = core.keywords = core.subject = ""
    core.language = "zh-CN"
    core.revision = 1
    moment = datetime(2000, 1, 1, tzinfo=UTC)
    if document.issued_on:
        moment = datetime.combine(document.issued_on, time(), UTC)
    core.created = core.modified = moment.replace(tzinfo=None)


def _title(target: DocxDocument, document: Document) -> None:
    target.add_paragraph(printable(document.title), style="Title")
    if document.subtitle:
        paragraph = target.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _run(paragraph, one_line(document.subtitle), "kai")
    target.add_paragraph()


def _cover(target: DocxDocument, document: Document) -> None:
    for _ in range(4):
        target.add_paragraph()
    _title(target, document)
    for _ in range(3):
        target.add_paragraph()
    for label, value in document.cover:
        paragraph = target.add_paragraph()
        _tight(paragraph, Pt(18))
        paragraph.paragraph_format.left_indent = Pt(90)
        paragraph.paragraph_format.first_line_indent = -Pt(90)
        paragraph.paragraph_format.tab_stops.add_tab_stop(Pt(90))
        _run(paragraph, one_line(label) + "\t", "hei", Pt(12))
        _run(paragraph, one_line(value), "fangsong", Pt(12))


def _add(target: DocxDocument, block: Block, label: str) -> None:
    match block:
        case Heading():
            target.add_paragraph(label + one_line(block.text), style=f"Heading {block.level}")
        case Paragraph():
            _paragraph(target, block)
        case KeyValues():
            for name, value in block.rows:
                paragraph = target.add_paragraph()
                _run(paragraph, one_line(name) + "　", "hei")
                _run(paragraph, one_line(value), "fangsong")
        case Table():
            _table(target, block)
        case Figure():
            _figure(target, block)
        case PageBreak():
            target.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        case Signature():
            _signature(target, block)


def _paragraph(target: DocxDocument, block: Paragraph) -> None:
    paragraph = target.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY if block.align == "left" else _ALIGN[block.align]
    if block.indent:
        paragraph.paragraph_format.first_line_indent = 2 * styles.BODY
    _run(paragraph, printable(block.text), "hei" if block.bold else "fangsong")


def _run(paragraph: DocxParagraph, text: str, role: str, size: Length | None = None) -> Run:
    run = paragraph.add_run(text)
    if size is not None:
        run.font.size = size
    styles.set_fonts(run._r.get_or_add_rPr(), role)
    return run


def _tight(paragraph: DocxParagraph, pitch: Length) -> None:
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    paragraph.paragraph_format.line_spacing = pitch
    # the page grid would stretch every line of small print to the pitch of body text
    properties = paragraph._p.get_or_add_pPr()
    snap = styles.element("w:snapToGrid", val="0")
    properties.insert_element_before(snap, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:rPr")


def _caption(target: DocxDocument, text: str, *, above: bool) -> None:
    paragraph = target.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = above
    _tight(paragraph, Pt(22))
    _run(paragraph, one_line(text), "hei", Pt(12))


def _table(target: DocxDocument, block: Table) -> None:
    if block.caption:
        _caption(target, block.caption, above=True)
    table = target.add_table(rows=0, cols=len(block.columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    widths = _widths(block)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    _row(table, [(column.title, "center") for column in block.columns], "hei", widths, repeat=True)
    aligns = [column.align for column in block.columns]
    for row in block.rows:
        _row(table, list(zip(map(cell_text, row), aligns, strict=True)), "fangsong", widths)
    note = target.add_paragraph()
    _tight(note, Pt(16))
    if block.note:
        _run(note, one_line(block.note), "fangsong", Pt(9))


def _widths(block: Table) -> list[Length]:
    total = sum(column.weight for column in block.columns)
    return [Length(_TEXT_WIDTH * column.weight // total) for column in block.columns]


def _row(
    table: DocxTable, cells: list[tuple[str, Align]], role: str, widths: list[Length], *, repeat: bool = False
) -> None:
    row = table.add_row()  # type: ignore[no-untyped-call]
    properties = row._tr.get_or_add_trPr()
    properties.append(styles.element("w:cantSplit"))
    if repeat:
        properties.append(styles.element("w:tblHeader"))
    for cell, (text, align), width in zip(row.cells, cells, widths, strict=True):
        _fill(cell, one_line(text), align, role, width)


def _fill(cell: _Cell, text: str, align: Align, role: str, width: Length) -> None:
    cell.width = width
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.alignment = _ALIGN[align]
    _tight(paragraph, Pt(18))
    _run(paragraph, text, role, _SMALL)


def _figure(target: DocxDocument, block: Figure) -> None:
    paragraph = target.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    # an exact line pitch would cut the picture to one line
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    shape = paragraph.add_run().add_picture(io.BytesIO(block.png), width=Mm(block.width_mm))
    shape._inline.docPr.set("descr", one_line(block.alt))
    _caption(target, block.caption, above=False)


def _signature(target: DocxDocument, block: Signature) -> None:
    target.add_paragraph()
    for text in (block.unit, chinese_date(block.signed_on)):
        if text:
            paragraph = target.add_paragraph()
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            paragraph.paragraph_format.right_indent = 4 * styles.BODY
            paragraph.paragraph_format.keep_with_next = True
            _run(paragraph, one_line(text), "fangsong")
    for line in block.lines:
        _run(target.add_paragraph(), one_line(line), "fangsong")
