"""Styles of the docx, by GB/T 9704-2012: page, grid, official fonts. python-docx sets no East Asian font itself."""

from docx.document import Document as DocxDocument
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle

# names that the reader's office machine has; they are never replaced, only the pdf has a font map
OFFICIAL_FONTS = {
    "title": "方正小标宋简体", "song": "宋体", "fangsong": "仿宋_GB2312", "hei": "黑体", "kai": "楷体_GB2312",
}
LATIN = "Times New Roman"
PITCH = Pt(28.95)
BODY = Pt(16)
HEADING_ROLES = ("hei", "kai", "fangsong")
_TRACKING = -5  # twentieths of a point: -0.25 pt makes 28 characters of 16 pt fit 156 mm
_THEME = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")


def element(tag: str, **attributes: str) -> BaseOxmlElement:
    """Return a WordprocessingML element, e.g. ``element("w:docGrid", type="lines")``."""
    node: BaseOxmlElement = OxmlElement(tag)
    for name, value in attributes.items():
        node.set(qn(f"w:{name}"), value)
    return node


def set_fonts(properties: BaseOxmlElement, role: str) -> None:
    """Name the fonts of a ``w:rPr`` for every script; theme fonts would win over the names, so they go."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = element("w:rFonts")
        properties.insert(0, fonts)
    for name in _THEME:
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), LATIN)
    fonts.set(qn("w:eastAsia"), OFFICIAL_FONTS[role])
    fonts.set(qn("w:hint"), "eastAsia")


def prepare(document: DocxDocument) -> None:
    """Set page, grid and every style that the renderer uses."""
    _normal(document.styles["Normal"])
    _set_style(document.styles["Title"], "title", Pt(22), center=True)
    for level, role in enumerate(HEADING_ROLES, 1):
        _set_style(document.styles[f"Heading {level}"], role, BODY, indent=True)
    document.settings.odd_and_even_pages_header_footer = True
    set_page(document.sections[0])


def set_page(section: Section) -> None:
    """A4, margins 37/35/28/26 mm, 22 lines a page by a grid of lines (a grid of characters tears pages)."""
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(24)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = element("w:docGrid")
        section._sectPr.append(grid)
    grid.attrib.clear()
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(PITCH.pt * 20)))


def body_section(document: DocxDocument) -> Section:
    """Start the numbered part on a new page; its first page is number 1, the cover has no number."""
    section: Section = document.add_section(WD_SECTION.NEW_PAGE)
    set_page(section)
    page_numbers(section)
    return section


def page_numbers(section: Section) -> None:
    """Write "— 1 —" at the outer edge, one character in: right on odd pages, left on even ones."""
    numbering = section._sectPr.find(qn("w:pgNumType"))
    if numbering is None:
        numbering = element("w:pgNumType")
        section._sectPr.insert_element_before(numbering, "w:cols", "w:titlePg", "w:docGrid")
    numbering.set(qn("w:start"), "1")
    for footer, align in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        paragraph.alignment = align
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
        paragraph.paragraph_format.first_line_indent = Pt(0)
        for text in ("— ", None, " —"):
            run = paragraph.add_run("" if text is None else text)
            run.font.size = Pt(14)
            set_fonts(run._r.get_or_add_rPr(), "song")
            if text is None:
                _field(run._r, "PAGE")


def _field(run: BaseOxmlElement, code: str) -> None:
    run.append(element("w:fldChar", fldCharType="begin"))
    instruction = element("w:instrText")
    instruction.text = code
    run.append(instruction)
    run.append(element("w:fldChar", fldCharType="end"))


def _normal(style: ParagraphStyle) -> None:
    _set_style(style, "fangsong", BODY)
    properties = style.element.get_or_add_rPr()
    properties.append(element("w:spacing", val=str(_TRACKING)))
    language = properties.find(qn("w:lang"))
    if language is None:
        language = element("w:lang")
        properties.append(language)
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")


def _set_style(style: ParagraphStyle, role: str, size: Pt, *, center: bool = False, indent: bool = False) -> None:
    set_fonts(style.element.get_or_add_rPr(), role)
    style.font.size = size
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    layout = style.paragraph_format
    layout.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    layout.line_spacing = PITCH
    layout.space_before = layout.space_after = Pt(0)
    layout.alignment = WD_ALIGN_PARAGRAPH.CENTER if center else None
    if indent:
        layout.first_line_indent = 2 * size
    borders = style.element.pPr.find(qn("w:pBdr"))
    if borders is not None:
        style.element.pPr.remove(borders)
