"""Heading numbers of official documents (GB/T 9704-2012, 7.3.3): 一、 （一） 1. ."""

from collections.abc import Iterable

from kernel.documents.model import Block, Heading

_DIGITS = "零一二三四五六七八九"


def chinese(number: int) -> str:
    """Return 1..99 in Chinese figures: 1 → 一, 10 → 十, 21 → 二十一."""
    if not 1 <= number <= 99:
        raise ValueError(f"{number} is not 1..99")
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _DIGITS[tens]) + "十" if tens else ""
    return head + (_DIGITS[ones] if ones else "")


def numbered(blocks: Iterable[Block]) -> list[tuple[Block, str]]:
    """Pair every block with its number text ("" for all but numbered headings)."""
    counters = [0, 0, 0]
    result: list[tuple[Block, str]] = []
    for block in blocks:
        label = ""
        if isinstance(block, Heading):
            counters[block.level:] = [0] * (3 - block.level)
            if block.numbered:
                counters[block.level - 1] += 1
                label = _label(block.level, counters[block.level - 1])
        result.append((block, label))
    return result


def _label(level: int, number: int) -> str:
    if level == 1:
        return f"{chinese(number)}、"
    return f"（{chinese(number)}）" if level == 2 else f"{number}. "
