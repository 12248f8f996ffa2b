"""A contract with an owner in slot 0, in EVM assembly: ``owner``, ``transferOwnership`` and, in two steps,
``pendingOwner`` (slot 1) and ``acceptOwnership``."""

from eth_hash.auto import keccak

_RETURN = bytes.fromhex("5f5260205ff3")  # the word on the stack
_REVERT = bytes.fromhex("5f5ffd")


def creation(*, two_steps: bool) -> bytes:
    """Return creation code; the creator becomes the owner."""
    code = _runtime(two_steps)
    head = bytes.fromhex("335f55")
    size = len(head) + 10
    return head + bytes([0x60, len(code), 0x60, size, 0x5F, 0x39, 0x60, len(code), 0x5F, 0xF3]) + code


def _runtime(two_steps: bool) -> bytes:
    slot = b"\x60\x01" if two_steps else b"\x5f"
    by_owner = bytes.fromhex("5f543314")
    bodies = {
        "owner()": bytes.fromhex("5f54") + _RETURN,
        "transferOwnership(address)": _only(by_owner, b"\x60\x04\x35" + slot + b"\x55\x00"),
    }
    if two_steps:
        bodies["pendingOwner()"] = bytes.fromhex("600154") + _RETURN
        bodies["acceptOwnership()"] = _only(bytes.fromhex("6001543314"), bytes.fromhex("335f555f60015500"))
    dispatch = 6 + 11 * len(bodies) + len(_REVERT)
    code, tail = bytes.fromhex("5f3560e01c5b"), b""
    for signature, body in bodies.items():
        at = dispatch + len(tail)
        code += b"\x80\x63" + keccak(signature.encode())[:4] + b"\x14\x60" + bytes([at]) + b"\x57\x5b"
        tail += _moved(b"\x5b" + body, at)
    return code + _REVERT + tail


def _only(condition: bytes, body: bytes) -> bytes:
    """Run ``body`` when the condition holds, else revert; 0xff stands for the place to jump to."""
    head = condition + b"\x60\xff\x57" + _REVERT
    return head + b"\x5b" + body


def _moved(body: bytes, at: int) -> bytes:
    place = body.find(b"\x60\xff\x57")
    if place < 0:
        return body
    return body[: place + 1] + bytes([at + place + 3 + len(_REVERT)]) + body[place + 2 :]
