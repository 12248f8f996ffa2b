"""Making any stored string safe to print: names come from people and from hostile workbooks."""

import re

# XML 1.0 has no place for these; a renderer would fail or write a broken file
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# a right-to-left override in a name would turn the figures of the rest of the line around
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def printable(text: str) -> str:
    """Return ``text`` with characters that no page can hold shown as U+FFFD and direction overrides removed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _BIDI.sub("", _ILLEGAL.sub("\ufffd", text))


def one_line(text: str) -> str:
    """Return printable text without line breaks, for cells and headings."""
    return printable(text).replace("\n", " ")


def neutral_cell(text: str) -> str:
    """Return ``text`` for a spreadsheet: what a program could take for a formula gets a leading apostrophe.

    The xlsx cell is a string anyway; the apostrophe keeps it one after "save as csv" (OWASP CSV injection).
    """
    return "'" + text if text.startswith(_FORMULA) else text
