"""What a node's values must be: hard validity (always), and what must be filled before publishing. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from catalog.codes.lists import code_list
from catalog.nodes.kinds import CHANGEABLE, EDITABLE, KINDS, LIVE
from kernel.text import CONTROL

LISTED: Final[dict[str, dict[str, str]]] = {
    "duty": {"duty_type": "duty_type"},
    "data_entry": {
        "theme": "theme", "format_class": "format_class", "share_type": "share_type", "share_mode": "share_mode",
        "share_method": "share_method", "open_type": "open_type", "update_cycle": "update_cycle",
    },
    "system": {"phase": "system_phase", "network": "network"},
    "db_table": {"kind": "table_kind"},
    "data_item": {"data_type": "data_type", "share_type": "share_type", "open_type": "open_type"},
    "db_column": {},
}
"""Fields of each kind whose value is a token of a code list."""

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "duty": ("name", "duty_type"),
    "data_entry": ("name", "share_type", "open_type"),
    "system": ("name", "phase"),
    "db_table": ("name", "table_name", "kind"),
}
"""Without these nothing is published."""

EXPECTED: Final[tuple[str, ...]] = (
    "name", "abstract", "theme", "formats", "share_type", "open_type", "update_cycle", "level",
)
"""Cells of an entry that the completeness figure counts (必填完整性)."""

LABELS: Final[dict[str, str]] = {
    "name": "名称", "office": "处室", "region": "行政区划", "code": "编码", "class_code": "分类前段码",
    "abstract": "摘要", "keywords": "关键字", "theme": "所属主题", "theme_text": "主题原文", "formats": "格式类型",
    "format_class": "资源格式", "share_type": "共享类型", "share_condition": "共享条件",
    "no_share_basis": "不予共享依据", "share_mode": "共享方式", "share_method": "提供方式", "open_type": "开放类型",
    "open_condition": "开放条件", "update_cycle": "更新周期", "update_cycle_text": "更新周期说明",
    "published_on": "发布日期", "data_updated_at": "数据更新时间", "data_update_source": "更新来源",
    "related_codes": "关联目录", "level": "数据级别", "data_range": "数据范围", "use_scene": "应用场景",
    "record_count": "数据量", "storage": "存储位置", "authoritative": "权威数源", "source_url": "来源地址",
    "basis_doc": "依据文件", "basis_text": "依据条款", "duty_type": "职责类型", "parent_id": "上级职责",
    "effective_on": "生效日期", "abolished_by": "废止依据", "short_name": "简称", "phase": "建设状态",
    "mlps_level": "等保级别", "network": "所在网络", "hosting": "部署位置", "live_on": "上线日期",
    "retired_on": "停用日期", "builder": "建设单位", "maintainer": "运维单位", "has_interface": "是否提供接口",
    "no_interface_reason": "未提供接口原因", "project_numbers": "项目编号", "db_kind": "数据库类型",
    "schema_name": "模式名", "table_name": "表名", "kind": "库表类别", "row_count": "行数",
    "last_update_at": "最近更新", "data_type": "数据类型", "length": "长度", "precision": "精度",
    "code_set": "代码集", "sensitive": "敏感", "pii": "个人信息", "is_key": "主键", "name_zh": "中文名",
    "nullable": "可空", "encrypted": "加密", "number": "序号",
}

_DATE = re.compile(r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
_DATES: Final = ("published_on", "effective_on", "live_on", "retired_on")
_CLASS = re.compile(r"^[123]\d{2}\d{3}\d*$")
_LIMITS: Final = {
    "name": 400, "office": 200, "region": 12, "abstract": 200_000, "source_url": 500, "table_name": 128,
    "schema_name": 128, "short_name": 100, "builder": 200, "maintainer": 200, "hosting": 200, "storage": 100,
    "basis_doc": 400, "abolished_by": 400, "update_cycle_text": 200, "theme_text": 100, "db_kind": 40,
    "code_set": 100, "name_zh": 200, "data_type": 60,
}
_STRICTNESS: Final = {"unconditional": 0, "conditional": 1, "none": 2}


@dataclass(frozen=True)
class Problem:
    """One value that cannot be stored; ``row`` is the position of its item or column in the list."""

    field: str
    reason_zh: str
    reason_en: str
    row: int | None = None

    @property
    def label(self) -> str:
        """The field's name as officers know it."""
        return LABELS.get(self.field, self.field)


