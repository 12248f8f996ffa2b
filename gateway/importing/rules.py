"""An OpenAPI document as proposals of interfaces, each with what a person must look at. Pure."""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from gateway.importing import errors
from gateway.importing.contracts import Resolver, shape_of
from gateway.interfaces.rules import definition_fault
from gateway.interfaces.schemas import Definition
from kernel.outbound.rules import Allowed, origin_of

METHODS = ("get", "head", "post", "put", "patch", "delete")
LIMIT_PATHS = 200
_PATH = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._-]{0,60}){1,6}")
Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """An error stops its interface, a warning wants a decision, an info says what was assumed."""

    severity: Severity
    text: str


@dataclass
class Proposal:
    """One interface that could be drafted. ``definition`` None: not without changes to the description."""

    code: str
    name: str
    path: str
    definition: dict[str, Any] | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether it can be drafted as it is."""
        return self.definition is not None and not any(one.severity == "error" for one in self.findings)


def proposals(
    document: Mapping[str, Any], *, server: str, prefix: str, items: Mapping[str, uuid.UUID],
) -> list[Proposal]:
    """Return what the paths of a document would become, below ``prefix`` of the gateway.

    ``server``: the upstream's address, "" for the document's own. ``items``: the data items of the entry by name;
    a field with an item's name as its title is bound to it. Raises ``gateway.import.version`` and ``.server``.
    """
    version = str(document.get("openapi", document.get("swagger", "?")))
    if not version.startswith(("3.0", "3.1")):
        raise errors.VERSION(version=version[:20])
    base, resolve = _server(document, server), Resolver(document)
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise errors.UNREADABLE(reason="没有 paths")
    if len(paths) > LIMIT_PATHS:
        raise errors.TOO_LARGE(reason=f"超过 {LIMIT_PATHS} 个路径")
    made = [_proposal(resolve, str(path), resolve(one), base, prefix, items) for path, one in paths.items()]
    _tell_twins(made)
    return made


def _server(document: Mapping[str, Any], given: str) -> str:
    servers = document.get("servers")
    first = servers[0] if isinstance(servers, list) and servers and isinstance(servers[0], dict) else {}
    url = (given or str(first.get("url", ""))).rstrip("/")
    try:
        origin_of(url, Allowed())
    except ValueError as error:
        raise errors.SERVER(problem=str(error)) from error
    return url


def _proposal(
    resolve: Resolver, path: str, item: dict[str, Any], base: str, prefix: str, items: Mapping[str, uuid.UUID],
) -> Proposal:
    still, _, rest = path.partition("/{")
    own = prefix.rstrip("/") + still.rstrip("/")
    operations = {method: resolve(item[method]) for method in METHODS if isinstance(item.get(method), dict)}
    first = next(iter(operations.values()), {})
    code = re.sub(r"[^a-z0-9]+", "-", own.lower()).strip("-")[:58]
    name = str(first.get("summary") or first.get("operationId") or path)[:200]
    found = Proposal(code if code[:1].isalpha() else f"i-{code}"[:58], name, own)
    if not operations:
        found.findings.append(Finding("error", "没有可用的请求方法"))
    if not _PATH.fullmatch(own) or len(own) > 200:
        found.findings.append(Finding("error", f"地址 {own[:100]} 不符合要求"))
    if rest:
        found.findings.append(Finding("info", f"路径参数 /{{{rest} 由接口地址之后的路径原样转给数据源"))
    _define(found, resolve, operations, base + still, items)
    return found


def _define(
    found: Proposal, resolve: Resolver, operations: Mapping[str, dict[str, Any]], url: str,
    items: Mapping[str, uuid.UUID],
) -> None:
    shape = next((one for one in (shape_of(resolve, schema) for schema in _answers(resolve, operations)) if one), None)
    if shape is None:
        found.findings.append(Finding("error", "没有声明 JSON 返回字段，无法逐字段授权"))
        return
    found.findings += [Finding("warning", one) for one in shape.left_out]
    for one in shape.fields:
        if one["title"] in items:
            one["item_id"] = str(items[one["title"]])
        else:
            found.findings.append(Finding("warning", f"字段 {one['name']} 没有对应的数据项"))
        if one["sensitive"]:
            found.findings.append(Finding("info", f"字段 {one['name']} 疑似敏感，已设为缺省脱敏（{one['mask']}）"))
    if any(one.get("security") for one in operations.values()):
        found.findings.append(Finding("warning", "数据源需要认证，须为上游配置登录或密钥"))
    definition = {
        "methods": [method.upper() for method in operations], "auth": "mulian-sm3-v1",
        "source": {"kind": "http", "url": url},
        "contract": {"mode": "fields", "fields": shape.fields, "items": shape.items, "passthrough": shape.passthrough,
                     "row_key": ""},
    }
    try:
        found.definition = Definition.model_validate(definition).model_dump(mode="json")
    except ValidationError as error:
        found.findings.append(Finding("error", f"定义不正确：{error.errors()[0]['loc']}"))
        return
    fault = definition_fault(found.definition)
    if fault is not None:
        found.findings.append(Finding("error", f"{fault[0]}：{fault[1]}"))


def _answers(resolve: Resolver, operations: Mapping[str, dict[str, Any]]) -> Iterator[Any]:
    """The schemas of successful JSON answers."""
    for operation in operations.values():
        responses = operation.get("responses")
        for status, one in (responses if isinstance(responses, dict) else {}).items():
            content = resolve(one).get("content")
            if str(status).startswith("2") and isinstance(content, dict):
                yield from (resolve(media).get("schema") for kind, media in content.items() if "json" in str(kind))


def _tell_twins(made: list[Proposal]) -> None:
    """Two paths that differ in their parameters only are one interface here: the first of them has it."""
    seen: dict[str, Proposal] = {}
    for one in made:
        if one.path in seen:
            one.findings.append(Finding("error", f"与「{seen[one.path].name}」的地址相同，已由它的下级路径转发"))
        else:
            seen[one.path] = one
