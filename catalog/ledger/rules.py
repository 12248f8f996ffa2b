"""Reading a sheet of the project ledger: from cells to projects and findings. Pure."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from catalog.imports.cells import BadCell, code, shown, text

KINDS: Final = {"build": "新建", "upgrade": "升级改造", "operate": "运维"}
STAGES: Final = {"approved": "立项", "building": "建设", "accepted": "验收"}
_HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "project_no": ("项目编号", "项目编码", "编号"), "name": ("项目名称", "名称"),
    "department": ("单位", "建设单位", "部门", "所属部门", "项目单位"), "year": ("年度", "立项年度", "年份"),
    "kind": ("项目类型", "类型", "项目类别"), "budget": ("预算（万元）", "预算(万元)", "预算"),
    "stage": ("阶段", "项目阶段"), "system_names": ("系统名称", "系统", "涉及系统"),
}
_REQUIRED: Final = ("project_no", "name", "department", "kind", "stage")
_KIND_WORDS: Final = {
    "新建": "build", "新建项目": "build", "升级改造": "upgrade", "升级": "upgrade", "改造": "upgrade",
    "运维": "operate", "运行维护": "operate", "运维服务": "operate",
}
_STAGE_WORDS: Final = {
    "立项": "approved", "已立项": "approved", "建设": "building", "在建": "building", "建设中": "building",
    "验收": "accepted", "已验收": "accepted", "待验收": "building", "拟验收": "building",
}
_LISTS: Final = {"kind": (_KIND_WORDS, KINDS), "stage": (_STAGE_WORDS, STAGES)}
_NAMES: Final = re.compile(r"[、,，;；\n]+")
_HEAD_ROWS: Final = 10


@dataclass(frozen=True)
class Finding:
    """One cell that cannot be taken over: 行号·列·原值·问题·建议."""

    sheet: str
    row: int
    column: str
    header: str
    value: str
    zh: str
    fix_zh: str


@dataclass(frozen=True)
class Project:
    """One row of the ledger; ``budget`` in cents, ``department`` as the database names it."""

    project_no: str
    name: str
    department: str
    year: int | None
    kind: str
    budget: int | None
    stage: str
    system_names: tuple[str, ...]


@dataclass
class Ledger:
    """What a workbook holds."""

    projects: list[Project] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: int = 0


class _Wrong(ValueError):
    """A cell with its problem and advice."""

    def __init__(self, zh: str, fix_zh: str) -> None:
        super().__init__(zh)
        self.zh, self.fix_zh = zh, fix_zh


def letter(index: int) -> str:
    """The letters of a column: 0 → A, 26 → AA."""
    name = ""
    while index >= 0:
        name, index = chr(65 + index % 26) + name, index // 26 - 1
    return name


def read_sheets(sheets: Sequence[tuple[str, Sequence[Sequence[Any]]]], departments: Mapping[str, str]) -> Ledger:
    """Projects of every sheet with a ledger header; ``departments`` maps names and aliases to official names."""
    found, seen = Ledger(), dict[str, int]()
    for name, rows in sheets:
        head = _header(rows)
        if head is None:
            continue
        at, columns = head
        for number, row in enumerate(rows[at + 1 :], start=at + 2):
            if any(shown(cell).strip() for cell in row):
                found.rows += 1
                _read_row(found, name, number, row, columns, departments, seen)
    if not found.rows and not found.findings:
        found.findings.append(Finding(
            "", 0, "", "", "", "没有找到含「项目编号」「项目名称」的表头，或表中没有数据", "请使用底账模板的表头"
        ))
    return found


def _header(rows: Sequence[Sequence[Any]]) -> tuple[int, dict[str, int]] | None:
    """Where the header stands (below any title rows) and which column holds what."""
    for at, row in enumerate(rows[:_HEAD_ROWS]):
        titles = [re.sub(r"[\s*＊]", "", shown(cell)) for cell in row]
        columns = {
            key: titles.index(word)
            for key, words in _HEADERS.items() for word in reversed(words) if word in titles
        }
        if {"project_no", "name"} <= set(columns):
            return at, columns
    return None


def _read_row(
    found: Ledger, sheet: str, number: int, row: Sequence[Any], columns: Mapping[str, int],
    departments: Mapping[str, str], seen: dict[str, int],
) -> None:
    values: dict[str, Any] = {}
    sound = True
    for key, words in _HEADERS.items():
        index = columns.get(key)
        cell = row[index] if index is not None and index < len(row) else None
        try:
            values[key] = _value(key, cell, departments)
            if key == "project_no" and values[key] in seen:
                raise _Wrong(f"与第 {seen[values[key]]} 行的项目编号重复", "请删除重复的行或改正编号")
        except _Wrong as wrong:
            sound = False
            place = letter(index) if index is not None else ""
            found.findings.append(
                Finding(sheet, number, place, words[0], shown(cell)[:200], wrong.zh, wrong.fix_zh)
            )
    if values.get("project_no"):
        seen.setdefault(values["project_no"], number)
    if sound:
        found.projects.append(Project(**values))


def _value(key: str, cell: Any, departments: Mapping[str, str]) -> Any:
    if key == "system_names":
        return tuple(dict.fromkeys(part.strip() for part in _NAMES.split(text(cell) or "") if part.strip()))
    value = _plain(key, cell)
    if value is None:
        if key in _REQUIRED:
            raise _Wrong("不能为空", "请填写")
        return None
    if key == "department":
        return _department(value, departments)
    if key in _LISTS:
        return _listed(value, *_LISTS[key])
    return _year(value) if key == "year" else _budget(value) if key == "budget" else value


def _plain(key: str, cell: Any) -> str | None:
    try:
        value = code(cell) if key == "project_no" else text(cell)
    except BadCell as error:
        raise _Wrong("数字超过 15 位，末位已丢失精度", "请把该列设为文本格式后重新填写") from error
    limit = {"project_no": 100, "name": 400}.get(key, 2000)
    if value is not None and len(value) > limit:
        raise _Wrong(f"超过 {limit} 个字", "请缩短")
    return value


def _department(value: str, departments: Mapping[str, str]) -> str:
    if value not in departments:
        close = difflib.get_close_matches(value, list(departments), n=1, cutoff=0.5)
        raise _Wrong("没有此单位", f"是否为「{close[0]}」" if close else "请填写单位全称")
    return departments[value]


def _year(value: str) -> int:
    match = re.match(r"^(\d{4})(?:\.0)?\s*年?度?$", value)
    if match is None or not 1990 <= int(match[1]) <= 2100:
        raise _Wrong("不是年度", "请写成 2026")
    return int(match[1])


def _budget(value: str) -> int:
    """Cents from ten thousands of yuan."""
    try:
        amount = Decimal(value.replace(",", "").replace("，", "").removesuffix("万元").strip()) * 1_000_000
    except InvalidOperation as error:
        raise _Wrong("不是金额", "请填写以万元为单位的数字，如 128.5") from error
    if not amount.is_finite() or not 0 <= amount <= 10**15:
        raise _Wrong("金额超出范围", "请核对单位是否为万元")
    return int(amount.to_integral_value())


def _listed(value: str, words: Mapping[str, str], labels: Mapping[str, str]) -> str:
    if value not in words:
        raise _Wrong("不在可选范围内", "可填：" + "、".join(labels.values()))
    return words[value]
