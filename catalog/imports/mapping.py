"""From sheets to rows of fields, pure: finds headers, reads cells, and says what is wrong where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from catalog.imports import cells
from catalog.imports.findings import ERROR, ROW_ERROR, WARNING, Finding, letter
from catalog.imports.profile import Profile, SheetProfile, fold
from catalog.imports.reader import Sheet
from catalog.nodes.rules import LISTED
from kernel import clock

_HEADER_ROWS: Final = 10
_WORDS: Final = ("keywords", "formats", "project_numbers")
_INSTANTS: Final = ("data_updated_at", "last_update_at")
_DAYS: Final = ("effective_on", "live_on", "retired_on", "published_on")
_INTEGERS: Final = ("length", "precision", "record_count", "row_count", "mlps_level", "revision")
_FLAGS: Final = (
    "authoritative", "sensitive", "pii", "is_key", "nullable", "encrypted", "has_interface", "secret",
)
_CODES: Final = ("code", "key", "parent", "upper", "lower", "class_code")
_LINKS: Final = {"职责-数据": "duty_data", "数据-系统": "data_system", "数据项-字段": "item_column"}
LINK_LABELS: Final = {token: label for label, token in _LINKS.items()}


@dataclass
class Row:
    """A row as read; ``severity`` is the worst finding in it."""

    sheet: str
    number: int
    kind: str
    raw: list[Any]
    data: dict[str, Any]
    places: dict[str, tuple[str, str]]
    severity: str | None = None

    def shown(self, name: str) -> str:
        """What stood in the cell of a field."""
        column = self.places.get(name)
        return cells.shown(self.raw[_index(column[0])]) if column else ""


@dataclass
class Mapped:
    """All rows of a workbook and what was found in them."""

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, row: Row, name: str, severity: str, code: str, arg: str = "", fix: str = "") -> None:
        """A finding about the cell of a field in a row."""
        column, header = row.places.get(name, (None, None))
        self.findings.append(
            Finding(row.sheet, row.number, column, header, row.shown(name)[:500], severity, code, arg, fix)
        )
        if severity != WARNING and row.severity != ERROR:
            row.severity = severity


def _index(column: str) -> int:
    number = 0
    for char in column:
        number = number * 26 + ord(char) - 64
    return number - 1


def map_sheets(profile: Profile, sheets: Sequence[Sheet], numbers: str | None = None) -> Mapped:
    """Read every sheet that the profile knows; structural faults are errors and stop the batch."""
    mapped = Mapped()
    if len(profile.sheets) == 1 and profile.sheets[0].name is None:
        filled = [sheet for sheet in sheets if sheet.rows]
        _map_sheet(mapped, profile.sheets[0], filled[0] if filled else None, numbers, "")
    else:
        by_name = {fold(sheet.name): sheet for sheet in sheets}
        known = {fold(str(sheet.name)) for sheet in profile.sheets} | {fold("填写说明"), fold("代码表")}
        for sheet in sheets:
            if fold(sheet.name) not in known:
                mapped.findings.append(Finding(sheet.name, None, None, None, "", WARNING, "sheet_unknown"))
        if not known & set(by_name) - {fold("填写说明"), fold("代码表")}:
            name = str(profile.sheets[0].name)
            mapped.findings.append(Finding(name, None, None, None, "", ERROR, "sheet_missing", name))
        for wanted in profile.sheets:
            found = by_name.get(fold(str(wanted.name)))
            if found is not None:
                _map_sheet(mapped, wanted, found, numbers, str(wanted.name))
    if not mapped.rows and not any(finding.severity == ERROR for finding in mapped.findings):
        mapped.findings.append(Finding(sheets[0].name if sheets else "", None, None, None, "", ERROR, "no_rows"))
    return mapped


def _map_sheet(mapped: Mapped, profile: SheetProfile, sheet: Sheet | None, numbers: str | None, name: str) -> None:
    if sheet is None:
        mapped.findings.append(Finding(name, None, None, None, "", ERROR, "no_rows"))
        return
    at = _header_row(profile, sheet)
    if at is None:
        wanted = "、".join(profile.labels[field_] for field_ in profile.required)
        mapped.findings.append(Finding(sheet.name, 1, None, None, "", ERROR, "header_missing", wanted))
        return
    columns = _columns(mapped, profile, sheet, at)
    if columns is None:
        return
    read = _Reader(mapped, profile, columns, numbers)
    for number, raw in enumerate(sheet.rows[at + 1 :], start=at + 2):
        if any(cell not in ("", None) for cell in raw):
            mapped.rows.append(read.row(sheet.name, number, raw))


def _header_row(profile: SheetProfile, sheet: Sheet) -> int | None:
    """The row of the first ten with the most known headers; a title row above is thus passed over."""
    best, most = None, 0
    for at, raw in enumerate(sheet.rows[:_HEADER_ROWS]):
        matches = len({profile.headers[key] for key in map(fold, map(cells.shown, raw)) if key in profile.headers})
        if matches > most:
            best, most = at, matches
    return best if most >= min(2, len(profile.labels)) else None


def _columns(mapped: Mapped, profile: SheetProfile, sheet: Sheet, at: int) -> dict[str, int] | None:
    found: dict[str, int] = {}
    broken = False
    for index, cell in enumerate(sheet.rows[at]):
        header = cells.shown(cell).strip()
        name = profile.headers.get(fold(header))
        where = (sheet.name, at + 1, letter(index), header[:100], header[:500])
        if name is None:
            if header and fold(header) not in profile.ignore:
                mapped.findings.append(Finding(*where, WARNING, "column_unused"))
        elif name in found:
            mapped.findings.append(Finding(*where, ERROR, "column_twice", header))
            broken = True
        else:
            found[name] = index
    for name in profile.required:
        if name not in found:
            label = profile.labels[name]
            mapped.findings.append(Finding(sheet.name, at + 1, None, label, "", ERROR, "column_missing", label))
            broken = True
    return None if broken else found


class _Reader:
    """Reads the rows of one sheet."""

    def __init__(self, mapped: Mapped, profile: SheetProfile, columns: dict[str, int], numbers: str | None) -> None:
        self._mapped, self._profile, self._columns = mapped, profile, columns
        self._places = {name: (letter(index), profile.labels[name]) for name, index in columns.items()}
        self._convert = {name: _converter(profile.kind, name, numbers) for name in columns}

    def row(self, sheet: str, number: int, raw: list[Any]) -> Row:
        """One row with everything that is wrong in it."""
        row = Row(sheet, number, self._profile.kind, raw, dict(self._profile.defaults), self._places)
        for name, index in self._columns.items():
            cell = raw[index] if index < len(raw) else None
            if name == "theme":
                self._theme(row, cell)
                continue
            try:
                value = self._convert[name](cell)
            except cells.BadCell as bad:
                self._mapped.add(row, name, ROW_ERROR, bad.code, bad.arg, bad.fix)
                continue
            if value not in (None, []):
                row.data[name] = clock.iso(value) if isinstance(value, datetime) else value
            elif name in self._profile.required:
                self._mapped.add(row, name, ROW_ERROR, "empty_required")
            elif name in self._profile.warn_empty:
                self._mapped.add(row, name, WARNING, "empty_format" if name == "formats" else "empty_required")
        if row.data.pop("secret", False):
            self._mapped.add(row, "secret", ERROR, "secret")
        return row

    def _theme(self, row: Row, cell: Any) -> None:
        """A theme outside the list is kept as text and reported; officers correct it after the import."""
        raw = cells.shown(cell)
        if not raw.strip():
            return
        try:
            row.data["theme"] = cells.token(cell, "theme", None)
        except cells.BadCell:
            row.data["theme_text"] = raw.strip()
            self._mapped.add(row, "theme", WARNING, "theme_unknown", fix=cells.nearest(raw, "theme"))
            return
        if raw != raw.strip():
            self._mapped.add(row, "theme", WARNING, "theme_spelling", fix=raw.strip())


def _converter(kind: str, name: str, numbers: str | None) -> Callable[[Any], Any]:
    listed = LISTED.get(kind, {}).get(name)
    if listed is not None:
        return lambda cell: cells.token(cell, listed, numbers)
    for names, convert in _CONVERTERS:
        if name in names:
            return convert
    return cells.text


def _link(cell: Any) -> str | None:
    value = cells.text(cell)
    if value is not None and value not in _LINKS:
        raise cells.BadCell("label_unknown", "关联类型", "、".join(_LINKS))
    return None if value is None else _LINKS[value]


def _formats(cell: Any) -> list[str]:
    return [word.lower() for word in cells.words(cell)]


_CONVERTERS: Final[tuple[tuple[tuple[str, ...], Callable[[Any], Any]], ...]] = (
    (("formats",), _formats), (_WORDS, cells.words), (_INSTANTS, cells.instant), (_DAYS, cells.day),
    (_INTEGERS, cells.integer), (_FLAGS, cells.yes), (_CODES, cells.code), (("level",), cells.level),
    (("link",), _link),
)
