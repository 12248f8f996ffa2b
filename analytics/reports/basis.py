"""What a report consists of and rests on; light, because services and routes need it without computing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analytics.reports.header import Header
from kernel import canonical
from kernel.digest import sm3_hex
from kernel.documents.media import MEDIA_TYPES

FIGURES = "figures.json"

ARTIFACTS: tuple[tuple[str, str], ...] = (
    ("report.docx", MEDIA_TYPES["docx"]),
    ("report.pdf", MEDIA_TYPES["pdf"]),
    ("annex.xlsx", MEDIA_TYPES["xlsx"]),
    ("report.html", MEDIA_TYPES["html"]),
    (FIGURES, "application/json"),
)


@dataclass(frozen=True)
class Basis:
    """What stands under a report: header, entries of the frozen inputs, environment."""

    header: Header
    inputs: Sequence[dict[str, Any]]
    environment: dict[str, Any]

    @property
    def input_root(self) -> str:
        """SM3 over period, scope, inputs, rules, code, lock, engines and fonts; printed on the cover."""
        content = {**self.header.as_json(), "inputs": self.inputs, "environment": self.environment}
        return sm3_hex(canonical.dumps(content))
