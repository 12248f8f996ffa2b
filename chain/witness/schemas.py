"""What crosses the wire about witnesses and checkpoints."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern="^04[0-9a-f]{128}$")]


class WitnessOut(BaseModel):
    """One witness and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str = Field(examples=["区审计局"])
    department_id: uuid.UUID | None
    department: str | None = Field(description="所属单位名称")
    key: str = Field(description="SM2 公钥，130 位十六进制")
    url: str | None = Field(description="平台请求签名的地址；空为见证方主动来取")
    state: str = Field(description="active 在用 · retired 已停用（既有签名有效） · revoked 已撤销（签名不再计入）", examples=["active"])
    signed: int = Field(description="已签检查点数")
    last_signed_at: datetime | None
    problem: str | None = Field(description="最近一次未签名的原因代码")
    problem_stream: str | None
    problem_at: datetime | None
    created_at: datetime


class WitnessList(BaseModel):
    """Every witness, and how many a proof must show."""

    items: list[WitnessOut]
    quorum: int = Field(description="存证被认证所需的见证方数")
    total: int
    page: int = 1
    size: int


class WitnessIn(BaseModel):
    """A new witness."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    key: Key = Field(description="mulian witness init 显示的公钥")
    department_id: uuid.UUID | None = None
    url: Annotated[str, StringConstraints(max_length=300, pattern="^(https?://.+)?$")] | None = None


class EndIn(BaseModel):
    """How a witness ends."""

    revoke: bool = Field(description="true：密钥不再可信，既有签名不再计入")


class QuorumIn(BaseModel):
    """How many witnesses a proof must show."""

    quorum: int = Field(ge=0, le=64)


class QuorumOut(BaseModel):
    """How many witnesses a proof must show."""

    quorum: int


class CheckpointOut(BaseModel):
    """A checkpoint as the platform signed it; hexadecimal fields are lower case."""

    origin: str
    stream: str = Field(examples=["catalog"])
    size: int
    root: str
    time: str
    key: str
    signature: str


class CheckpointList(BaseModel):
    """The newest checkpoint of every stream and epoch."""

    items: list[CheckpointOut]
    total: int
    page: int = 1
    size: int


class AcceptedOut(BaseModel):
    """How many cosignatures were new."""

    accepted: int
