"""Pure names of registries: subjects as 32 bytes, digests of what they commit to."""

import uuid
from typing import Any

from kernel import canonical
from kernel.digest import sm3_hex

CATALOG, INTERFACES, ROTATIONS = "CatalogRegistry", "InterfaceRegistry", "KeyRotationLog"
USAGE, RELEASES = "DataUsageLog", "ReleaseRegistry"
TITLES = {
    CATALOG: ("目录登记", "Catalogue"), INTERFACES: ("接口登记", "Interfaces"), ROTATIONS: ("密钥更换登记", "Key rotations"),
    USAGE: ("数据使用登记", "Data usage"), RELEASES: ("合约发布登记", "Releases"),
}
STATES = {"waiting": ("待上链", "Waiting"), "final": ("已上链", "On the chain"), "skipped": ("未写入", "Not written")}
JOB = "chain.registry.flush"
# Status of InterfaceRegistry
RUNNING, RETIRED = 2, 4
# status of an entry of CatalogRegistry
PUBLISHED, WITHDRAWN = 1, 2


def id_word(given: uuid.UUID) -> str:
    """Return an id as the 32 bytes (hex) by which registries and their department roles name it."""
    return given.bytes.rjust(32, b"\0").hex()


def text_word(text: str) -> str:
    """Return ASCII text left-aligned in 32 bytes (hex); raise ValueError for what does not fit."""
    raw = text.encode("ascii")
    if len(raw) > 32:
        raise ValueError(text)
    return raw.ljust(32, b"\0").hex()


def commitment(document: dict[str, Any]) -> str:
    """Return the digest (SM3, hex) of a document in canonical form; with a salt in it where values can be guessed."""
    return sm3_hex(canonical.dumps(document))
