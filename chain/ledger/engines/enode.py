"""enode URLs (https://ethereum.org/en/developers/docs/networking-layer/network-addresses)."""

import re
from urllib.parse import urlsplit

from eth_hash.auto import keccak

_KEY = re.compile(r"[0-9a-f]{128}\Z")


def normalise(enode: str) -> str:
    """Return ``enode://KEY@host:port`` in lower case, without query; raise ValueError for anything else."""
    parts = urlsplit(enode.strip())
    key = (parts.username or "").lower()
    if parts.scheme != "enode" or not _KEY.match(key) or not parts.hostname or not parts.port or parts.path:
        raise ValueError("not an enode URL: enode://<128 hex digits>@host:port")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"enode://{key}@{host}:{parts.port}"


def public_key(enode: str) -> str:
    """Return the 128 hex digits that name a node whatever its address."""
    return normalise(enode)[len("enode://"):].split("@")[0]


def address(enode: str) -> str:
    """Return the account of a node's key: what a QBFT validator seals with."""
    return "0x" + keccak(bytes.fromhex(public_key(enode)))[12:].hex()
