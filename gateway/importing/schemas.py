"""OpenAPI import on the wire."""

import uuid
from typing import Annotated

from pydantic import Field

from gateway.interfaces.schemas import Definition
from kernel.identity.schemas import Wire


class DescriptionIn(Wire):
    """A description of an upstream."""

    entry_id: uuid.UUID
    text: Annotated[str, Field(min_length=2, max_length=1_000_000, description="OpenAPI 3.0 或 3.1 的 JSON 或 YAML 全文")]
    server: Annotated[str, Field(max_length=500, description="上游地址；缺省取文件中的 servers")] = ""
    prefix: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9][A-Za-z0-9._-]{0,60}){0,3}$", examples=["/xc"],
        description="对外地址的前缀")] = "/xc"


class DraftsIn(DescriptionIn):
    """The same description, and which of its proposals to draft."""

    codes: Annotated[list[str], Field(min_length=1, max_length=200)]


class FindingOut(Wire):
    """What a person must look at."""

    severity: str
    text: str


class ProposalOut(Wire):
    """An interface that could be drafted."""

    code: str
    name: str
    path: str
    usable: bool
    definition: Definition | None
    findings: list[FindingOut]


class Proposals(Wire):
    """What a description would become."""

    items: list[ProposalOut]


class Drafted(Wire):
    """The drafts that were made."""

    codes: list[str]
