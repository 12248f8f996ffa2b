"""Errors of registries. Append only: a code never changes."""

from kernel.errors import define

REGISTRY_UNKNOWN = define(
    "chain.registry.unknown", 404, zh="「{contract}」不是平台写入的登记合约",
    en="{contract} is no registry that the platform writes",
)
REGISTRY_COMPLETE = define(
    "chain.registry.complete", 409, zh="「{contract}」没有等待授予的角色", en="No role of {contract} waits to be given",
)
