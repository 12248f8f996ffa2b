"""The storage gate: may code with a new layout run on the storage that code with an old one wrote?

Both layouts are solc's ``storageLayout``: ``{"storage": [{label, slot, offset, type}], "types": {...}}``. Every
value written under the old layout must be read back by the new one with the same meaning, and nothing new may read
bytes that the old code may have written. What a layout does not show is not judged: structs reached through
assembly (ERC-7201 by hand), the order of an enum's members, units of a number. Contracts of this project keep all
state in variables (``layout at erc7201(...)``), so that the compiler shows it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["breaks", "notice"]
Layout = Mapping[str, Any]

_WORD = 32
_GAP = re.compile(r"(?:^|_)gap(?:$|_|\d)")
_TEXTS: dict[str, tuple[Severity, str, str]] = {
    "moved": ("breaks", "{path} 从 {old} 移到 {new}：旧值将读不到", "{path} moved from {old} to {new}: its value is lost"),
    "removed": (
        "breaks", "{path}（{old}）被删除：其存储中仍有旧值", "{path} ({old}) was removed: its old value stays in storage"
    ),
    "retyped": (
        "breaks", "{path} 的类型由 {old} 改为 {new}：旧值含义改变", "{path} changed from {old} to {new}: old bytes change meaning"
    ),
    "overlap": (
        "breaks", "新变量 {path}（{new}）占用旧变量 {old} 的存储", "new {path} ({new}) lies on storage of the old {old}"
    ),
    "stride": (
        "breaks", "{path} 的元素由 {old} 字节变为 {new} 字节：其后元素错位",
        "elements of {path} grow from {old} to {new} bytes: later elements move",
    ),
    "renamed": ("notice", "{old} 更名为 {new}，位置与类型不变", "{old} is now named {new}, same place and type"),
    "added": ("notice", "新增 {path}：{new}", "{path} added at {new}"),
    "gap_used": ("notice", "预留空间 {path} 由 {old} 字减为 {new} 字", "reserve {path} shrinks from {old} to {new} words"),
    "same_bytes": (
        "notice", "{path} 由 {old} 改为 {new}：字节相同，请确认含义", "{path} is {new}, was {old}: same bytes, check the meaning"
    ),
}


@dataclass(frozen=True)
class Finding:
    """One difference. ``rule`` is a stable word; ``breaks`` refuses an upgrade, ``notice`` is for the reviewer.

    ``path`` names the variable (``_entries.value.version``); ``old`` and ``new`` are places (``slot 3 byte 8``,
    counted from the contract's base), types or names, None where there is none.
    """

    rule: str
    path: str
    old: str | None = None
    new: str | None = None

    @property
    def severity(self) -> Severity:
        """Return whether this alone refuses the upgrade."""
        return _TEXTS[self.rule][0]

    def text(self, language: Literal["zh", "en"] = "zh") -> str:
        """Return one sentence for a person."""
        return _TEXTS[self.rule][1 if language == "zh" else 2].format(path=self.path, old=self.old, new=self.new)


@dataclass(frozen=True)
class _Variable:
    label: str
    start: int  # bytes from slot 0
    type: str
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size

    @property
    def place(self) -> str:
        return f"slot {self.start // _WORD} byte {self.start % _WORD}"


def compare(old_layout: Layout, new_layout: Layout) -> list[Finding]:
    """Return what differs, breaks first; the upgrade may go on when no finding ``breaks``.

    Raises KeyError or ValueError when one of the documents is no storageLayout.
    """
    found = _Comparison(old_layout, new_layout).run()
    return sorted(found, key=lambda finding: finding.severity != "breaks")


def breaks(findings: list[Finding]) -> bool:
    """Tell whether an upgrade with these findings is refused."""
    return any(finding.severity == "breaks" for finding in findings)


class _Comparison:
    def __init__(self, old: Layout, new: Layout) -> None:
        self.old, self.new = old, new
        self.old_types: Mapping[str, Any] = old["types"] or {}
        self.new_types: Mapping[str, Any] = new["types"] or {}
        self.found: list[Finding] = []
        self._inside: set[tuple[str, str]] = set()  # pairs of types under comparison: mappings may recurse

    def run(self) -> list[Finding]:
        before = _variables(self.old["storage"], self.old_types)
        after = _variables(self.new["storage"], self.new_types)
        self._members("", before, after)
        return self.found

    def _add(self, rule: str, path: str, old: str | None = None, new: str | None = None) -> None:
        self.found.append(Finding(rule, path, old, new))

    def _members(self, prefix: str, before: list[_Variable], after: list[_Variable]) -> None:
        """Compare the variables of a contract or the members of a struct."""
        by_label = {item.label: item for item in after}
        by_place = {(item.start, item.size): item for item in after}
        matched: set[str] = set()
        for item in before:
            path = prefix + item.label
            twin = by_label.get(item.label)
            if twin is not None:
                matched.add(twin.label)
                self._same_name(path, item, twin)
                continue
            heir = by_place.get((item.start, item.size))
            if heir is not None and heir.label not in {other.label for other in before} and self._alike(item, heir):
                matched.add(heir.label)
                self._add("renamed", path, path, prefix + heir.label)
                self._type(prefix + heir.label, item.type, heir.type)
            elif not self._is_gap(item, self.old_types):
                self._add("removed", path, item.place)
        for item in after:
            if item.label not in matched:
                self._new(prefix, item, before)

    def _new(self, prefix: str, item: _Variable, before: list[_Variable]) -> None:
        for other in before:
            if item.start < other.end and other.start < item.end and not self._is_gap(other, self.old_types):
                self._add("overlap", prefix + item.label, prefix + other.label, item.place)
                return
        self._add("added", prefix + item.label, None, item.place)

    def _same_name(self, path: str, old: _Variable, new: _Variable) -> None:
        if self._is_gap(old, self.old_types) and self._is_gap(new, self.new_types):
            # a reserve gives words away at its front, so its end must stay
            if (old.end, old.start <= new.start) != (new.end, True):
                self._add("moved", path, old.place, new.place)
            elif old.size != new.size:
                self._add("gap_used", path, str(old.size // _WORD), str(new.size // _WORD))
            return
        if old.start != new.start:
            self._add("moved", path, old.place, new.place)
        self._type(path, old.type, new.type)

    def _alike(self, old: _Variable, new: _Variable) -> bool:
        probe = _Comparison(self.old, self.new)
        probe._type("", old.type, new.type)
        return not breaks(probe.found)

    def _is_gap(self, item: _Variable, types: Mapping[str, Any]) -> bool:
        kind = types[item.type]
        return _GAP.search(item.label) is not None and "base" in kind and kind["encoding"] == "inplace"

    def _type(self, path: str, old_id: str, new_id: str) -> None:
        """Compare two types as they lie in storage, down to the last member."""
        if (old_id, new_id) in self._inside:
            return
        self._inside.add((old_id, new_id))
        old, new = self.old_types[old_id], self.new_types[new_id]
        if _shape(old) != _shape(new):
            self._add("retyped", path, old["label"], new["label"])
        elif "members" in old:
            self._struct(path, old, new)
        elif "key" in old:
            self._type(f"{path}.key", old["key"], new["key"])
            self._type(f"{path}.value", old["value"], new["value"])
        elif "base" in old:
            self._array(path, old, new)
        elif _plain(old["label"]) != _plain(new["label"]):
            same = _family(old["label"]) == _family(new["label"]) and old["numberOfBytes"] == new["numberOfBytes"]
            self._add("same_bytes" if same else "retyped", path, old["label"], new["label"])
        self._inside.discard((old_id, new_id))

    def _struct(self, path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        before = _variables(old["members"], self.old_types)
        after = _variables(new["members"], self.new_types)
        self._members(f"{path}.", before, after)

    def _array(self, path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        base_old, base_new = self.old_types[old["base"]], self.new_types[new["base"]]
        if base_old["numberOfBytes"] != base_new["numberOfBytes"]:
            self._add("stride", path, base_old["numberOfBytes"], base_new["numberOfBytes"])
            return
        if old["encoding"] == "inplace" and old["numberOfBytes"] != new["numberOfBytes"]:
            self._add("retyped", path, old["label"], new["label"])
            return
        self._type(f"{path}[]", old["base"], new["base"])


def _variables(entries: list[dict[str, Any]], types: Mapping[str, Any]) -> list[_Variable]:
    """Return variables with places; names that occur twice (private ones of two bases) get their contract's."""
    labels = [entry["label"] for entry in entries]
    return [
        _Variable(
            label=entry["label"] if labels.count(entry["label"]) == 1 else f"{_contract(entry)}.{entry['label']}",
            start=int(entry["slot"]) * _WORD + int(entry["offset"]),
            type=entry["type"],
            size=int(types[entry["type"]]["numberOfBytes"]),
        )
        for entry in entries
    ]


def _contract(entry: Mapping[str, Any]) -> str:
    return str(entry.get("contract", "")).rpartition(":")[2]


def _shape(kind: Mapping[str, Any]) -> tuple[str, bool, bool, bool]:
    return kind["encoding"], "members" in kind, "key" in kind, "base" in kind


def _plain(label: str) -> str:
    return "address" if label == "address payable" else label


def _family(label: str) -> str:
    """Return what a value's bytes may mean beyond its own name: a contract is its address, an enum its number."""
    first = _plain(label).split(" ")[0]
    if first in ("address", "contract"):
        return "address"
    return "enum" if first == "enum" else label
