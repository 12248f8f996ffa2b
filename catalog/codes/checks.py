"""Values that only the loaded tables can judge: region and class codes."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from catalog.codes.tables import class_table, region_table
from catalog.nodes.rules import Problem


class Checker:
    """The tables as they are now; make one for a whole import."""

    def __init__(self, session: Session) -> None:
        self._regions = region_table(session)
        self._classes = class_table(session)

    def problems(self, values: Mapping[str, Any]) -> list[Problem]:
        """What is wrong with ``region`` and ``class_code``; other fields are not judged."""
        found: list[Problem] = []
        region, front = values.get("region"), values.get("class_code")
        if region:
            found += self._region(str(region))
        reason = self._classes.problem(str(front)) if front else None
        if reason is not None:
            found.append(Problem("class_code", *reason))
        return found

    def _region(self, code: str) -> list[Problem]:
        # streets and villages have 9 or 12 digits; what is known of them is the county they stand in
        county = code[:6]
        if code.isascii() and code.isdigit() and len(code) in (6, 9, 12) and self._regions.current(county):
            return []
        hint = self._regions.hint(county) if county.isdigit() else "须为 6、9 或 12 位数字"
        revision = self._regions.revision
        return [Problem(
            "region", f"行政区划代码「{code}」不可用（{hint}；代码表截至 {revision}）",
            f"{code} is not a region code in use (table of {revision})",
        )]


def problems(session: Session, values: Mapping[str, Any]) -> list[Problem]:
    """The problems of one node's values; no table is read when neither field is given."""
    return Checker(session).problems(values) if values.get("region") or values.get("class_code") else []
