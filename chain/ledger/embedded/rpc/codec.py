"""Reading hostile parameters: quantities, byte strings, block tags (Ethereum JSON-RPC encoding)."""

import re
from typing import Any

from eth_typing import Address

from chain.ledger.embedded.rpc.errors import invalid

_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})\Z")
_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*\Z")


def quantity(value: Any) -> int:
    """Parse a quantity such as ``0x1a``; raise RpcError for anything else."""
    if not isinstance(value, str) or not _QUANTITY.match(value):
        raise invalid(f"not a hex quantity: {_shown(value)}")
    return int(value, 16)


def data(value: Any, size: int | None = None) -> bytes:
    """Parse 0x-prefixed bytes of ``size`` bytes (any length when None)."""
    if not isinstance(value, str) or not _BYTES.match(value):
        raise invalid(f"not hex data: {_shown(value)}")
    raw = bytes.fromhex(value[2:])
    if size is not None and len(raw) != size:
        raise invalid(f"expected {size} bytes, got {len(raw)}")
    return raw


def address(value: Any) -> Address:
    """Parse an address of 20 bytes."""
    return Address(data(value, 20))


def slot(value: Any) -> int:
    """Parse a storage position, given as a quantity or as up to 32 bytes."""
    if isinstance(value, str) and value.startswith("0x") and len(value) <= 66:
        try:
            return int(value[2:] or "0", 16)
        except ValueError:
            pass
    raise invalid(f"not a storage position: {_shown(value)}")


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Require a JSON object."""
    if not isinstance(value, dict):
        raise invalid(f"{what} is not an object")
    return value


def boolean(value: Any) -> bool:
    """Require a JSON boolean."""
    if not isinstance(value, bool):
        raise invalid("expected a boolean")
    return value


def to_quantity(value: int) -> str:
    """Return the hex quantity of an integer."""
    return hex(value)


def to_data(value: bytes) -> str:
    """Return 0x-prefixed lower-case hex."""
    return "0x" + value.hex()


def _shown(value: Any) -> str:
    return repr(value)[:80]
