"""Reports from frozen inputs: stable, verifiable, reproducible, and true to what readers are promised."""

import datetime
import io
import json
import random
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from python_calamine import CalamineWorkbook

from analytics.inputs.frozen import table
from analytics.inputs.schemas import DATASETS
from analytics.reports import manifest
from analytics.reports.build import ARTIFACTS, build
from analytics.reports.header import Header
from analytics.reports.reproduce import reproduce
from kernel import clock
from kernel.errors import MulianError
from tests.analytics import generator as g
from tests.kernel.documents.engines import need
from tests.support.scale import Scale

RUN = "01933b2e-0000-7000-8000-000000000001"


def header(district: bool, name: str = "") -> Header:
    ident, code, unit = ("district", "110102", "西城区") if district else (g.department(1), "D01", "测试1局")
    issued = datetime.date(2026, 9, 30)
    return Header(RUN, ident, code, name or unit, 2026, 3, clock.from_micros(g.AS_OF), issued)


def make(folder: Path, data: g.Rows, *, district: bool = True, name: str = "") -> str:
    inputs = [item.as_json() for item in g.write(folder, data)]
    basis = build(folder, header(district, name), inputs, lambda message: None)
    return manifest.write(folder, basis)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("run") / "r"
    return folder, make(folder, g.rows())


@pytest.fixture(scope="module")
def unit_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("run") / "u"
    return folder, make(folder, g.rows(1), district=False)


def test_built_twice_gives_the_same_bytes(run: tuple[Path, str], tmp_path: Path) -> None:
    folder, root = run
    assert make(tmp_path, g.rows()) == root
    for name, _ in ARTIFACTS:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.requirement("S4-14")
def test_reproduce_in_a_fresh_process_and_empty_folder(
    run: tuple[Path, str], unit_run: tuple[Path, str], scale: Scale,
) -> None:
    for folder, root in (run, unit_run)[:scale.of(1, 2)]:
        result = reproduce(folder, root)
        assert result.files == dict.fromkeys([*(name for name, _ in ARTIFACTS), "manifest.json"], True)
        assert result.identical
        assert result.passed
        assert (result.new_root, result.environment) == (root, ())


def test_reproduce_notices_a_changed_row_and_names_its_figures(unit_run: tuple[Path, str], tmp_path: Path) -> None:
    folder, root = unit_run
    copy = tmp_path / "c"
    shutil.copytree(folder, copy)
    data = g.rows(1)
    data["crypto_scopes"][0]["overdue"] = True
    g.write(copy, data)
    result = reproduce(copy, root)
    assert not result.passed
    assert result.differing_figures == (f"crypto.overdue|{g.department(1)}|",)


def test_reproduce_says_why_it_failed(unit_run: tuple[Path, str], tmp_path: Path) -> None:
    copy = tmp_path / "c"
    shutil.copytree(unit_run[0], copy)
    (copy / "inputs/calls.parquet").write_bytes(b"PAR1")
    with pytest.raises(MulianError) as caught:
        reproduce(copy, unit_run[1])
    assert caught.value.code == "analytics.reproduce.failed"


def test_verify_passes_untouched_and_any_flipped_byte_fails(
    unit_run: tuple[Path, str], tmp_path: Path, scale: Any
) -> None:
    folder, root = unit_run
    assert manifest.verify(folder, root) == []
    copy = tmp_path / "c"
    shutil.copytree(folder, copy)
    rng = random.Random(7)
    inputs = [f"inputs/{dataset.name}.parquet" for dataset in DATASETS]
    names = [*(name for name, _ in ARTIFACTS), *inputs, "manifest.json"]
    for name in names:
        good = (copy / name).read_bytes()
        places = {0, len(good) - 1, *(rng.randrange(len(good)) for _ in range(scale.of(20, 2000)))}
        for place in sorted(places):
            bad = bytearray(good)
            bad[place] ^= 1 << rng.randrange(8)
            (copy / name).write_bytes(bad)
            found = manifest.verify(copy, root)
            assert [finding.file for finding in found][:1] == [name], (name, place)
        (copy / name).write_bytes(good)
    assert manifest.verify(copy, root) == []


def test_verify_names_missing_and_foreign_files(unit_run: tuple[Path, str], tmp_path: Path) -> None:
    copy = tmp_path / "c"
    shutil.copytree(unit_run[0], copy)
    (copy / "report.pdf").unlink()
    (copy / "extra.txt").write_text("x")
    assert [finding.file for finding in manifest.verify(copy, unit_run[1])] == ["report.pdf", "extra.txt"]


