"""States of a rotation and the certificate; pure."""

import enum
import uuid
from datetime import datetime
from typing import Any

from crypto.envelope.row_keys import KeyKind
from crypto.scopes.rules import ENC
from kernel import clock


class RotationState(enum.StrEnum):
    """The last arrow that was committed. ``retention``, ``destroyed`` and ``done`` follow retirement.

    An aborted rotation goes from ``aborting`` through the same states the other way; ``clear`` takes the indexes of a
    key that was never in use away. It ends ``aborted``.
    """

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
    ABORTING = "aborting"
    CLEAR = "clear"
    ABORTED = "aborted"


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
    RotationState.ABORTING: ("中止中", "aborting"),
    RotationState.CLEAR: ("清除新索引中", "clearing the new indexes"),
    RotationState.ABORTED: ("已中止，原密钥继续使用", "aborted, the old key stays"),
}
WAITING = "等待下一个时间窗", "waiting for the next window"
APPROVAL_KIND = "crypto.rotation.start"
ABORT_KIND = "crypto.rotation.abort"


def approval_params(scope_id: uuid.UUID, old_key_id: int, reason: str) -> dict[str, Any]:
    """Return the parameters that an approval binds by digest: this scope, this key, this reason."""
    return {"scope_id": str(scope_id), "old_key_id": old_key_id, "reason": reason}


def abort_params(rotation_id: uuid.UUID, old_key_id: int, reason: str) -> dict[str, Any]:
    """Return the parameters that an approval of an abort binds: this rotation, the key that stays, this reason."""
    return {"rotation_id": str(rotation_id), "old_key_id": old_key_id, "reason": reason}


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


def abort_certificate(
    *, rotation_id: uuid.UUID, department_id: uuid.UUID, table: str, column: str, kept_key_id: int,
    dropped_key_id: int | None, moved: int, passes: int, rows: int | None, digest: str | None, snapshot_at: datetime,
    maker: str, checker: str, abort: dict[str, Any], purpose: str, row_key: KeyKind,
) -> dict[str, Any]:
    """Return the certificate of an aborted rotation: nothing lies under the key that was dropped.

    ``rows`` and ``digest`` as in :func:`certificate`, under the key that was kept; None where the dropped one was
    never in use, so that no row was looked at. ``dropped_key_id`` None: it was not made yet. ``moved``: rows that
    went back.
    """
    return {
        "v": 1, "type": "mulian-rotation-abort-certificate", "rotation": str(rotation_id), "purpose": purpose,
        "scope": {"department": str(department_id), "table": table, "column": column}, "row_key": row_key.value,
        "kept_key": kept_key_id, "dropped_key": dropped_key_id, "moved": moved, "passes": passes, "rows": rows,
        "digest": None if digest is None else f"sm3:{digest}", "snapshot_at": clock.iso(snapshot_at),
        "maker": maker, "checker": checker, "aborted_in": abort["state"], "decided_at": abort["at"],
        "reason": abort["reason"], "abort_maker": abort["maker"], "abort_checker": abort["checker"],
    }
