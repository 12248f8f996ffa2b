"""What the contracts pages show."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from chain.contracts.models import ContractRelease


class Release(BaseModel):
    """One line of the deployment journal."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    environment: str = Field(examples=["production"])
    name: str = Field(examples=["AnchorRegistry"])
    version: str = Field(examples=["1"])
    chain_id: int
    address: str = Field(description="合约地址", examples=["0x5fbdb2315678afecb367f032d93f642f64180aa3"])
    tx_hash: str
    code_hash: str = Field(description="运行代码的 SHA-256，十六进制")
    deployer: str
    state: str = Field(description="prepared 已签名待上链 · live 已上线 · void 作废 · superseded 已被替换")
    block_number: int | None
    gas_used: int | None
    created_at: datetime
    live_at: datetime | None


class ReleasePage(BaseModel):
    """A page of releases."""

    items: list[Release]
    total: int
    page: int
    size: int


def release_page(rows: list[ContractRelease], total: int, page: int, size: int) -> ReleasePage:
    """Build the page."""
    return ReleasePage(items=[Release.model_validate(row) for row in rows], total=total, page=page, size=size)
