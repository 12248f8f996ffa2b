"""Pure decisions about applications on the chain: codes, life, what evidence may carry, what a test must have shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kernel import canonical
from kernel.digest import sm3

BATCH_LIMIT: Final = 1_000
TEST_QUOTA: Final = 20_000
QUOTA_LIMIT: Final = 5_000_000
META_BYTES: Final = 1_024
META_KEYS: Final = 16
_CODE = re.compile(r"[a-z][a-z0-9-]{2,19}")
_DIGEST = re.compile(r"(sm3|sha256):[0-9a-f]{64}")
_SALT = re.compile(r"(?:[0-9a-f]{2}){16,64}")
_ACCOUNT = re.compile(r"0x[0-9a-fA-F]{40}")
_META_KEY = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]{0,39}")
# 18 characters with a plausible date inside, and mobile numbers: a digest is stored so that these need not be
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]|1[3-9]\d{9})"
    r"(?![0-9A-Za-z])"
)


class Environment(StrEnum):
    """Where evidence goes: streams of the two never mix."""

    TEST = "test"
    PRODUCTION = "production"


class Life(StrEnum):
    """登记 → 测试环境联调 → 测试报告 → 审批 → 正式环境."""

    REGISTERED = "registered"
    TESTING = "testing"
    REPORTED = "reported"
    PENDING = "pending"
    PRODUCTION = "production"


class Step(StrEnum):
    """What moves an application on."""

    STORE = "store"
    REPORT = "report"
    APPLY = "apply"
    REFUSE = "refuse"
    APPROVE = "approve"


_STEPS: dict[tuple[Life, Step], Life] = {
    (Life.REGISTERED, Step.STORE): Life.TESTING,
    (Life.TESTING, Step.STORE): Life.TESTING,
    (Life.TESTING, Step.REPORT): Life.REPORTED,
    (Life.REPORTED, Step.STORE): Life.REPORTED,
    (Life.REPORTED, Step.REPORT): Life.REPORTED,
    (Life.REPORTED, Step.APPLY): Life.PENDING,
    (Life.PENDING, Step.STORE): Life.PENDING,
    (Life.PENDING, Step.REFUSE): Life.TESTING,
    (Life.PENDING, Step.APPROVE): Life.PRODUCTION,
    (Life.PRODUCTION, Step.STORE): Life.PRODUCTION,
}


def after(life: str, step: Step) -> Life | None:
    """Return the life after a step, None where the step is not open."""
    return _STEPS.get((Life(life), step))


def valid_code(code: str) -> bool:
    """Tell whether a code can name an application: it becomes a part of its streams' names."""
    return _CODE.fullmatch(code) is not None and not code.endswith("-")


def valid_account(address: str) -> bool:
    """Tell whether a text has the form of an account's address."""
    return _ACCOUNT.fullmatch(address) is not None


def stream_of(code: str, environment: Environment) -> str:
    """The stream's name in AnchorRegistry: ``app.<code>``, in the test environment ``test.<code>``."""
    return f"{'app' if environment is Environment.PRODUCTION else 'test'}.{code}"


@dataclass(frozen=True)
class Item:
    """One digest to store. ``client_id`` is the application's own number for it; without one, the digest's text."""

    digest: str
    salt: str | None = None
    meta: Mapping[str, Any] | None = None
    client_id: str | None = None

    @property
    def name(self) -> str:
        """What names the evidence within its place."""
        return self.client_id if self.client_id is not None else self.digest

    def content(self) -> bytes:
        """SM3 over everything but the name: the same evidence again has the same."""
        return sm3(canonical.dumps({"digest": self.digest, "meta": dict(self.meta or {}), "salt": self.salt}))


def fault(item: Item) -> str:
    """Return which part of an item is not acceptable ("" for none): digest, salt, client_id, meta or personal."""
    if not _DIGEST.fullmatch(item.digest):
        return "digest"
    if item.salt is not None and not _SALT.fullmatch(item.salt):
        return "salt"
    if item.client_id is not None and not (0 < len(item.client_id) <= 100 and item.client_id.isprintable()):
        return "client_id"
    if item.client_id is not None and _PERSONAL.search(item.client_id):
        return "personal"
    return _meta_fault(item.meta or {})


def _meta_fault(meta: Mapping[str, Any]) -> str:
    for key, value in meta.items():
        if not _META_KEY.fullmatch(key) or not isinstance(value, str | int | bool):
            return "meta"
        if _PERSONAL.search(str(value)):
            return "personal"
    try:
        return "meta" if len(meta) > META_KEYS or len(canonical.dumps(dict(meta))) > META_BYTES else ""
    except ValueError:  # an integer beyond 2**53 - 1, a lone surrogate
        return "meta"


@dataclass(frozen=True)
class Figures:
    """What the test environment has seen. ``callback``: an address is set; ``dead``: callbacks given up."""

    stored: int
    waiting: int
    repeated: int
    proofs: int
    callback: bool
    delivered: int
    dead: int


def checks(seen: Figures) -> dict[str, bool]:
    """Return each 联调检查项 and whether it holds: stored, anchored, repeated, proof, and callback where one is set."""
    found = {
        "stored": seen.stored > 0,
        "anchored": seen.stored > 0 and seen.waiting == 0,
        "repeated": seen.repeated > 0,
        "proof": seen.proofs > 0,
    }
    return found | ({"callback": seen.delivered > 0 and seen.dead == 0} if seen.callback else {})
