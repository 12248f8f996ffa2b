"""What the catalogue of copies takes and gives."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from crypto.copies.models import CryptoCopy
from crypto.copies.rules import TITLES, CopyKind, gone_at
from crypto.keys.schemas import Wire
from kernel import clock


class CopyIn(Wire):
    """A copy to record. ``key_store``: it holds the key store too; of some kinds that is known."""

    kind: CopyKind
    location: Annotated[str, Field(min_length=1, max_length=500, examples=["备份柜 3 号磁带 2026-11"])]
    made_at: Annotated[AwareDatetime, Field(description="开始制作的时刻，不是完成的时刻")]
    key_store: Annotated[bool | None, Field(description="是否含密钥库对象")] = None
    expires_at: AwareDatetime | None = None
    note: Annotated[str, Field(max_length=1000)] = ""


class DeletionIn(Wire):
    """How a copy was deleted."""

    note: Annotated[str, Field(min_length=2, max_length=1000, examples=["介质已消磁，见销毁单 12 号"])]


class CopyOut(Wire):
    """A copy. ``gone_at``: since when it opens nothing any more, by deletion or expiry."""

    id: uuid.UUID
    kind: CopyKind
    kind_zh: str
    kind_en: str
    location: str
    made_at: str
    key_store: bool
    expires_at: str | None
    deleted_at: str | None
    gone_at: str | None
    note: str
    created_by: str


class CopyPage(Wire):
    """A page of copies."""

    items: list[CopyOut]
    total: int
    page: int
    size: int


def copy_out(row: CryptoCopy, now: datetime) -> CopyOut:
    """Return a copy for output."""
    def iso(value: datetime | None) -> str | None:
        return None if value is None else clock.iso(value)

    zh, en = TITLES[CopyKind(row.kind)]
    return CopyOut(
        id=row.id, kind=CopyKind(row.kind), kind_zh=zh, kind_en=en, location=row.location,
        made_at=clock.iso(row.made_at), key_store=row.key_store, expires_at=iso(row.expires_at),
        deleted_at=iso(row.deleted_at), gone_at=iso(gone_at(row.expires_at, row.deleted_at, now)), note=row.note,
        created_by=row.created_by,
    )
