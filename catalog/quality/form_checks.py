"""规范性 and 完整性: the form of filled cells, and required cells that are not filled. Pure."""

from collections.abc import Callable, Sequence
from typing import Final

from catalog.nodes.rules import EXPECTED, REQUIRED, required
from catalog.quality.subject import FORMS, Outcome, Rule, Subject, Wrong, blank

_ALL: Final = ("duty", "data_entry", "system", "db_table")
_PARENTS: Final = ("data_entry", "db_table")
EXPECTED_OF: Final[dict[str, tuple[str, ...]]] = {
    "duty": ("basis_doc",),
    "data_entry": tuple(name for name in EXPECTED if name not in REQUIRED["data_entry"]),
    "system": ("network",),
    "db_table": ("db_kind",),
}
"""Cells without which a node may be published but is not complete: the basis of a duty, what a reader looks for
in an entry, where a system stands, what database holds a table."""

_FORM_TEXTS: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "listed": ("代码取值在代码表内", "Tokens are of their code list", "已填的代码单元", "从下拉框重新选择",
               "Choose from the list again"),
    "date": ("日期写成 2026-03-01", "Days are written 2026-03-01", "已填的日期单元", "改写为四位年-两位月-两位日",
             "Write year-month-day"),
    "number": ("数值在允许范围内", "Numbers are within bounds", "已填的数值单元", "核对后改为允许范围内的整数",
               "Correct the number"),
    "class_code": ("分类前段码由类、项、目、细目组成", "Class codes have their form", "已填的分类前段码",
                   "按类(1位)项(2位)目(3位)及细目重填", "Write class, item, sub-item and details"),
    "text": ("文字无控制字符、不超长", "Texts are printable and not too long", "已填的文字单元", "删去不可见字符或缩短文字",
             "Remove control characters or shorten the text"),
}


def _form(form: str) -> Callable[[Subject], Outcome]:
    return lambda subject: subject.forms[form]


def _filled(subject: Subject, names: Sequence[str]) -> Outcome:
    row = subject.row
    return Outcome(len(names), [Wrong(name, None) for name in names if blank(row[name])])


def _required(subject: Subject) -> Outcome:
    return _filled(subject, required(subject.kind, subject.row))


def _expected(subject: Subject) -> Outcome:
    return _filled(subject, EXPECTED_OF[subject.kind])


def _has_children(subject: Subject) -> Outcome:
    return Outcome(1, () if subject.children else [Wrong("children", None)])


def _child_cell(name: str) -> Callable[[Subject], Outcome]:
    def check(subject: Subject) -> Outcome:
        return Outcome(
            len(subject.children), [Wrong(name, None, child) for child in subject.children if blank(child[name])]
        )

    return check


RULES: Final = (
    *(
        Rule(f"norm.{form}", "norm", _ALL, zh, en, cells, fix_zh, fix_en, _form(form))
        for form, (zh, en, cells, fix_zh, fix_en) in ((form, _FORM_TEXTS[form]) for form in FORMS)
    ),
    Rule("complete.required", "complete", _ALL, "发布必填项已填", "Required cells are filled",
         "发布必填项（含按取值必填的共享条件、不予共享依据等）", "补齐后提交审核", "Fill it in and submit", _required),
    Rule("complete.expected", "complete", _ALL, "应填项已填", "Expected cells are filled",
         "应填项：职责的依据文件，数据目录的摘要、主题、格式、更新周期、级别，系统的网络，库表的数据库类型", "补填该项",
         "Fill it in", _expected),
    Rule("complete.children", "complete", _PARENTS, "数据目录有数据项、库表有字段", "Entries have items, tables columns",
         "数据目录与库表各计一格", "补录数据项或字段", "Add items or columns", _has_children),
    Rule("complete.item_type", "complete", ("data_entry",), "数据项有数据类型", "Items have a data type", "数据项",
         "选择数据类型", "Choose a data type", _child_cell("data_type")),
    Rule("complete.column_name", "complete", ("db_table",), "字段有中文名", "Columns have a Chinese name", "字段",
         "补填字段中文名", "Fill in the Chinese name", _child_cell("name_zh")),
)
