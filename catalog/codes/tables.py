"""Code tables that are loaded as data: regions of GB/T 2260 and the 类-项-目-细目 of the resource codes."""

import codecs
import csv
import difflib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from catalog.codes import regions
from catalog.codes.errors import TABLE_INVALID
from catalog.codes.models import ClassCode, Region, RegionChange
from catalog.permissions import CODES
from kernel import clock, ids
from kernel.audit.service import record
from kernel.identity.actor import Actor, require

_LEVELS: Final = {1: "类", 3: "项", 6: "目"}
_SLICE: Final = 1000


@dataclass(frozen=True)
class Loaded:
    """What an import of a table did."""

    added: int
    changed: int
    retired: int
    total: int


def region_table(session: Session) -> regions.RegionTable:
    """Regions and successions: the imported ones before the bundled ones."""
    known = dict(regions.bundled())
    revision = regions.BUNDLED_REVISION
    imported = session.scalars(select(Region).order_by(Region.last))
    rows = [regions.Region(row.code, row.name, row.first, row.last) for row in imported]
    if rows:
        revision = max(revision, max(row.last for row in rows))
        for row in rows:
            held = known.get(row.code)
            if held is None or row.last >= held.last:
                known[row.code] = row
    changes = [regions.Change(c.old, c.new, c.effective, c.note) for c in session.scalars(select(RegionChange))]
    return regions.RegionTable(known, [*changes, *regions.bundled_changes()], revision)


def load_regions(session: Session, actor: Actor, *, text: str, changes: str = "") -> Loaded:
    """Take in a table (source, revision, code, name; any number of revisions) and, if given, successions
    (old, new, effective, note). Rows that are known are widened to the revisions seen.

    Raises ``catalog.codes.table_invalid`` and then nothing is stored.
    """
    require(actor, CODES)
    for given in (text, changes):
        _check_readable(given)
    try:
        rows = regions.parse_table(text)
    except ValueError as error:
        raise TABLE_INVALID(
            line=str(error).removeprefix("line "), reason_zh="须为 来源、期次(YYYYMM)、六位代码、名称 四列",
            reason_en="four columns: source, revision (YYYYMM), code of six digits, name",
        ) from error
    held = {(row.code, row.name): row for row in session.scalars(select(Region))}
    fresh, changed = [], 0
    for row in rows:
        known = held.get((row.code, row.name))
        first = row.first or row.last
        if known is None:
            fresh.append({"code": row.code, "name": row.name, "first": first, "last": row.last})
        elif (min(known.first, first), max(known.last, row.last)) != (known.first, known.last):
            known.first, known.last = min(known.first, first), max(known.last, row.last)
            changed += 1
    for start in range(0, len(fresh), _SLICE):
        session.execute(insert(Region), fresh[start : start + _SLICE])
    _load_changes(session, changes)
    session.flush()
    loaded = Loaded(len(fresh), changed, 0, len(rows))
    _audit(session, actor, "region", {"added": loaded.added, "changed": loaded.changed, "rows": loaded.total})
    return loaded


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 with its mark or GB18030; what is none has lost characters.

    Those are refused by line when the text is loaded.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _check_readable(text: str) -> None:
    """A file decoded with the wrong character set has lost its names for good."""
    at = text.find("\ufffd")
    if at >= 0:
        raise TABLE_INVALID(
            line=text.count("\n", 0, at) + 1, reason_zh="文字无法识别，请用 UTF-8 或 GB18030 编码保存",
            reason_en="its characters cannot be read: save the file as UTF-8 or GB18030",
        )


def _load_changes(session: Session, text: str) -> None:
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.replace(",", "\t").split("\t")]
        if len(cells) != 4 or not all(len(cell) == 6 and cell.isdigit() for cell in cells[:2]):
            raise TABLE_INVALID(
                line=number, reason_zh="须为 旧代码、新代码、生效日期、说明 四列",
                reason_en="four columns: old code, new code, effective date, note",
            )
        session.merge(RegionChange(old=cells[0], new=cells[1], effective=cells[2][:10], note=cells[3][:400]))


