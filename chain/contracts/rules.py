"""Pure decisions about deployments."""

from dataclasses import dataclass
from typing import Literal

from kernel.digest import sha256_hex

Step = Literal["finish", "resend", "void"]


@dataclass(frozen=True)
class Wanted:
    """A contract of the build output that an installation needs."""

    name: str
    version: str


# what every installation has; a version names the interface, the code hash names the code. The others are
# optional, and those behind a proxy are governed by persons from their first block on: nobody makes them silently
WANTED = (Wanted("AnchorRegistry", "1"),)


def next_step(*, sealed: bool, account_nonce: int, release_nonce: int) -> Step:
    """Say how an interrupted deployment goes on.

    ``sealed``: its receipt exists. ``account_nonce``: the deployer's next nonce by the head state. A release whose
    nonce another transaction used up can never be sealed; any other is sent again, which is harmless.
    """
    if sealed:
        return "finish"
    return "void" if account_nonce > release_nonce else "resend"


def creation_hash(creation: bytes, arguments: bytes) -> str:
    """Return what binds creation code and constructor arguments."""
    return sha256_hex(creation, arguments)


def same_code(deployed: bytes, built: bytes, immutables: dict[str, list[dict[str, int]]]) -> bool:
    """Compare runtime code with the build; places of immutables are masked in both (the build holds zeros)."""
    if len(deployed) != len(built):
        return False
    seen, expected = bytearray(deployed), bytearray(built)
    for places in immutables.values():
        for place in places:
            window = slice(place["start"], place["start"] + place["length"])
            seen[window] = expected[window] = b"\0" * place["length"]
    return seen == expected
