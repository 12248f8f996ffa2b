"""A stored value as it stands in a cell, pure."""

from datetime import datetime
from typing import Any, Final

from catalog.codes.lists import code_list
from catalog.imports.mapping import FLAGS, INSTANTS, LINK_LABELS
from catalog.nodes.rules import LISTED
from kernel import clock

_LEVELS: Final = ("level",)


def text_of(kind: str, field: str, value: Any) -> str:
    """A stored value as it stands in a cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        listed = LISTED.get(kind, {}).get(field)
        if listed is not None:
            return code_list(listed).label(value)
        if field == "link":
            return LINK_LABELS[value]
        return _instant(clock.parse(value)) if field in INSTANTS else value
    if field in FLAGS:
        return "是" if value else "否"
    if field in _LEVELS:
        return code_list("data_level").label(str(value))
    if isinstance(value, list):
        return ",".join(str(word) for word in value)
    return _instant(value) if isinstance(value, datetime) else str(value)


def _instant(value: datetime) -> str:
    text = value.astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f")
    return text.removesuffix(".000000")
