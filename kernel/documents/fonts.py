"""Fonts for print: which files stand in for the official names, and whether they hold every glyph.

Official documents name 方正小标宋, 仿宋_GB2312, 楷体_GB2312 and 黑体, which may not be shipped. The docx keeps
those names (the reader's office machine has them); the pdf uses Noto CJK by :data:`PRINT_FAMILIES`.
"""

import functools
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from kernel.documents.errors import FONT_MISSING
from kernel.documents.text import one_line

PACKAGE = "fonts-noto-cjk"
# role -> (family for typst, weight); the docx names stand in docx_styles.OFFICIAL_FONTS
PRINT_FAMILIES = {
    "title": ("Noto Serif CJK SC", "bold"),
    "song": ("Noto Serif CJK SC", "regular"),
    "fangsong": ("Noto Serif CJK SC", "regular"),
    "hei": ("Noto Sans CJK SC", "medium"),
    "kai": ("Noto Serif CJK SC", "semibold"),
}
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts")
_NAMES = ("NotoSerifCJK-Regular", "NotoSerifCJK-Bold", "NotoSansCJK-Regular", "NotoSansCJK-Bold")
_SAMPLE = "目录上链分析报告一二三〇—“”、（）％"
_SC_FACE = 2  # in Noto's collections the faces are JP, KR, SC, TC, HK


@dataclass(frozen=True)
class FontSet:
    """The four font files used for print, in the order of their names."""

    files: tuple[Path, ...]

    @property
    def sans(self) -> Path:
        """The regular sans-serif collection, for charts."""
        return next(path for path in self.files if path.name.startswith("NotoSansCJK-Regular"))


def find(folders: Iterable[str | Path] = _FOLDERS) -> FontSet:
    """Return the installed font set; raise ``documents.font.missing`` with the package to install."""
    found: dict[str, Path] = {}
    for folder in folders:
        for root, _, names in sorted(os.walk(Path(folder).expanduser())):
            for name in sorted(names):
                stem = name.rsplit(".", 1)[0]
                if stem in _NAMES and name.endswith(".ttc"):
                    found.setdefault(stem, Path(root) / name)
    if len(found) < len(_NAMES):
        raise FONT_MISSING(count=len(_SAMPLE), sample=_SAMPLE[0], package=PACKAGE)
    return FontSet(tuple(found[name] for name in _NAMES))


def uncovered(fonts: FontSet, texts: Iterable[str]) -> list[str]:
    """Return the characters of ``texts`` that some of the print fonts cannot draw, in code-point order."""
    wanted = {character for text in texts for character in text if character not in "\n "}
    covered = _covered(fonts)
    return sorted(character for character in wanted if ord(character) not in covered)


def check(fonts: FontSet, texts: Iterable[str]) -> dict[str, str]:
    """Return what to print for each character without a glyph; refuse fonts that lack ordinary Chinese.

    A report must not fail because a name holds an emoji, and a box would hide which sign it was: such a character
    prints as its code point, ``[U+1F600]``. Ordinary Chinese without a glyph is a broken installation.
    """
    missing = uncovered(fonts, [_SAMPLE, *texts])
    ordinary = [character for character in missing if _is_ordinary(character)]
    if ordinary:
        raise FONT_MISSING(count=len(ordinary), sample=ordinary[0], package=PACKAGE)
    return {character: f"[U+{ord(character):04X}]" for character in missing}


def printable_glyphs(text: str) -> str:
    """Return one line of text in which every sign without a glyph is named by its code point."""
    line = one_line(text)
    named = check(find(), [line])
    return "".join(named.get(character, character) for character in line)


@functools.cache
def file_digest(path: Path) -> str:
    """Return the SHA-256 of a font file (font files do not change while a process runs)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(fonts: FontSet) -> str:
    """Return one SHA-256 over the names and digests of the font files."""
    lines = "".join(f"{path.name} {file_digest(path)}\n" for path in fonts.files)
    return hashlib.sha256(lines.encode()).hexdigest()


@functools.cache
def _covered(fonts: FontSet) -> frozenset[int]:
    """The code points that every one of the print fonts can draw."""
    sets = []
    for path in fonts.files:
        with TTFont(path, fontNumber=_SC_FACE, lazy=True) as font:
            sets.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*sets)


def _is_ordinary(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fa5" or character in _SAMPLE or character.isascii()
