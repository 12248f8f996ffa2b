"""States of a rotation and the certificate; pure."""

import enum
import uuid
from datetime import datetime
from typing import Any

from crypto.envelope.row_keys import KeyKind
from crypto.scopes.rules import ENC
from kernel import clock


class RotationState(enum.StrEnum):
    """The last arrow that was committed. ``retention``, ``destroyed`` and ``done`` follow retirement."""

    PLANNED = "planned"
    KEY_READY = "key_ready"
    SWITCH = "switch"
    REENCRYPT = "reencrypt"
    SCAN = "scan"
    VERIFY = "verify"
    MOVE = "move"
    RETIRED = "retired"
    RETENTION = "retention"
    DESTROYED = "destroyed"
    DONE = "done"


STATE_TITLES: dict[RotationState, tuple[str, str]] = {
    RotationState.PLANNED: ("已计划", "planned"),
    RotationState.KEY_READY: ("新密钥就绪", "new key ready"),
    RotationState.SWITCH: ("已切换", "switched"),
    RotationState.REENCRYPT: ("重加密中", "re-encrypting"),
    RotationState.SCAN: ("查漏", "scanning"),
    RotationState.VERIFY: ("核验中", "verifying"),
    RotationState.MOVE: ("索引归位中", "moving indexes"),
    RotationState.RETIRED: ("旧密钥已退役", "old key retired"),
    RotationState.RETENTION: ("留存期", "retention"),
    RotationState.DESTROYED: ("旧密钥已销毁", "old key destroyed"),
    RotationState.DONE: ("完成", "done"),
}
WAITING = "等待下一个时间窗", "waiting for the next window"
APPROVAL_KIND = "crypto.rotation.start"


def approval_params(scope_id: uuid.UUID, old_key_id: int, reason: str) -> dict[str, Any]:
    """Return the parameters that an approval binds by digest: this scope, this key, this reason."""
    return {"scope_id": str(scope_id), "old_key_id": old_key_id, "reason": reason}


def certificate(
    *, rotation_id: uuid.UUID, department_id: uuid.UUID, table: str, column: str, old_key_id: int, new_key_id: int,
    rows: int, skipped: int, passes: int, digest: str, snapshot_at: datetime, maker: str, checker: str,
    purpose: str = ENC, row_key: KeyKind = KeyKind.BIGINT,
) -> dict[str, Any]:
    """Return the certificate of a finished rotation; that of an index key names its purpose, ``bi``.

    ``digest`` is SM3 over (key, envelope) of every row in key order, in one snapshot, each as ``row_keys.digested``
    writes it; of an index key over (key, blind index). Keys that are no integers: v2, which names their kind.
    """
    issued = {
        "v": 1, "type": "mulian-rotation-certificate", "rotation": str(rotation_id),
        "scope": {"department": str(department_id), "table": table, "column": column},
        "old_key": old_key_id, "new_key": new_key_id, "rows": rows, "skipped": skipped, "passes": passes,
        "digest": f"sm3:{digest}", "snapshot_at": clock.iso(snapshot_at), "maker": maker, "checker": checker,
    }
    if row_key is not KeyKind.BIGINT:
        issued |= {"v": 2, "row_key": row_key.value}
    return issued if purpose == ENC else issued | {"purpose": purpose}