def test_a_consistently_rewritten_manifest_fails_by_the_root(unit_run: tuple[Path, str], tmp_path: Path) -> None:
    copy = tmp_path / "c"
    shutil.copytree(unit_run[0], copy)
    other = make(copy, g.rows(1, 41), district=False)
    assert manifest.verify(copy, other) == []
    assert [finding.file for finding in manifest.verify(copy, unit_run[1])] == ["manifest.json"]


def test_manifest_says_what_the_run_rests_on(run: tuple[Path, str]) -> None:
    data = manifest.read(run[0])
    assert data["format"] == "mulian-report/1"
    assert [item["name"] for item in data["inputs"]] == sorted(dataset.name for dataset in DATASETS)
    assert all(len(item["sha256"]) == len(item["sm3"]) == 64 for item in [*data["inputs"], *data["outputs"]])
    assert {"code_sm3", "lock_sha256", "ruleset_sm3", "engines", "fonts_sha256"} <= data["environment"].keys()
    assert data["timezone"] == "+08:00"
    assert RUN not in json.dumps(data["environment"])


@pytest.mark.requirement("S4-13")
def test_docx_has_title_cover_chapters_and_figures(run: tuple[Path, str]) -> None:
    document = docx.Document(str(run[0] / "report.docx"))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert "西城区2026年第三季度\n“上链”数据分析报告" in texts
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert heads == [
        "一、总体情况", "二、目录上链", "三、接口运行", "四、数据质量六性", "五、系统目录与底账核对", "六、区块链应用",
        "七、问题清单及整改时限", "八、上季整改闭环", "附件",
    ]
    data = manifest.read(run[0])
    cover = " ".join(texts[:25]).replace(" ", "")
    assert data["input_root"] in cover
    assert RUN in cover
    assert len(document.inline_shapes) == 3


def test_annex_rows_sum_to_the_printed_figures(run: tuple[Path, str]) -> None:
    book = CalamineWorkbook.from_path(str(run[0] / "annex.xlsx"))
    figures = json.loads((run[0] / "figures.json").read_bytes())
    whole = {f["rule"]: f for f in figures if f["scope"] == "district" and not f["grp"]}
    rows = book.get_sheet_by_name("可访问性：挂接率").to_python(skip_empty_area=False)[2:]
    assert sum(row[4] for row in rows) == whole["quality.attached_rate"]["numerator"]
    assert sum(row[5] for row in rows) == whole["quality.attached_rate"]["denominator"]
    listed = book.get_sheet_by_name("全部数字").to_python(skip_empty_area=False)[2:]
    assert len(listed) == len(figures)


def test_hostile_names_stay_text_everywhere(run: tuple[Path, str]) -> None:
    html = (run[0] / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    with zipfile.ZipFile(io.BytesIO((run[0] / "annex.xlsx").read_bytes())) as archive:
        assert not [name for name in archive.namelist() if b"<f>" in archive.read(name)]


@pytest.mark.parametrize(
    "name", ["超长单位名称" * 33 + "局😀", "=1+1 <script>alert(1)</script>局 #import \"x\" a\x00b"]
)
def test_hostile_department_names_build_and_verify(name: str, tmp_path: Path) -> None:
    data = g.rows(1, 8)
    data["departments"][0]["name"] = name
    root = make(tmp_path, data, district=False, name=name)
    assert manifest.verify(tmp_path, root) == []
    assert "<script>" not in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("district", [True, False])
def test_empty_quarter_builds_and_says_so(district: bool, tmp_path: Path) -> None:
    root = make(tmp_path, {"departments": g.rows(1, 0)["departments"]}, district=district)
    assert manifest.verify(tmp_path, root) == []
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    for sentence in ("统计范围内没有目录条目。", "也没有接口调用记录", "未核定应上链清单", "期限待定"):
        assert sentence in html


def test_deadlines_come_from_the_frozen_calendar(run: tuple[Path, str]) -> None:
    assert "2026-10-20" in (run[0] / "report.html").read_text(encoding="utf-8")


@pytest.mark.engine("pdfinfo")
def test_pdf_has_between_six_and_fourteen_pages(run: tuple[Path, str]) -> None:
    need("pdfinfo")
    out = subprocess.run(["pdfinfo", run[0] / "report.pdf"], capture_output=True, text=True, check=True).stdout
    pages = int(next(line for line in out.splitlines() if line.startswith("Pages:")).split()[1])
    assert 6 <= pages <= 14


def test_wrong_types_in_an_input_are_refused() -> None:
    with pytest.raises(MulianError) as caught:
        table("departments", [{"department_id": "1", "code": "a", "name": "b", "kind": "c", "sort": 1.5}])
    assert caught.value.code == "analytics.input.invalid"
