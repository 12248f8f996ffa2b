"""The certificate of a destruction and what an approval of one binds; pure."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel import clock

APPROVAL_KIND = "crypto.kek.destroy"
JOB = "crypto.kek.destroy"


@dataclass(frozen=True)
class Copy:
    """A copy that could have opened the key, and since when it cannot: deleted, expired, or (None) kept."""

    kind: str
    location: str
    made_at: datetime
    gone_at: datetime | None
    how: str


@dataclass(frozen=True)
class Ended:
    """A data key that ends with its KEK."""

    key_id: int
    table: str
    column: str
    purpose: str
    version: int
    kcv: bytes


def approval_params(kek_id: uuid.UUID, version: int, reason: str) -> dict[str, Any]:
    """Return the parameters that an approval binds by digest."""
    return {"kek_id": str(kek_id), "version": version, "reason": reason}


def certificate(
    *, kek_id: uuid.UUID, department_id: uuid.UUID, version: int, provider: str, certified: bool, kcv: bytes,
    retired_at: datetime, destroyed_at: datetime, keys: Sequence[Ended], copies: Sequence[Copy], reason: str,
    maker: str, checker: str,
) -> dict[str, Any]:
    """Return the certificate of a destroyed KEK.

    ``last_copy_until``: the last instant at which a catalogued copy, with the KEK's object, could have opened one
    of the keys; None where no copy older than the re-wrap was ever recorded, and while ``copies_left`` are kept:
    such as were recorded after the check that preceded the removal, and may hold the object.
    """
    ends = [copy.gone_at for copy in copies if copy.gone_at is not None]
    left = len(copies) - len(ends)
    last = None if left else max(ends, default=None)
    return {
        "v": 2, "type": "mulian-destruction-certificate", "kek": str(kek_id), "department": str(department_id),
        "version": version, "provider": provider, "certified_product": certified, "kcv": kcv.hex(),
        "keys": [
            {"key_id": key.key_id, "table": key.table, "column": key.column, "purpose": key.purpose,
             "version": key.version, "kcv": key.kcv.hex()} for key in keys
        ],
        "rewrapped_at": clock.iso(retired_at), "destroyed_at": clock.iso(destroyed_at),
        "last_copy_until": None if last is None else clock.iso(last), "copies_left": left,
        "copies": [
            {"kind": copy.kind, "location": copy.location, "made_at": clock.iso(copy.made_at),
             "gone_at": None if copy.gone_at is None else clock.iso(copy.gone_at), "how": copy.how}
            for copy in copies
        ],
        "reason": reason, "maker": maker, "checker": checker,
        "limits": [
            "只覆盖副本台账所登记的副本", "闪存介质上的文件覆写为尽力而为",
            "covers the catalogued copies only", "overwriting files on flash is best effort",
        ],
    }
