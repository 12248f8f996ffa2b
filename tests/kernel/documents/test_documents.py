"""The renderers: stable bytes, official layout, text that stays text."""

import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import docx
import pikepdf
import pytest
from docx.oxml.ns import qn
from python_calamine import CalamineWorkbook

from kernel.documents import fonts, html
from kernel.documents.media import MEDIA_TYPES
from kernel.documents.model import Column, Document, Heading, Paragraph, Table
from kernel.documents.numbering import chinese, numbered
from kernel.documents.render import render
from kernel.documents.text import neutral_cell, printable
from kernel.errors import MulianError
from tests.kernel.documents.engines import need
from tests.kernel.documents.sample import FORMULA, LONG, SCRIPT, sample


@pytest.fixture(scope="module")
def rendered() -> dict[str, bytes]:
    return {kind: render(sample(), kind) for kind in MEDIA_TYPES}


def test_chinese_numbers() -> None:
    assert [chinese(n) for n in (1, 9, 10, 11, 20, 21, 99)] == ["一", "九", "十", "十一", "二十", "二十一", "九十九"]
    with pytest.raises(ValueError, match="1..99"):
        chinese(100)


def test_headings_restart_below_their_parent() -> None:
    blocks = [Heading(level, "x") for level in (1, 2, 3, 2, 3, 1, 2)]
    assert [label for _, label in numbered(blocks)] == ["一、", "（一）", "1. ", "（二）", "1. ", "二、", "（一）"]


@pytest.mark.parametrize("kind", sorted(MEDIA_TYPES))
def test_bytes_are_stable_across_processes(kind: str, rendered: dict[str, bytes]) -> None:
    code = (
        "import sys; from kernel.documents.render import render; from tests.kernel.documents.sample import sample;"
        f"sys.stdout.buffer.write(render(sample(), {kind!r}))"
    )
    root = Path(__file__).parents[3]
    env = {"PYTHONHASHSEED": "7", "TZ": "America/Lima", "LC_ALL": "C", "PYTHONPATH": str(root), "HOME": "/nonexistent"}
    other = subprocess.run([sys.executable, "-c", code], cwd=root, env=env, capture_output=True, check=True).stdout
    assert other == rendered[kind]


def test_docx_page_is_the_official_one(rendered: dict[str, bytes]) -> None:
    document = docx.Document(io.BytesIO(rendered["docx"]))
    body = document.sections[1]
    assert [round(body.page_width.mm), round(body.page_height.mm)] == [210, 297]
    margins = (body.top_margin, body.bottom_margin, body.left_margin, body.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    grid = body._sectPr.find(qn("w:docGrid"))
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    normal = document.styles["Normal"]
    assert normal.paragraph_format.line_spacing.pt == 28.95
    assert normal.element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia")) == "仿宋_GB2312"
    assert normal.element.rPr.find(qn("w:spacing")).get(qn("w:val")) == "-5"


def test_docx_every_used_style_names_an_official_font(rendered: dict[str, bytes]) -> None:
    document = docx.Document(io.BytesIO(rendered["docx"]))
    expected = {"Title": "方正小标宋简体", "Heading 1": "黑体", "Heading 2": "楷体_GB2312", "Heading 3": "仿宋_GB2312"}
    for name, font in expected.items():
        properties = document.styles[name].element.rPr.find(qn("w:rFonts"))
        assert properties.get(qn("w:eastAsia")) == font
        assert not [key for key in properties.attrib if "Theme" in key]


def test_docx_repeats_table_heads_and_tears_no_row(rendered: dict[str, bytes]) -> None:
    table = docx.Document(io.BytesIO(rendered["docx"])).tables[0]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert table.cell(3, 1).text == LONG


def test_docx_page_number_starts_after_the_cover(rendered: dict[str, bytes]) -> None:
    cover, body = docx.Document(io.BytesIO(rendered["docx"])).sections
    assert "PAGE" not in cover.footer._element.xml
    assert "PAGE" in body.footer._element.xml
    assert "PAGE" in body.even_page_footer._element.xml
    assert body._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"


def test_docx_zip_carries_no_clock(rendered: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(rendered["docx"])) as archive:
        names = archive.namelist()
        assert names[0] == "[Content_Types].xml"
        assert names[1:] == sorted(names[1:])
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_pdf_says_what_the_document_says(rendered: dict[str, bytes]) -> None:
    with pikepdf.open(io.BytesIO(rendered["pdf"])) as pdf:
        assert str(pdf.docinfo["/Title"]) == "西城区数据局2026年第4季度“上链”数据分析报告"
        assert "/CreationDate" not in pdf.docinfo
        assert [float(x) for x in pdf.pages[0].MediaBox] == pytest.approx([0, 0, 595.28, 841.89], abs=0.01)
        embedded = {str(font.BaseFont) for page in pdf.pages for font in page.Resources.Font.values()}
    assert embedded
    assert all("NotoSerifCJK" in name or "NotoSansCJK" in name for name in embedded)


@pytest.mark.engine("pdftotext")
def test_pdf_lines_hold_28_characters_and_pages_22_lines(tmp_path: Path) -> None:
    need("pdftotext")
    text = "甲乙丙丁戊己庚辛壬癸" * 90
    path = tmp_path / "x.pdf"
    path.write_bytes(render(Document("标题", (Paragraph(text),), cover=(("编号", "1"),)), "pdf"))
    raw = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True, text=True).stdout
    page = [line for line in raw.split("\f")[1].splitlines() if line]
    assert [len(line) for line in page] == [26] + [28] * 21 + [len("— 1 —")]


