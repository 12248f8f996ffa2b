"""The project ledger: reading a workbook, taking it over, exact matching by project numbers."""

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from catalog.ledger import queries, service
from catalog.ledger.rules import letter, read_sheets
from catalog.permissions import LEDGER
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from tests.catalog.conftest import Town, person
from tests.catalog.graph import Graph

HEAD = ["项目编号 *", "项目名称", "建设单位", "年度", "项目类型", "预算（万元）", "阶段", "系统名称"]
GOOD = ["XC-2026-001", "婚姻登记系统升级", "民政局", "2026年", "升级改造", 128.5, "已验收", "登记系统、婚姻库"]
NAMES = {"区民政局": "区民政局", "民政局": "区民政局"}


def book(path: Path, rows: list[list[Any]]) -> Path:
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = workbook.add_worksheet("底账")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    workbook.close()
    path.write_bytes(out.getvalue())
    return path


@pytest.mark.pure
def test_a_row_is_read_and_a_title_above_the_header_is_skipped() -> None:
    ledger = read_sheets([("说明", [["随便"]]), ("底账", [["2026 年底账"], HEAD, [*GOOD], [""] * 8])], NAMES)
    assert ledger.findings == [] and ledger.rows == 1
    one = ledger.projects[0]
    assert (one.project_no, one.department, one.year, one.kind, one.stage) == (
        "XC-2026-001", "区民政局", 2026, "upgrade", "accepted"
    )
    assert one.budget == Decimal("128.5") * 1_000_000 and one.system_names == ("登记系统", "婚姻库")


@pytest.mark.pure
@pytest.mark.parametrize(("column", "value", "problem"), [
    (0, "", "不能为空"), (0, {"n": "1234567890123456"}, "精度"), (1, "长" * 401, "400"), (2, "区民政", "没有此单位"),
    (3, "去年", "不是年度"), (4, "购买", "不在可选范围"), (5, "很多", "不是金额"), (5, "-3", "超出范围"),
    (5, "nan", "超出范围"), (6, "", "不能为空"),
])
def test_a_bad_cell_is_named_and_its_row_stays_out(column: int, value: Any, problem: str) -> None:
    row = [*GOOD]
    row[column] = value
    ledger = read_sheets([("底账", [HEAD, row, ["XC-2026-002", *GOOD[1:]]])], NAMES)
    assert [one.project_no for one in ledger.projects] == ["XC-2026-002"]
    finding = ledger.findings[0]
    assert (finding.row, finding.column) == (2, letter(column)) and problem in finding.zh and finding.fix_zh


@pytest.mark.pure
def test_repeated_numbers_and_a_missing_header() -> None:
    twice = read_sheets([("底账", [HEAD, GOOD, GOOD])], NAMES)
    assert len(twice.projects) == 1 and "第 2 行" in twice.findings[0].zh
    assert read_sheets([("底账", [["a", "b"], ["c", "d"]])], NAMES).findings[0].row == 0
    assert letter(0) == "A" and letter(26) == "AA" and letter(701) == "ZZ"


def test_import_change_and_match(database: Database, town: Town, tmp_path: Path) -> None:
    second = ["XC-2026-002", "另一项目", "区卫生健康委", 2025, "运维", "", "建设", ""]
    path = book(tmp_path / "a.xlsx", [["底账（样例）"], HEAD, GOOD, second])
    keeper = person("keeper", None, LEDGER, "catalog.entry.read", scope="all")

    def run(file: Path, **more: bool) -> dict[str, Any]:
        options = {"dry_run": False, "accept_partial": False, **more}
        return service.run(database, keeper, file, file.name, **options)

    with pytest.raises(MulianError, match="permission"):
        service.run(database, town.officer, path, "a.xlsx", dry_run=True, accept_partial=False)
    tried = run(path, dry_run=True)
    assert (tried["created"], tried["applied"]) == (2, False)
    assert run(path)["created"] == 2 and run(path)["unchanged"] == 2
    wrong = book(tmp_path / "b.xlsx", [HEAD, ["XC-2026-001", "改名", *GOOD[2:]], ["XC-2026-003", "", *GOOD[2:]]])
    assert run(wrong)["applied"] is False
    taken = run(wrong, accept_partial=True)
    assert (taken["updated"], taken["created"], taken["wrong"], taken["applied"]) == (1, 0, 1, True)
    graph = Graph(database, town)
    graph.node("system", project_numbers=["XC-2026-001", "XC-0"])
    with database.read() as session:
        def listed(actor: Any, **more: Any) -> list[str]:
            narrow = {"department_id": None, "q": "", "year": None, "kind": None, "stage": None, **more}
            return [row[0].project_no for row in session.execute(queries.projects(actor, **narrow))]

        assert listed(keeper) == ["XC-2026-001", "XC-2026-002"] and listed(town.officer) == ["XC-2026-001"]
        assert listed(keeper, q="改名") == ["XC-2026-001"] and listed(keeper, kind="operate") == ["XC-2026-002"]
        found = service.matched(session, system_actor("test"), ["XC-2026-001", "XC-2026-002"])
        assert [one["name"] for one in found["XC-2026-001"]] == ["登记系统"] and "XC-2026-002" not in found
