"""Findings of a dry run: one for each cell, with its address, severity and what to do."""

from dataclasses import dataclass
from typing import Final

ERROR: Final = "error"
ROW_ERROR: Final = "row_error"
WARNING: Final = "warning"

_TEXTS: Final[dict[str, tuple[str, str, str, str]]] = {
    "sheet_missing": ("缺少工作表「{arg}」", "sheet {arg} is missing", "请使用下载的模板", "Use the template"),
    "sheet_unknown": ("未使用的工作表", "this sheet is not used", "", ""),
    "header_missing": (
        "没有找到表头（应含「{arg}」）",
        "no header row (expected {arg})",
        "请保留模板的表头行",
        "Keep the header row",
    ),
    "column_missing": ("缺少列「{arg}」", "column {arg} is missing", "请补上该列", "Add the column"),
    "column_twice": ("列「{arg}」出现了两次", "column {arg} stands twice", "请删除多余的一列", "Remove one of them"),
    "column_unused": ("未使用的列", "this column is not used", "", ""),
    "no_rows": ("没有数据行", "there are no rows", "请填写后上传", "Fill it in and upload again"),
    "secret": (
        "涉密数据不得编入（本系统不得存储、处理、传输国家秘密）",
        "secret data must not be entered",
        "请删除该行，按保密规定另行管理",
        "Remove the row; handle it under the secrecy rules",
    ),
    "empty_required": ("必填项为空", "a required cell is empty", "请填写", "Fill it in"),
    "precision_lost": (
        "已丢失精度：超过 15 位的数字须为文本",
        "precision is lost: more than 15 digits need a text cell",
        "请把该列设为文本格式后重新填写",
        "Format the column as text and type the code again",
    ),
    "bare_number": (
        "只写了数字，各系统编号含义不同",
        "a bare number; systems number differently",
        "请改用中文名称，或导入时选择编号方案",
        "Use the label, or name a number profile",
    ),
    "label_unknown": ("不在代码表「{arg}」中", "not in the code list {arg}", "可填：{fix}", "Use one of: {fix}"),
    "theme_unknown": (
        "所属主题不在代码表中",
        "the theme is not in the code list",
        "是否为「{fix}」",
        "Did you mean {fix}",
    ),
    "theme_spelling": ("所属主题写法不规范", "the theme is spelt irregularly", "已按「{fix}」处理", "Taken as {fix}"),
    "empty_format": ("格式类型为空", "the format is empty", "请补充", "Fill it in"),
    "duplicate_name": (
        "名称与第 {arg} 行重复",
        "the name repeats row {arg}",
        "请核实是否同一数据",
        "Check whether it is the same data",
    ),
    "duplicate_key": (
        "与第 {arg} 行是同一条",
        "this is the same as row {arg}",
        "请删除重复行",
        "Remove the repeated row",
    ),
    "department_unknown": (
        "没有名为「{arg}」的部门",
        "no department named {arg}",
        "请核对名称或由数据局先建立部门",
        "Check the name or have it opened first",
    ),
    "department_created": (
        "将新建部门（代码待补）",
        "a department will be opened (code 待补)",
        "请核实名称",
        "Check the name",
    ),
    "department_foreign": ("不是您部门的数据", "this belongs to another department", "请删除该行", "Remove the row"),
    "date": ("日期看不懂", "not a date", "请写成 2026-03-01", "Write it like 2026-03-01"),
    "number": ("应为整数", "must be a whole number", "请改为数字", "Write a number"),
    "value": ("{arg}", "{fix}", "请修改", "Correct it"),
    "code_unknown": (
        "没有编码为「{arg}」的目录",
        "no node has the code {arg}",
        "新增请留空编码",
        "Leave the code empty for a new one",
    ),
    "reference_unknown": (
        "「{arg}」既不是已有编码也不是本表行键",
        "{arg} is neither a code nor a row key",
        "请核对",
        "Check it",
    ),
    "stale": (
        "导出之后已被他人修改（现为第 {arg} 版）",
        "others changed it since the export (now {arg})",
        "请重新导出后修改",
        "Export again",
    ),
    "parent_changed": (
        "不能改换上级：该编码属于另一上级",
        "its parent cannot be changed: the code belongs to another one",
        "请在新的上级下留空编码新增，再停用原来的",
        "Add it under the new parent with an empty code",
    ),
    "in_review": (
        "正在审核，不能修改",
        "in review, it cannot be changed",
        "请等审核结束或撤回",
        "Wait for the review or recall it",
    ),
}


@dataclass(frozen=True)
class Finding:
    """One finding; ``column`` is the spreadsheet letter, ``row`` counts from 1 as the program shows it."""

    sheet: str
    row: int | None
    column: str | None
    header: str | None
    value: str
    severity: str
    code: str
    arg: str = ""
    fix: str = ""

    def texts(self) -> tuple[str, str, str, str]:
        """Problem in Chinese and English, advice in Chinese and English."""
        zh, en, fix_zh, fix_en = _TEXTS[self.code]
        return tuple(  # type: ignore[return-value]
            text.replace("{arg}", self.arg).replace("{fix}", self.fix) for text in (zh, en, fix_zh, fix_en)
        )

    @property
    def address(self) -> str:
        """``Sheet1!D15``."""
        return f"{self.sheet}!{self.column or ''}{self.row or ''}"


def index_of(column: str) -> int:
    """The index, from 0, of a column's letters."""
    number = 0
    for char in column:
        number = number * 26 + ord(char) - 64
    return number - 1


def letter(index: int) -> str:
    """The spreadsheet's letter of a column counted from 0."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
