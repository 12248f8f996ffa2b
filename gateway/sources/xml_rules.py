"""XML and SOAP upstreams: an XML answer becomes the records that the contract declares. The XML is hostile input.

Nothing of a document type is read: a DOCTYPE is refused, so there are no entities and nothing outside is fetched.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.parsers import expat
from xml.sax.saxutils import escape

from gateway.sources.table_rules import ParameterFault

MAX_DEPTH, MAX_NODES = 64, 200_000
_STEP = re.compile(r"@?[^\s/@:{}]{1,120}")
_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,62})\}")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,30})["']""")
_CHINESE = {"gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


class Node:
    """An element: its attributes and texts by local name, its children in order."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.children: list[Node] = []
        self.text = ""

    def find(self, steps: Sequence[str]) -> str | None:
        """Return the text at a path below this element (its last step may be ``@attribute``); None where it is not."""
        place = self
        for step in steps:
            if step.startswith("@"):
                return place.attributes.get(step[1:])
            found = next((one for one in place.children if one.name == step), None)
            if found is None:
                return None
            place = found
        return None if place.children or place.attributes.get("nil") in ("true", "1") else place.text.strip()


def shape_fault(xml: Mapping[str, Any], contract: Mapping[str, Any]) -> str:
    """Return what is wrong with a declared shape, or ""."""
    names = {field["name"] for field in contract["fields"]}
    if contract["mode"] != "fields" or contract["items"] != ["items"]:
        return "records of an XML source stand under items"
    if set(xml["fields"]) != names:
        return "paths and contract fields differ"
    steps = [*xml["items"], *(step for path in xml["fields"].values() for step in path.split("/"))]
    bad = next((step for step in steps if not _STEP.fullmatch(step)), None)
    if bad is not None or any(step.startswith("@") for step in xml["items"]):
        return f"path step {bad!r}"
    request = xml.get("request")
    if request is None:
        return ""
    declared = {one["name"] for one in request["parameters"]}
    used = set(_PLACE.findall(request["body"]))
    if used != declared:
        return f"parameters and template differ: {sorted(used ^ declared)}"
    try:
        parse(_PLACE.sub("x", request["body"]).encode())
    except ValueError as error:
        return f"the template is not XML: {error}"
    return ""


def reader(xml: Mapping[str, Any], contract: Mapping[str, Any]) -> Callable[[bytes], dict[str, Any]]:
    """Return the function that reads an answer of this shape; it raises ValueError for what is none."""
    types = {field["name"]: field["type"] for field in contract["fields"]}
    fields = [(name, path.split("/"), types[name]) for name, path in xml["fields"].items()]
    items = list(xml["items"])

    def read(body: bytes) -> dict[str, Any]:
        rows = records(parse(body), items)
        return {"items": [
            {name: typed(kind, row.find(steps)) for name, steps, kind in fields} for row in rows
        ]}

    return read


def records(root: Node, items: Sequence[str]) -> list[Node]:
    """Return the record elements: every element at the path, in document order. A SOAP fault is no answer."""
    if root.name != items[0]:
        raise ValueError(f"root {root.name[:60]}")
    if any(one.name == "Fault" for part in root.children if part.name == "Body" for one in part.children):
        raise ValueError("soap fault")
    level = [root]
    for step in items[1:]:
        level = [one for parent in level for one in parent.children if one.name == step]
    return level


def typed(kind: str, text: str | None) -> Any:
    """Return the value of a text by the contract's type; an empty element of another type than text is null."""
    if text is None or (text == "" and kind != "text"):
        return None
    if kind == "integer":
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", text):
            raise ValueError("integer")
        return int(text)
    if kind == "number":
        if not re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text):
            raise ValueError("number")
        return float(text)
    if kind == "boolean":
        if text not in _TRUTH:
            raise ValueError("boolean")
        return _TRUTH[text]
    return text


def parse(body: bytes) -> Node:
    """Return the tree of a document; raise ValueError for what is not well formed, too deep, too large or has a DTD."""
    parser = expat.ParserCreate(namespace_separator=" ")
    tree = _Tree()
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler = tree.data
    parser.buffer_text, parser.buffer_size = True, 1 << 20
    try:
        parser.Parse(_utf8(body), True)
    except expat.ExpatError as error:
        raise ValueError(f"not well formed: {error}") from error
    if tree.root is None:
        raise ValueError("empty")
    return tree.root


class _Tree:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._nodes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._nodes += 1 + len(attributes)
        if len(self._open) >= MAX_DEPTH or self._nodes > MAX_NODES:
            raise ValueError("too deep or too large")
        node = Node(name.rpartition(" ")[2], {key.rpartition(" ")[2]: value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(node)
        elif self.root is None:
            self.root = node
        self._open.append(node)

    def end(self, name: str) -> None:
        del name
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def _refuse(*_: Any) -> None:
    raise ValueError("a document type is refused")


def _utf8(body: bytes) -> bytes:
    """Chinese encodings are decoded here: the parser knows none of them."""
    found = _DECLARED.match(body[:400])
    name = _CHINESE.get(found.group(1).decode().lower()) if found else None
    if found is None or name is None:
        return body
    try:
        text = body.decode(name)
    except UnicodeDecodeError as error:
        raise ValueError("encoding") from error
    return re.sub(r"""(encoding\s*=\s*["'])[^"']+""", r"\1utf-8", text, count=1).encode()


@dataclass(frozen=True)
class Template:
    """A SOAP request: pieces of XML and, between them, names of parameters."""

    action: bytes
    pieces: tuple[str, ...]
    required: frozenset[str]

    def render(self, query: bytes) -> bytes:
        """Return the body for a call's query; raise :class:`ParameterFault` for a missing or an undeclared one."""
        try:
            given = dict(parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=True,
                                   errors="strict", max_num_fields=50)) if query else {}
        except ValueError as error:
            raise ParameterFault("query") from error
        names = set(self.pieces[1::2])
        unknown = sorted(set(given) - names)
        missing = sorted(self.required - set(given))
        if unknown or missing:
            raise ParameterFault((unknown or missing)[0])
        bad = next((name for name, text in given.items() if _unwritable(text)), None)
        if bad is not None:
            raise ParameterFault(bad)
        return "".join(
            escape(given.get(piece, ""), {'"': "&quot;", "'": "&apos;"}) if at % 2 else piece
            for at, piece in enumerate(self.pieces)
        ).encode()


def template(request: Mapping[str, Any] | None) -> Template | None:
    """Return the template of a declared request."""
    if request is None:
        return None
    required = frozenset(one["name"] for one in request["parameters"] if one["required"])
    return Template(request["action"].encode(), tuple(_PLACE.split(request["body"])), required)


def _unwritable(text: str) -> bool:
    """XML has no control characters but tab and line ends, nor surrogates."""
    return len(text) > 2000 or any(
        (ord(one) < 32 and one not in "\t\n\r") or 0xD800 <= ord(one) < 0xE000 for one in text
    )
