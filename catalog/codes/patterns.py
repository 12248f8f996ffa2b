"""Patterns of codes: ``Z-{org}-{n:03}``. The defaults are those of the design; a district may set its own.

A pattern names its owner (department, system, table, entry) and a number of fixed least width with a sign before
it, so that no two owners and numbers give the same code. Resource and provisional codes are fixed by the standard
and are not patterns. Codes that were given out stay as they are when a pattern changes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from catalog.codes import rules

OWNERS: Final = {"duty": "org", "system": "org", "db_table": "system", "db_column": "table", "data_item": "entry"}
DEFAULTS: Final = {
    "duty": "Z-{org}-{n:03}", "system": "X-{org}-{n:03}", "db_table": "{system}-T{n:04}",
    "db_column": "{table}.C{n:03}", "data_item": "{entry}#{n:03}",
}
_PATTERN: Final = re.compile(
    r"[0-9A-Za-z._#/-]*\{(?P<owner>[a-z]+)\}(?P<between>[0-9A-Za-z._#/-]+)\{n:0(?P<width>[1-9])\}"
)
_LONGEST: Final = 40


def problem(kind: str, pattern: str) -> tuple[str, str] | None:
    """Why a pattern cannot be used, Chinese and English; None when it can."""
    owner = OWNERS.get(kind)
    if owner is None:
        return f"没有「{kind}」这一级", f"there is no level {kind}"
    found = _PATTERN.fullmatch(pattern)
    if found is None or found["owner"] != owner:
        return (
            f"「{pattern}」须由字母数字与 . _ # / - 组成，依次含 {{{owner}}} 与 {{n:03}}",
            f"{pattern} must hold {{{owner}}} and then {{n:03}} among letters, digits and . _ # / -",
        )
    if not set(found["between"]) & set("._#/-"):
        return "上级编码与序号之间须有分隔符", "a sign must stand between the owner and the number"
    if len(pattern) > _LONGEST:
        return f"超过 {_LONGEST} 个字符", f"is longer than {_LONGEST} characters"
    return None


@dataclass(frozen=True)
class Patterns:
    """The patterns in force."""

    by_kind: Mapping[str, str]

    def make(self, kind: str, owner: str, number: int) -> str:
        """The code of number ``number`` of an owner: a department's code, or the code of the parent node."""
        pattern = self.by_kind.get(kind, DEFAULTS[kind])
        return pattern.format(**{OWNERS[kind]: owner}, n=number)

    def entry(self, org: str, front: str | None, number: int) -> str:
        """The code of an entry: with a class its resource code, else a provisional one."""
        return rules.resource_code(front, number) if front else rules.provisional_code(org, number)
