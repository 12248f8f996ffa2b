"""What the approvals of key operations bind; pure."""

import uuid
from typing import Any

from crypto.scopes.rules import BLIND_INDEX, ENC, FORMAT, TOKEN

KEK_ROTATE, COMPROMISE, POLICY = "crypto.kek.rotate", "crypto.key.compromise", "crypto.unseal.policy"
PURPOSES = {
    ENC: ("字段加密密钥", "field key"), BLIND_INDEX: ("盲索引密钥", "index key"), TOKEN: ("标识密钥", "identifier key"),
    FORMAT: ("格式标识密钥", "key of format identifiers"),
}


def kek_params(department_id: uuid.UUID, kek_id: uuid.UUID, reason: str) -> dict[str, Any]:
    """A KEK change: this department's, away from this KEK."""
    return {"department_id": str(department_id), "kek_id": str(kek_id), "reason": reason}


def compromise_params(key_id: int, reason: str) -> dict[str, Any]:
    """A key held to be compromised."""
    return {"key_id": key_id, "reason": reason}


def policy_params(threshold: int, shares: int, reason: str) -> dict[str, Any]:
    """Another way of unsealing: k of n."""
    return {"threshold": threshold, "shares": shares, "reason": reason}
