"""Histories of the feed: noticing that the database went back, beginning a new history, cursors that know theirs.

Numbers and stamps of an earlier state that was restored are given a second time, for other changes. A reader who took
the first ones would skip the second. So: the sealer keeps its last change outside the database too (``feed.head`` in
the home) and begins a new epoch where the database does not know that change; a new epoch tells everything again,
after every number and stamp that may have been seen; and a cursor carries epoch, number and stamp, so that even a
restoration that nobody noticed is refused and not skipped.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from catalog.feed import queries
from catalog.feed.errors import CURSOR_INVALID, EPOCH_OTHER
from catalog.feed.models import FeedChange, FeedDirty, FeedEpoch, FeedRecord
from kernel import clock, ids
from kernel.audit.service import record
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.identity.actor import Actor, system_actor
from kernel.notices.service import notify

_UNTOLD: Final = "told in an earlier epoch"
"""A digest that no content has, so that the sealer tells the entry again."""


@dataclass(frozen=True)
class Place:
    """A change that was told: its epoch, number and stamp. Number 0: nothing yet."""

    epoch: str
    seq: int
    at: int

    def text(self) -> str:
        """The place as a cursor."""
        return f"{self.epoch}.{self.seq}.{self.at}"

    @classmethod
    def read(cls, text: str) -> "Place":
        """The place of a cursor; raises ``catalog.feed.cursor``."""
        epoch, *rest = text.split(".")
        if len(rest) != 2 or len(epoch) != 32 or not all(one.isascii() and one.isdigit() for one in rest):
            raise CURSOR_INVALID()
        seq, at = (int(one[:18]) for one in rest)
        return cls(epoch, seq, at)


def place_of(session: Session, seq: int) -> Place:
    """The place after a number in the present epoch."""
    at = _stamp(session, seq)
    return Place(queries.epoch(session).epoch, seq, clock.to_micros(at) if at else 0)


def check(session: Session, place: Place) -> None:
    """Raise ``catalog.feed.epoch`` unless the feed has that change in the present epoch."""
    now, at = queries.epoch(session), _stamp(session, place.seq)
    same = place.seq == 0 or (at is not None and clock.to_micros(at) == place.at)
    if place.epoch != now.epoch or not same:
        raise EPOCH_OTHER(epoch=now.epoch, head=queries.head(session)[0])


def _stamp(session: Session, seq: int) -> datetime | None:
    return session.scalar(select(FeedChange.at).where(FeedChange.seq == seq)) if seq else None


def kept(home: Home) -> Place | None:
    """The last change that a sealer of this home told; None before the first, or where the file cannot be read."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        held = json.loads(_file(home).read_bytes())
        return Place(str(held["epoch"]), int(held["seq"]), int(held["at"]))
    return None


def keep(home: Home, place: Place) -> None:
    """Write the last change outside the database."""
    write_atomic(_file(home), json.dumps({"epoch": place.epoch, "seq": place.seq, "at": place.at}).encode())


def _file(home: Home) -> Path:
    return home.root / "feed.head"


def went_back(session: Session, told: Place) -> bool:
    """Whether the database lacks a change that was told: it was restored to an earlier state.

    An epoch that began after that change makes up for it: everything is told again behind it. So one restoration
    begins one epoch, however often the sealer fails or is killed before it has told the first change of it.
    """
    held = session.scalar(select(FeedEpoch.number).where(FeedEpoch.epoch == told.epoch))
    if held is None:
        return True
    now = queries.epoch(session)
    if now.number > held and now.after_seq >= told.seq and clock.to_micros(now.started_at) >= told.at:
        return False
    at = _stamp(session, told.seq)
    return told.seq > 0 and (at is None or clock.to_micros(at) != told.at)


def renew(session: Session, actor: Actor, *, reason: str, told: Place | None = None) -> FeedEpoch:
    """Begin a new epoch after everything that may have been told, and queue every entry that ever was public."""
    last = queries.epoch(session)
    seq, _ = queries.head(session)
    now = clock.now()
    seen = clock.from_micros(told.at) if told and told.at else now
    row = FeedEpoch(
        number=last.number + 1, epoch=ids.new().hex, after_seq=max(seq, last.after_seq, told.seq if told else 0),
        reason=reason[:200], started_at=max(now, seen),
    )
    session.add(row)
    session.execute(update(FeedRecord).values(digest=_UNTOLD))
    session.execute(insert(FeedDirty).from_select(["entry_id"], select(FeedRecord.entry_id)))
    record(session, actor, action="catalog.feed.renew", object_type="feed_epoch", object_id=row.epoch,
           detail={"number": row.number, "after_seq": row.after_seq, "reason": reason})
    notify(
        session, role="operator", severity="warning", title_zh="公开目录变更序列已重新开始",
        title_en="The feed of public changes began anew",
        body_zh=f"{reason}；全部公开目录将重新公布一次，采集方按新的 epoch 重新同步。",
        body_en=f"{reason}; everything public is told again, readers start anew with the new epoch.",
    )
    session.flush()
    session.expire_all()
    return queries.epoch(session)


def renew_if_restored(session: Session, told: Place) -> bool:
    """Begin a new epoch when the database lacks what was told; whether it did."""
    if not went_back(session, told):
        return False
    renew(session, system_actor("feed"), reason="数据库被恢复到较早的状态 / the database was restored", told=told)
    return True
