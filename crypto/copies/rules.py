"""Pure rules of copies: kinds, when one is gone."""

import enum
from datetime import datetime

from crypto.errors import COPY_INVALID


class CopyKind(enum.StrEnum):
    """What a copy is."""

    HOME = "home"
    DUMP = "dump"
    WAL_ARCHIVE = "wal_archive"
    REPLICA = "replica"
    KEY_STORE = "key_store"
    UNDO = "undo"
    FROZEN_INPUT = "frozen_input"
    OTHER = "other"


TITLES: dict[CopyKind, tuple[str, str]] = {
    CopyKind.HOME: ("数据目录备份", "backup of the home"),
    CopyKind.DUMP: ("数据库转储", "database dump"),
    CopyKind.WAL_ARCHIVE: ("日志归档", "WAL archive"),
    CopyKind.REPLICA: ("数据库副本", "replica"),
    CopyKind.KEY_STORE: ("密钥库备份", "backup of the key store"),
    CopyKind.UNDO: ("撤销文件", "undo file"),
    CopyKind.FROZEN_INPUT: ("冻结的输入", "frozen input"),
    CopyKind.OTHER: ("其他", "other"),
}
WITH_KEYS = frozenset({CopyKind.HOME, CopyKind.KEY_STORE})


def gone_at(expires_at: datetime | None, deleted_at: datetime | None, now: datetime) -> datetime | None:
    """Return when the copy ceased to exist, None while it is there; a deletion counts before an expiry."""
    if deleted_at is not None:
        return deleted_at
    return expires_at if expires_at is not None and expires_at <= now else None


def check(made_at: datetime, expires_at: datetime | None, now: datetime) -> None:
    """Raise ``crypto.copy.invalid`` for a copy from the future or one that ended before it began."""
    if made_at > now:
        raise COPY_INVALID(reason="制作时间在将来", reason_en="it was made in the future")
    if expires_at is not None and expires_at <= made_at:
        raise COPY_INVALID(reason="到期时间早于制作时间", reason_en="it expires before it was made")
