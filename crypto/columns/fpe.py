"""Format-preserving encryption of lists of texts: batch where it pays, one by one elsewhere, the same result.

FF1 keeps length and alphabet and authenticates nothing; equal values give equal results under one key and tweak.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from crypto.columns import ff1 as batch
from crypto.columns.service import BATCH_FROM
from crypto.sm import ff1

DIGITS = "0123456789"


def encrypt_texts(key: bytes, tweak: bytes, values: Sequence[str | None], alphabet: str = DIGITS) -> list[str | None]:
    """Return each value encrypted within its alphabet (ASCII, each character once) and length; None stays None.

    Raises ValueError where a value has a character outside the alphabet or a domain below a million values: what
    cannot be encrypted is sorted out by the caller, never passed through. Also for another sort of alphabet.
    """
    return _each(values, alphabet, lambda rows: batch.encrypt(key, len(alphabet), tweak, rows), lambda one: ff1.encrypt(
        ff1.sm4_chain(key), len(alphabet), tweak, one
    ))


def decrypt_texts(key: bytes, tweak: bytes, values: Sequence[str | None], alphabet: str = DIGITS) -> list[str | None]:
    """Undo :func:`encrypt_texts`."""
    return _each(values, alphabet, lambda rows: batch.decrypt(key, len(alphabet), tweak, rows), lambda one: ff1.decrypt(
        ff1.sm4_chain(key), len(alphabet), tweak, one
    ))


def _each(
    values: Sequence[str | None], alphabet: str, many: Callable[[batch.Numerals], batch.Numerals],
    single: Callable[[list[int]], list[int]],
) -> list[str | None]:
    result: list[str | None] = [None] * len(values)
    groups: dict[int, list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        if value is not None:
            groups[len(value)].append(index)
    numeral_of = {character: number for number, character in enumerate(alphabet)}
    if not alphabet.isascii() or len(numeral_of) != len(alphabet):
        raise ValueError("an alphabet is ASCII and has each character once")
    for length, indexes in groups.items():
        chosen = [values[i] or "" for i in indexes]
        if len(indexes) >= BATCH_FROM and batch.fits(len(alphabet), length):
            done = _batched(chosen, alphabet, length, many)
        else:
            done = ["".join(alphabet[n] for n in single(_numerals(one, numeral_of))) for one in chosen]
        for index, text in zip(indexes, done, strict=True):
            result[index] = text
    return result


def _batched(
    values: list[str], alphabet: str, length: int, many: Callable[[batch.Numerals], batch.Numerals],
) -> list[str]:
    """Characters outside the alphabet map to 255, which the engine refuses for every radix below 256."""
    characters = np.frombuffer(alphabet.encode("ascii"), np.uint8)
    table = np.full(256, 255, np.uint8)
    table[characters] = np.arange(len(characters))
    joined = "".join(values)
    if not joined.isascii():
        raise ValueError("a character is outside the alphabet")
    rows = many(table[np.frombuffer(joined.encode("ascii"), np.uint8)].reshape(len(values), length))
    text = characters[rows].tobytes().decode("ascii")
    return [text[at:at + length] for at in range(0, len(text), length)]


def _numerals(value: str, numeral_of: dict[str, int]) -> list[int]:
    try:
        return [numeral_of[character] for character in value]
    except KeyError as error:
        raise ValueError("a character is outside the alphabet") from error