@pytest.mark.engine("pdftotext")
def test_pdf_text_is_never_markup_and_unknown_signs_are_named(tmp_path: Path, rendered: dict[str, bytes]) -> None:
    need("pdftotext")
    path = tmp_path / "x.pdf"
    path.write_bytes(rendered["pdf"])
    raw = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True, text=True).stdout
    flat = re.sub(r"\s", "", raw)
    assert "<script>alert(1)</script>#import" in flat
    assert "*粗*_斜_`code`@ref<label>//注释" in flat
    assert "[U+1F600]" in flat
    assert len(re.findall("序号", flat)) >= 3  # the head of a long table stands on each of its pages


def test_missing_font_names_the_package() -> None:
    with pytest.raises(MulianError) as caught:
        fonts.find(["/nonexistent"])
    assert caught.value.code == "documents.font.missing"
    assert "fonts-noto-cjk" in caught.value.fix("zh")


def test_font_without_chinese_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_covered", lambda found: frozenset(range(0x3000)))
    with pytest.raises(MulianError) as caught:
        fonts.check(fonts.find(), ["目录"])
    assert caught.value.code == "documents.font.missing"


def test_xlsx_cells_are_inert(rendered: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(rendered["xlsx"])) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if "worksheets/" in name]
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<hyperlink" in sheet]
    book = CalamineWorkbook.from_filelike(io.BytesIO(rendered["xlsx"]))
    assert book.sheet_names == ["表1 各级目录", "指标（1）／一", "指标（1）／一~2"]
    rows = book.get_sheet_by_name("指标（1）／一").to_python(skip_empty_area=False)
    assert rows[2:] == [["'" + FORMULA, 5.0], ["'＝1", 1.5]]
    rows = book.get_sheet_by_name("指标（1）／一~2").to_python(skip_empty_area=False)
    assert [row[0] for row in rows[2:6]] == ["'+1", "'-1", "'@x", " x"]
    assert rows[6][0] == "1000000000000001"
    assert len(rows[7][0]) == 32_767
    assert rows[7][0].endswith("（已截断）")


def test_html_is_escaped_and_its_policy_matches(rendered: dict[str, bytes]) -> None:
    text = rendered["html"].decode()
    assert SCRIPT not in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert " style=" not in text
    assert "default-src 'none'" in html.CONTENT_SECURITY_POLICY


def test_printable_removes_what_a_page_cannot_hold() -> None:
    assert printable("a\x00b\u202ec\ud800d\r\ne\tf") == "a\ufffdbc\ufffdd\ne f"
    assert [neutral_cell(text) for text in ("=1", "＋1", "a=1", "")] == ["'=1", "'＋1", "a=1", ""]


def test_ragged_table_is_refused() -> None:
    with pytest.raises(MulianError) as caught:
        Table((Column("a"), Column("b")), (("1",),), caption="t")
    assert caught.value.code == "documents.table.ragged"


def test_unknown_kind_is_refused() -> None:
    with pytest.raises(MulianError) as caught:
        render(Document("t", ()), "rtf")
    assert caught.value.code == "documents.kind.unknown"


def test_empty_document_renders_in_every_kind() -> None:
    for kind in MEDIA_TYPES:
        assert len(render(Document("空", ()), kind)) > 500
