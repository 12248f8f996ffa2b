"""What a consumer would notice: whether one definition can replace another without breaking its callers. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Definition = Mapping[str, Any]


def breaking(before: Definition, after: Definition) -> list[str]:
    """Return why callers of ``before`` may break under ``after``, in Chinese, [] when they cannot."""
    return [*_call(before, after), *_fields(before["contract"], after["contract"]), *_shape(before, after),
            *_parameters(before["source"], after["source"])]


def _call(before: Definition, after: Definition) -> Iterator[str]:
    gone = sorted(set(before["methods"]) - set(after["methods"]))
    if gone:
        yield f"不再支持请求方法 {'、'.join(gone)}"
    if before["auth"] != after["auth"]:
        yield f"认证方式由 {before['auth']} 改为 {after['auth']}"
    if after["body_limit"] < before["body_limit"]:
        yield f"请求体上限由 {before['body_limit']} 字节降为 {after['body_limit']} 字节"
    accepted = {one["profile"]: set(one["addresses"]) for one in after.get("accepts", [])}
    for one in before.get("accepts", []):
        if not set(one["addresses"]) <= accepted.get(one["profile"], set()):
            yield f"不再从原来的全部地址接受旧签名方式 {one['profile']}"


def _fields(before: Definition, after: Definition) -> Iterator[str]:
    new = {one["name"]: one for one in after["fields"]}
    for old in before["fields"]:
        found = new.get(old["name"])
        if found is None:
            yield f"去掉字段 {old['name']}"
        elif found["type"] != old["type"]:
            yield f"字段 {old['name']} 的类型由 {old['type']} 改为 {found['type']}"
        elif _hidden(found) and not _hidden(old):
            yield f"字段 {old['name']} 改为缺省脱敏"


def _hidden(field: Definition) -> bool:
    return bool(field["sensitive"] or field["encrypted"])


def _shape(before: Definition, after: Definition) -> Iterator[str]:
    old, new = before["contract"], after["contract"]
    if old["mode"] != new["mode"]:
        yield f"返回方式由 {old['mode']} 改为 {new['mode']}"
    if old["items"] != new["items"] or _wrapped(before) != _wrapped(after):
        yield "记录所在的位置改变"
    gone = sorted(set(old["passthrough"]) - set(new["passthrough"]))
    if gone:
        yield f"去掉顶层字段 {'、'.join(gone)}"


def _wrapped(definition: Definition) -> bool:
    """A declared table answers its rows under "items"."""
    return bool(definition["source"]["kind"] == "table")


def _parameters(before: Definition, after: Definition) -> Iterator[str]:
    old = {one["name"]: one for one in before.get("parameters", [])}
    new = {one["name"]: one for one in after.get("parameters", [])}
    for name, one in old.items():
        if name not in new:
            yield f"去掉参数 {name}"
        elif (one["type"], one["op"]) != (new[name]["type"], new[name]["op"]):
            yield f"参数 {name} 的含义改变"
    for name, one in new.items():
        if one["required"] and not old.get(name, {"required": False})["required"]:
            yield f"参数 {name} 成为必填"
