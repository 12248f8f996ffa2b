"""Who calls: tokens of tenants and the methods that each may use.

``rpc-access.json`` in the chain's folder holds ``{"anonymous": [pattern…], "tenants": {name: {"token_sha256": hex,
"methods": [pattern…]}}}``; without it a caller without a token has :data:`PUBLIC`. The operator's token, in a file
of mode 0600 beside the service keys, may use everything; the platform itself sends it.
"""

import hashlib
import hmac
import json
import logging
import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from kernel.files_atomic import write_atomic
from kernel.home import Home

ACCESS_FILE = "rpc-access.json"
OPERATOR_TOKEN_FILE = "chain-operator.token"  # a file's name
PUBLIC = (
    "eth_*", "net_*", "web3_*", "rpc_modules", "txpool_*", "mulian_*", "debug_*", "perm_get*", "admin_nodeInfo",
    "admin_peers",
)
_log = logging.getLogger("mulian.chain.rpc")


@dataclass(frozen=True)
class Caller:
    """A caller and the method patterns (``*`` as in file names) that it may use."""

    name: str
    methods: tuple[str, ...]

    def may(self, method: str) -> bool:
        """Return whether this caller may use a method."""
        return any(fnmatchcase(method, pattern) for pattern in self.methods)


OWNER = Caller("in-process", ("*",))


def digest_of(token: str) -> str:
    """Return what is kept of a token: it has 256 random bits, so a plain digest is as good as a slow one."""
    return hashlib.sha256(token.encode()).hexdigest()


def operator_token(home: Home, *, create: bool = False) -> str | None:
    """Return the operator's token; None when there is none and ``create`` is not set."""
    path = home.service_keys_dir / OPERATOR_TOKEN_FILE
    if not path.exists():
        if not create:
            return None
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(path, secrets.token_urlsafe(32).encode() + b"\n", mode=0o600)
    return path.read_text("ascii").strip()


def parse(text: str) -> tuple[Caller, dict[str, Caller]]:
    """Parse the access file; return (anonymous, callers by token digest); raise ValueError."""
    document = json.loads(text)
    if not isinstance(document, dict) or set(document) - {"anonymous", "tenants"}:
        raise ValueError("the access file has only anonymous and tenants")
    anonymous = Caller("anonymous", _patterns(document.get("anonymous", list(PUBLIC))))
    tenants = document.get("tenants", {})
    if not isinstance(tenants, dict):
        raise ValueError("tenants is an object")
    callers: dict[str, Caller] = {}
    for name, fields in tenants.items():
        if not isinstance(fields, dict) or not isinstance(fields.get("token_sha256"), str):
            raise ValueError(f"tenant {name} has no token_sha256")
        if len(bytes.fromhex(fields["token_sha256"])) != 32:
            raise ValueError(f"tenant {name}: token_sha256 has 32 bytes")
        callers[fields["token_sha256"].lower()] = Caller(name, _patterns(fields.get("methods", list(PUBLIC))))
    return anonymous, callers


def _patterns(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(item, str) for item in given):
        raise ValueError("methods are a list of patterns")
    return tuple(given)


class Callers:
    """Follows the access file; an unreadable one leaves the last good one in force and is logged."""

    def __init__(self, home: Home) -> None:
        """Read the access file and make the operator's token; raise ValueError when the file is malformed."""
        self._path = home.chain_dir / ACCESS_FILE
        self._operator = digest_of(operator_token(home, create=True) or "")
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._anonymous, self._tenants = Caller("anonymous", PUBLIC), dict[str, Caller]()
        self._follow(strict=True)

    def _follow(self, *, strict: bool) -> None:
        found = self._path.stat() if self._path.exists() else None
        seen = None if found is None else (found.st_ino, found.st_mtime_ns)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            text = "{}" if found is None else self._path.read_text("utf-8")
            self._anonymous, self._tenants = parse(text)
        except ValueError as error:
            if strict:
                raise ValueError(f"{self._path}: {error}") from error
            _log.error("%s is not in force: %s", self._path, error)

    def of(self, token: str | None) -> Caller | None:
        """Return the caller of a token, the anonymous one without; None for an unknown token."""
        with self._lock:
            self._follow(strict=False)
            if token is None:
                return self._anonymous
            digest = digest_of(token)
            if hmac.compare_digest(digest, self._operator):
                return Caller("operator", ("*",))
            return self._tenants.get(digest)


def write_access(path: Path, anonymous: Iterable[str], tenants: dict[str, dict[str, Any]]) -> None:
    """Write the access file atomically (mode 0600); it is in force with the next request."""
    document = {"anonymous": list(anonymous), "tenants": tenants}
    write_atomic(path, json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n", mode=0o600)
