"""Text to a plain document, within bounds that are checked before anything is built."""

from collections.abc import Iterator
from typing import Any

import orjson
import yaml

from gateway.importing import errors

LIMIT_BYTES, LIMIT_NODES, LIMIT_DEPTH = 1_000_000, 60_000, 40
_PLAIN_TAGS = {None, "!"}


class _Loader(yaml.CSafeLoader):
    """Safe loading without dates: a version like 2026-01-01 stays the text that it is."""


_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str) -> dict[str, Any]:
    """Return the document; raise ``gateway.import.*`` for what is too large, refers outside or is no mapping."""
    if len(text.encode("utf-8", "surrogatepass")) > LIMIT_BYTES:
        raise errors.TOO_LARGE(reason=f"超过 {LIMIT_BYTES} 字节")
    found = _json(text) if text.lstrip()[:1] == "{" else _yaml(text)
    if not isinstance(found, dict):
        raise errors.UNREADABLE(reason="顶层不是对象")
    for ref in _references(found):
        if not ref.startswith("#/"):
            raise errors.REMOTE(ref=ref[:100])
    return found


def _json(text: str) -> Any:
    depth = deepest = nodes = 0
    quoted = escaped = False
    for char in text:
        if quoted:
            quoted, escaped = escaped or char != '"', char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "{[":
            depth += 1
            deepest, nodes = max(deepest, depth), nodes + 1
        elif char in "}]":
            depth -= 1
        elif char == ",":
            nodes += 1
    _bounded(deepest, nodes)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise errors.UNREADABLE(reason=str(error)[:200]) from error


def _yaml(text: str) -> Any:
    depth = nodes = documents = 0
    try:
        # events cost no memory: what would grow is refused before anything is composed
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            nodes += 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise errors.ALIASES()
            if getattr(event, "tag", None) not in _PLAIN_TAGS:
                raise errors.ALIASES()
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            _bounded(depth, nodes)
        if documents != 1:
            raise errors.UNREADABLE(reason=f"{documents} 个文档")
        return _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError) as error:
        raise errors.UNREADABLE(reason=str(error).splitlines()[0][:200] if str(error) else "YAML") from error


def _bounded(depth: int, nodes: int) -> None:
    if depth > LIMIT_DEPTH:
        raise errors.TOO_LARGE(reason=f"嵌套超过 {LIMIT_DEPTH} 层")
    if nodes > LIMIT_NODES:
        raise errors.TOO_LARGE(reason=f"超过 {LIMIT_NODES} 个元素")


def _references(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            ref = one.get("$ref")
            if isinstance(ref, str):
                yield ref
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
