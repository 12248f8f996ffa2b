"""Is the code on the chain the code of a build?

Three places may differ honestly: values of immutables, which the constructor wrote; a library's own address at the
start of its code; and the CBOR metadata at the end, which names sources and says nothing about behaviour. The first
two are read out and compared with what they ought to be, the third is masked. Any other byte is a difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts_sc.artifacts import Artifact

Verdict = Literal["same", "unconfirmed", "immutables", "different", "absent"]

_WORD = 32
# a library starts with PUSH20 <its address> ADDRESS EQ; the build holds zeros
_LIBRARY_HEAD, _LIBRARY_TAIL, _LIBRARY_END = b"\x73", b"\x30\x14", 23
_LIBRARY = "library address"
_METADATA_KEYS = {"ipfs", "bzzr0", "bzzr1", "solc", "experimental"}


@dataclass(frozen=True)
class Immutable:
    """The value of one immutable on the chain (32 bytes; a library's own address 20) and what it ought to be.

    ``name`` is the variable's, where the build knows it, else its number in the syntax tree.
    """

    name: str
    value: bytes
    expected: bytes | None

    @property
    def agrees(self) -> bool:
        """Tell whether the value is the expected one; False also when nothing was expected."""
        return self.value == self.expected


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` saw.

    ``same``: every byte is accounted for. ``unconfirmed``: as same, but nobody said what some immutables ought to
    be. ``immutables``: one of them has another value. ``different``: other code. ``absent``: no code at all.
    ``differences`` are the first places (start, built, found) where code differs, at most eight; ``masked`` is
    the number of metadata bytes that were left out.
    """

    verdict: Verdict
    immutables: tuple[Immutable, ...] = ()
    differences: tuple[tuple[int, bytes, bytes], ...] = ()
    masked: int = 0

    @property
    def same(self) -> bool:
        """Tell whether the code is the build's, with nothing left to believe."""
        return self.verdict == "same"


def compare(
    runtime_on_chain: bytes,
    artifact: Artifact,
    *,
    recomputed: bytes | None = None,
    expected: Mapping[str, bytes] | None = None,
) -> Comparison:
    """Compare code read from a chain with the build.

    ``recomputed``: the code that running the constructor again (same arguments, same address) returned; its
    immutables are what the chain's ought to be. ``expected``: values by name (32 bytes, as the EVM pads them)
    where the caller knows them; it goes first.
    """
    if not runtime_on_chain:
        return Comparison("absent")
    built, found = artifact.runtime, runtime_on_chain
    cut_built, cut_found = _metadata(built), _metadata(found)
    # metadata is left out on both sides or on none: code that lost its trailer is other code
    masked = cut_found if cut_built and cut_found else 0
    if masked:
        built, found = built[:-cut_built], found[:-cut_found]
    places = _places(artifact, built)
    differences = _differences(built, found, places)
    if differences:
        return Comparison("different", differences=differences, masked=masked)
    wanted = _wanted(places, recomputed, len(runtime_on_chain)) | dict(expected or {})
    immutables, split = [], []
    for name, windows in places.items():
        values = {found[start:end] for start, end in windows}
        immutables += [Immutable(name, value, wanted.get(name)) for value in sorted(values)]
        if len(values) > 1:
            split.append(name)
    if split or any(item.expected is not None and not item.agrees for item in immutables):
        verdict: Verdict = "immutables"
    else:
        verdict = "same" if all(item.agrees for item in immutables) else "unconfirmed"
    return Comparison(verdict, tuple(immutables), masked=masked)


def padded(value: str | int | bytes) -> bytes:
    """Return an address (hex text), a number or bytes as the 32 bytes in which an immutable keeps it."""
    if isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x")).rjust(_WORD, b"\0")
    if isinstance(value, int):
        return (value % 2**256).to_bytes(_WORD, "big")
    return value.ljust(_WORD, b"\0")


def _places(artifact: Artifact, built: bytes) -> dict[str, list[tuple[int, int]]]:
    """Return the windows [start, end) that the constructor fills, by name."""
    places: dict[str, list[tuple[int, int]]] = {}
    for number, windows in artifact.immutables.items():
        name = artifact.immutable_names.get(number, number)
        places[name] = [(window["start"], window["start"] + window["length"]) for window in windows]
    head = built[:_LIBRARY_END]
    if head[:1] == _LIBRARY_HEAD and head[21:] == _LIBRARY_TAIL and not any(head[1:21]):
        places[_LIBRARY] = [(1, 21)]
    return places


def _wanted(places: Mapping[str, list[tuple[int, int]]], recomputed: bytes | None, size: int) -> dict[str, bytes]:
    if recomputed is None or len(recomputed) != size:
        return {}
    return {name: recomputed[windows[0][0]:windows[0][1]] for name, windows in places.items()}


def _differences(
    built: bytes, found: bytes, places: Mapping[str, list[tuple[int, int]]]
) -> tuple[tuple[int, bytes, bytes], ...]:
    """Return the first runs of bytes that differ outside the constructor's places."""
    if len(built) != len(found):
        shorter = min(len(built), len(found))
        start = next((at for at in range(shorter) if built[at] != found[at]), shorter)
        return ((start, built[start:start + _WORD], found[start:start + _WORD]),)
    left, right = bytearray(built), bytearray(found)
    for windows in places.values():
        for start, end in windows:
            left[start:end] = right[start:end] = b"\0" * (end - start)
    if left == right:
        return ()
    runs: list[list[int]] = []
    for at in range(len(left)):
        if left[at] == right[at]:
            continue
        if runs and runs[-1][1] == at:
            runs[-1][1] = at + 1
        elif len(runs) == 8:
            break
        else:
            runs.append([at, at + 1])
    return tuple((start, bytes(left[start:end]), bytes(right[start:end])) for start, end in runs)


def _metadata(code: bytes) -> int:
    """Return the length of the CBOR metadata at the end of the code, its two length bytes included; 0: none.

    Only what the compiler writes there counts: one map of its own keys that fills the announced length exactly.
    """
    if len(code) < 4:
        return 0
    length = int.from_bytes(code[-2:], "big")
    if length + 2 > len(code):
        return 0
    blob = code[-2 - length:-2]
    if not blob or not 0xA1 <= blob[0] <= 0xA5:
        return 0
    at = 1
    for _ in range(blob[0] - 0xA0):
        key, at = _cbor_item(blob, at)
        if key is None or key.decode("ascii", "replace") not in _METADATA_KEYS:
            return 0
        value, at = _cbor_item(blob, at)
        if value is None:
            return 0
    return length + 2 if at == length else 0


def _cbor_item(blob: bytes, at: int) -> tuple[bytes | None, int]:
    """Read a text, a byte string or a boolean of at most 255 bytes; None where there is something else."""
    if at >= len(blob):
        return None, at
    first, at = blob[at], at + 1
    if first in (0xF4, 0xF5):
        return b"", at
    major, size = first >> 5, first & 0x1F
    if major not in (2, 3) or size > 24:
        return None, at
    if size == 24:
        if at >= len(blob):
            return None, at
        size, at = blob[at], at + 1
    if at + size > len(blob):
        return None, at
    return blob[at:at + size], at + size
