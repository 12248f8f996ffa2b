"""Data items that an abstract names: "…，包括A、B、C等属性字段。" Pure.

Only a list that follows one of a few words is read, and only up to the end of its sentence; what does not look like
the name of a field is left out. A person decides, so a doubtful list is rather not proposed.
"""

import re
import unicodedata
from typing import Final

_START: Final = re.compile(r"(?:包括|包含|涵盖|数据项(?:有|为)|字段(?:有|为|包括|包含)|信息项(?:有|为))[:：]?(?:了)?")
_END: Final = re.compile(
    r"等?(?:\d*[个项])?(?:属性|数据|信息|相关|基本|主要)*(?:字段|数据项|信息项|指标项|要素)(?:信息)?[。.;；\"]?\s*$"
    r"|等(?:信息|内容|数据|情况|指标)?[。.]?\s*$"
)
_SENTENCE: Final = re.compile(r"[。；;\n]")
_SEPARATORS: Final = "、,，"
_OPEN, _CLOSE = "(（[【{《“", ")）]】}》”"
_AND: Final = re.compile(r"^(.{2,12}?)(?:以及|及其|和|与)(.{2,20})$")
_NAME: Final = re.compile(r"[\w一-鿿]")
_NOISE: Final = re.compile(r"^(?:数据|信息|内容|字段|\d+个?(?:文本|文件|表格|图片|条|项)?|如下|以下|其他|其它|全部)$")
_PLACE: Final = re.compile(r"^.{0,6}(?:提供的|的信息$)")
_LONGEST: Final = 40
_FEWEST: Final = 2


def items(abstract: str) -> list[str]:
    """Names of data items in the order of the text, each once; empty where no list is found."""
    best: list[str] = []
    # a line that does not end a sentence was wrapped, perhaps within a word
    text = re.sub(r"(?<![。；;])\s*\n\s*", "", abstract)
    for match in _START.finditer(text):
        found = _names(_listed(text[match.end():]))
        if len(found) > len(best):
            best = found
    return best if len(best) >= _FEWEST else []


def _listed(text: str) -> str:
    """The list itself: up to the end of the sentence, without the words that close it."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth <= 0 and _SENTENCE.match(char):
            return _END.sub("", text[:at])
    return _END.sub("", text)


def _split(text: str) -> list[str]:
    """Cut at separators that stand outside brackets; a tab or two spaces separate too."""
    pieces, piece, depth = list[str](), "", 0
    for char in re.sub(r"\t+|\s{2,}", "、", text):
        if char in _OPEN:
            depth += 1
        elif char in _CLOSE:
            depth = max(0, depth - 1)
        if char in _SEPARATORS and depth == 0:
            pieces.append(piece)
            piece = ""
        else:
            piece += char
    return [*pieces, piece]


def _names(text: str) -> list[str]:
    pieces = [_clean(piece) for piece in _split(text)]
    for at, piece in enumerate(pieces):
        again = _START.match(piece)
        if again:
            # "包括在册企业，包括许可证号、…": only the inner list names fields
            pieces = [piece[again.end():], *pieces[at + 1:]]
            break
    if pieces:
        pieces[0] = pieces[0].rsplit(":", 1)[-1]
        last = _AND.match(pieces[-1])
        if last and len(pieces) > 1:
            pieces[-1:] = [_clean(last.group(1)), _clean(last.group(2))]
    named = [piece for piece in dict.fromkeys(pieces) if _is_name(piece)]
    # a list of which a third is no name is prose, not a list of fields
    return named if len(named) * 3 >= len([piece for piece in pieces if piece]) * 2 else []


def _clean(piece: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", piece).split()).strip(" .:;\"'。：；“”")
    return re.sub(r"^(?:其中|以及|及)", "", text)


def _is_name(text: str) -> bool:
    return bool(
        0 < len(text) <= _LONGEST and _NAME.search(text) and not _NOISE.match(text) and not _PLACE.match(text)
        and not re.search(r"[。；?？!！]", text)
    )
