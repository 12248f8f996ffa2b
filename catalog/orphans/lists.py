"""The seven standard lists: what each is called and what stands in its rows."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class OrphanList:
    """One list. ``kind`` is what its rows are: a level of the directory, an item, a column or a project."""

    key: str
    kind: str
    zh: str
    en: str
    fix_zh: str


LISTS: Final[dict[str, OrphanList]] = {
    one.key: one
    for one in (
        OrphanList("column_without_item", "db_column", "未对应数据项的字段", "Columns without an item",
                   "在「关联」中为字段选定数据项，或确认建议"),
        OrphanList("item_without_column", "data_item", "未对应字段的数据项", "Items without a column",
                   "在「关联」中为数据项选定字段，或补采库表"),
        OrphanList("data_without_duty", "data_entry", "未关联职责的数据目录", "Data entries without a duty",
                   "关联产生该数据的职责"),
        OrphanList("duty_without_data", "duty", "未关联数据目录的职责", "Duties without data",
                   "编制该职责产生的数据目录并关联"),
        OrphanList("system_without_project", "system", "未登记项目的系统", "Systems without a project",
                   "在系统中填写底账的项目编号，或补登底账"),
        OrphanList("project_without_system", "project", "未对应系统的信息化项目", "Projects without a system",
                   "在对应系统中填写该项目编号"),
        OrphanList("system_without_interface", "system", "暂未提供接口的系统清单", "Systems without an interface",
                   "写明原因与计划，或提供接口"),
    )
}

PHASES: Final = ("building", "in_use")
"""在建 and 在用: a system that was stopped or merged owes neither a project nor an interface."""