def problems(kind: str, values: Mapping[str, Any]) -> list[Problem]:
    """Values that are wrong in themselves; fields that are absent or None are not judged."""
    found: list[Problem] = []
    for field, value in values.items():
        if value is not None:
            found.extend(_problems_of(kind, field, value))
    if "name" in values and not str(values["name"] or "").strip():
        found.append(Problem("name", "不能为空", "must not be empty"))
    return found


def _problems_of(kind: str, field: str, value: Any) -> list[Problem]:
    listed = LISTED.get(kind, {}).get(field)
    if listed is not None and value not in code_list(listed).values:
        return [Problem(field, f"「{value}」不在代码表「{code_list(listed).zh}」中", f"{value} is not in list {listed}")]
    if isinstance(value, str):
        return _text_problems(field, value)
    if field == "level" and value not in range(1, 7):
        return [Problem(field, "须为 1 至 6 级", "must be 1 to 6")]
    if field in ("record_count", "row_count", "length", "precision") and not 0 <= value <= 2**31 - 1:
        return [Problem(field, "须为非负整数", "must be a non-negative integer")]
    if field == "mlps_level" and value not in range(1, 6):
        return [Problem(field, "须为 1 至 5 级", "must be 1 to 5")]
    return []


def _text_problems(field: str, value: str) -> list[Problem]:
    if len(value) > _LIMITS.get(field, 20_000):
        return [Problem(field, f"超过 {_LIMITS.get(field, 20_000)} 个字", "is too long")]
    if CONTROL.search(value):
        return [Problem(field, "含有不可见的控制字符", "contains control characters")]
    if field in _DATES and not _DATE.match(value):
        return [Problem(field, "日期须写成 2026-03-01", "must be a date like 2026-03-01")]
    if field == "class_code" and not _CLASS.match(value):
        return [Problem(field, "分类前段码须为类(1位)项(2位)目(3位)及细目数字", "is not a class code")]
    return []


def required(kind: str, values: Mapping[str, Any]) -> list[str]:
    """Fields that must be filled before publishing, those that the values themselves make necessary among them."""
    wanted = list(REQUIRED[kind])
    if kind == "data_entry":
        wanted += _conditional(values)
    if kind == "system" and not values.get("has_interface"):
        wanted.append("no_interface_reason")
    return wanted


def missing(kind: str, values: Mapping[str, Any]) -> list[str]:
    """Required fields that are not filled."""
    return [field for field in required(kind, values) if values.get(field) in (None, "", [])]


def _conditional(values: Mapping[str, Any]) -> list[str]:
    wanted: list[str] = []
    if values.get("share_type") == "conditional":
        wanted.append("share_condition")
    if values.get("share_type") == "none":
        wanted.append("no_share_basis")
    if values.get("open_type") == "conditional":
        wanted.append("open_condition")
    if values.get("update_cycle") == "other":
        wanted.append("update_cycle_text")
    return wanted


def item_problems(entry: Mapping[str, Any], items: list[Mapping[str, Any]]) -> list[Problem]:
    """Items against their entry: attributes may only be stricter, and the entry is at least its highest item."""
    found: list[Problem] = []
    for row, item in enumerate(items):
        for field in ("share_type", "open_type"):
            own, whole = item.get(field), entry.get(field)
            if own in _STRICTNESS and whole in _STRICTNESS and _STRICTNESS[own] < _STRICTNESS[whole]:
                reason = f"数据项「{item.get('name')}」的{LABELS[field]}宽于目录"
                found.append(Problem(field, reason, "is wider than the entry's", row))
        if int(item.get("level") or 1) > int(entry.get("level") or 1):
            found.append(Problem("level", f"目录级别低于数据项「{item.get('name')}」", "is below an item's level", row))
    return found


def split(kind: str, status: str, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(governed, at once): what an edit must take through review, and what it changes at once.

    Ungoverned fields of a published node change at once; of a draft everything is written in place anyway.
    """
    at_once = KINDS[kind].ungoverned if status in LIVE else ()
    governed = {name: value for name, value in values.items() if name not in at_once}
    return governed, {name: value for name, value in values.items() if name in at_once}


def editable(kind: str, status: str, values: Mapping[str, Any]) -> bool:
    """Whether these fields can be edited in this status: while a review is open only ungoverned ones can."""
    return status in (*EDITABLE, *CHANGEABLE) or (status in LIVE and not split(kind, status, values)[0])