def load_classes(session: Session, actor: Actor, *, text: str, source: str) -> Loaded:
    """Replace the class table by a file of code and name; codes that are gone are kept as retired.

    The length of a code is its level: 类 1 digit, 项 3, 目 6, 细目 more. Raises ``catalog.codes.table_invalid``.
    """
    require(actor, CODES)
    _check_readable(text)
    rows = _class_rows(text)
    held = {row.code: row for row in session.scalars(select(ClassCode))}
    added = changed = retired = 0
    for code, name in rows.items():
        known = held.get(code)
        if known is None:
            level = _LEVELS.get(len(code), "细目")
            session.add(ClassCode(code=code, level=level, name=name, source=source, valid_to=None))
            added += 1
        elif known.name != name or known.valid_to is not None:
            known.name, known.source, known.valid_to = name, source, None
            changed += 1
    for code, known in held.items():
        if code not in rows and known.valid_to is None:
            known.valid_to = clock.now()
            retired += 1
    session.flush()
    loaded = Loaded(added, changed, retired, len(rows))
    _audit(session, actor, "class", {"added": added, "changed": changed, "retired": retired, "source": source})
    return loaded


def _class_rows(text: str) -> dict[str, str]:
    rows: dict[str, str] = {}
    at: dict[str, int] = {}
    for number, cells in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff").replace("\t", ","))), start=1):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or cells[0].startswith("#") or (number == 1 and not cells[0].isdigit()):
            continue
        code, name = cells[0], cells[1] if len(cells) > 1 else ""
        good = code.isascii() and code.isdigit() and code[0] in "123" and len(code) in (1, 3, *range(6, 41))
        if not good or not name or code in rows:
            zh, en = ("代码重复", "the code stands twice") if code in rows else (
                "须为 代码、名称 两列，代码为类1位、项3位、目6位或更长的细目，以1、2、3开头",
                "two columns, code and name; a code has 1, 3, 6 or more digits and begins with 1, 2 or 3",
            )
            raise TABLE_INVALID(line=number, reason_zh=zh, reason_en=en)
        rows[code], at[code] = name[:200], number
    for code in rows:
        missing = next((code[:size] for size in (1, 3, 6) if size < len(code) and code[:size] not in rows), None)
        if missing is not None:
            raise TABLE_INVALID(
                line=at[code], reason_zh=f"缺少上级 {missing}", reason_en=f"its upper class {missing} is missing"
            )
    return rows


@dataclass(frozen=True)
class ClassTable:
    """Current classes by code; empty until a district loads its table, and then only the form of a code counts."""

    names: dict[str, str]

    def problem(self, code: str) -> tuple[str, str] | None:
        """Why a class code (目 or 细目) cannot be used, with what may have been meant."""
        if not self.names or code in self.names:
            return None
        near = difflib.get_close_matches(code, [one for one in self.names if len(one) >= 6], n=3, cutoff=0.7)
        hint = "、".join(f"{one} {self.names[one]}" for one in sorted(near)) or "请核对分类表"
        return f"「{code}」不在已导入的分类表中（{hint}）", f"{code} is not in the class table"

    def path(self, code: str) -> list[str]:
        """Names from the class down."""
        steps = dict.fromkeys((code[:1], code[:3], code[:6], code))
        return [self.names[step] for step in steps if step in self.names]


def class_table(session: Session) -> ClassTable:
    """The classes in use."""
    query = select(ClassCode.code, ClassCode.name).where(ClassCode.valid_to.is_(None)).order_by(ClassCode.code)
    return ClassTable(dict(session.execute(query).tuples().all()))


def classes(
    session: Session, parent: str | None, q: str | None, limit: int, *, retired: bool = False
) -> Sequence[ClassCode]:
    """Classes below ``parent`` (the top ones without it), or those whose name or code contains ``q``."""
    query = select(ClassCode).order_by(ClassCode.code).limit(limit)
    query = query if retired else query.where(ClassCode.valid_to.is_(None))
    if q:
        named = ClassCode.name.contains(q, autoescape=True) | ClassCode.code.startswith(q, autoescape=True)
        return list(session.scalars(query.where(named)))
    size = {0: 1, 1: 3, 3: 6}.get(len(parent or ""))
    query = query.where(ClassCode.code.startswith(parent or ""))
    if size is not None:
        return list(session.scalars(query.where(func.length(ClassCode.code) == size)))
    return list(session.scalars(query.where(ClassCode.code != parent)))


def _audit(session: Session, actor: Actor, table: str, detail: dict[str, object]) -> None:
    record(
        session, actor, action="catalog.codes.table", object_type=f"{table}_code", object_id=str(ids.new()),
        detail=detail,
    )
