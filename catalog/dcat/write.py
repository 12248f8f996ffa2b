"""Writing a graph as Turtle, JSON-LD or RDF/XML. Every writer returns UTF-8."""

from typing import Any

import orjson

from catalog.dcat.graph import PREFIXES, Graph, Node, Ref, Value
from catalog.feed.xml import escape

_TURTLE = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
# what an IRI cannot hold (RFC 3987, and the Turtle grammar)
_IRI = {code: f"%{code:02X}" for code in (*range(0x21), *map(ord, '<>"{}|\\^`'))}


def iri(text: str) -> str:
    """The IRI with illegal characters percent-encoded."""
    return text.translate(_IRI)


def turtle(graph: Graph) -> bytes:
    """Turtle, a block a node."""
    lines = [f"@prefix {name}: <{space}> ." for name, space in PREFIXES.items()]
    for node in graph.nodes.values():
        lines += ["", f"<{iri(str(node.iri))}> {_turtle_body(node, 1)} ."]
    return ("\n".join(lines) + "\n").encode()


def _turtle_body(node: Node, depth: int) -> str:
    pad = "\n" + "    " * depth
    parts = [f"a {', '.join(node.types)}"] if node.types else []
    parts += [f"{name} {_turtle_value(value, depth)}" for name, value in node.pairs]
    return f" ;{pad}".join(parts)


def _turtle_value(value: Value, depth: int) -> str:
    if isinstance(value, Ref):
        return f"<{iri(value.iri)}>"
    if isinstance(value, Node):
        return f"[ {_turtle_body(value, depth + 1)} ]"
    mark = f"@{value.language}" if value.language else f"^^{value.kind}" if value.kind else ""
    return f'"{value.value.translate(_TURTLE)}"{mark}'


def json_ld(graph: Graph) -> bytes:
    """JSON-LD 1.1 with prefixes as its context."""
    nodes = [_json_node(node) for node in graph.nodes.values()]
    return orjson.dumps({"@context": PREFIXES, "@graph": nodes})


def _json_node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": iri(node.iri)} if node.iri else {}
    if node.types:
        found["@type"] = list(node.types)
    for name, value in node.pairs:
        found.setdefault(name, []).append(_json_value(value))
    return found


def _json_value(value: Value) -> dict[str, Any]:
    if isinstance(value, Ref):
        return {"@id": iri(value.iri)}
    if isinstance(value, Node):
        return _json_node(value)
    found = {"@value": value.value}
    return found | ({"@language": value.language} if value.language else {"@type": value.kind} if value.kind else {})


def rdf_xml(graph: Graph) -> bytes:
    """RDF/XML, a description a node."""
    spaces = "".join(f' xmlns:{name}="{space}"' for name, space in PREFIXES.items())
    body = "".join(_xml_node(node) for node in graph.nodes.values())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF{spaces}>\n{body}</rdf:RDF>\n'.encode()


def _xml_node(node: Node) -> str:
    about = f' rdf:about="{escape(iri(node.iri))}"' if node.iri else ""
    types = "".join(f'<rdf:type rdf:resource="{_expand(one)}"/>' for one in node.types)
    inner = "".join(_xml_pair(name, value) for name, value in node.pairs)
    return f"<rdf:Description{about}>{types}{inner}</rdf:Description>\n"


def _xml_pair(name: str, value: Value) -> str:
    if isinstance(value, Ref):
        return f'<{name} rdf:resource="{escape(iri(value.iri))}"/>'
    if isinstance(value, Node):
        return f"<{name}>{_xml_node(value)}</{name}>"
    mark = f' xml:lang="{value.language}"' if value.language else ""
    kind = f' rdf:datatype="{_expand(value.kind)}"' if value.kind else ""
    return f"<{name}{mark}{kind}>{escape(value.value)}</{name}>"


def _expand(short: str) -> str:
    prefix, _, name = short.partition(":")
    return PREFIXES[prefix] + name
