"""An upstream's answer as records: JSON or XML, UTF-8 or GB 18030 (of which GBK and GB 2312 are parts). Pure."""

import codecs
import re
from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

import orjson

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
_GB = {"gbk", "gb2312", "gb18030", "gb_2312-80", "cp936"}
_DEEPEST = 60
_MOST_NODES = 1_000_000


class Unreadable(ValueError):
    """The body is not what was declared; the text holds nothing of it."""


def decoded(body: bytes, content_type: str, encoding: str = "auto") -> str:
    """Return the text of a body: in the named encoding, the one it declares, else UTF-8 or GB 18030."""
    named = encoding if encoding != "auto" else _declared(body, content_type)
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        named = "utf-16"
    tried = ["gb18030" if named.lower() in _GB else named] if named else ["utf-8-sig", "gb18030"]
    for one in tried:
        try:
            return body.decode("utf-8-sig" if one.lower() in ("utf-8", "utf8") else one)
        except (UnicodeDecodeError, LookupError):
            continue
    raise Unreadable(f"encoding {named or 'unknown'}")


def parsed(text: str, form: str) -> Any:
    """Return the body as lists, dicts and scalars; raise :class:`Unreadable`."""
    if form == "xml":
        return _Xml().read(text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Unreadable("not JSON") from error


def at(value: Any, path: str) -> Any:
    """Return what is at a dotted path ("" is the whole), None where there is nothing."""
    for name in path.split(".") if path else ():
        if isinstance(value, list) and name.isascii() and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return None
    return value


def _declared(body: bytes, content_type: str) -> str:
    found = _CHARSET.search(content_type)
    if found:
        return found[1]
    declared = _DECLARED.match(body.lstrip()[:300])
    return declared[1].decode("ascii") if declared else ""


class _Xml:
    """Elements as dicts of their children (a list where a name comes twice), attributes as ``@name``; leaves as texts.

    Names lose their prefix. A document type is refused: entities are how a small body becomes a large one.
    """

    def __init__(self) -> None:
        self._stack: list[tuple[dict[str, Any], list[str]]] = [({}, [])]
        self._nodes = 0

    def read(self, text: str) -> Any:
        """Return the document as {name of the root: …}."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refused
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = lambda data: self._stack[-1][1].append(data)
        try:
            parser.Parse(text.encode(), True)
        except expat.ExpatError as error:
            raise Unreadable("not XML") from error
        return self._stack[0][0]

    def _refused(self, *_: Any) -> None:
        raise Unreadable("XML with a document type")

    def _begin(self, _name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1
        if len(self._stack) > _DEEPEST or self._nodes > _MOST_NODES:
            raise Unreadable("XML too deep or too large")
        kept = {f"@{_local(one)}": value for one, value in attributes.items() if not one.startswith("xmlns")}
        self._stack.append((kept, []))

    def _end(self, name: str) -> None:
        children, texts = self._stack.pop()
        text = "".join(texts).strip()
        value: Any = (children | ({"#text": text} if text else {})) if children else text
        parent, local = self._stack[-1][0], _local(name)
        if local not in parent:
            parent[local] = value
        elif isinstance(parent[local], list):
            parent[local].append(value)
        else:
            parent[local] = [parent[local], value]


def _local(name: str) -> str:
    return name.rpartition(":")[2]
