"""First letters in pinyin, for pickers: 婚姻登记 → hydj. Letters and digits stay, anything else falls out."""

from functools import lru_cache


def initials(text: str) -> str:
    """The first letters of a text in normal form; of several readings the most usual one counts."""
    return "".join([_first(char) for char in text])


@lru_cache(maxsize=32_768)
def _first(char: str) -> str:
    if char.isascii():
        return char if char.isalnum() else ""
    # imported when first needed: the table of readings takes a noticeable part of a second
    from pypinyin import Style, lazy_pinyin

    read = lazy_pinyin(char, style=Style.FIRST_LETTER, errors="ignore")
    return read[0][:1].lower() if read else ""
