"""What crosses the wire for the tree."""

import uuid

from pydantic import BaseModel, Field


class TreeNode(BaseModel):
    """A node of the tree; ``key`` is passed back as ``parent`` to open it."""

    key: str = Field(examples=["department:01890a5d-ac96-774b-bcce-b302099a8057"])
    kind: str = Field(description="kind、department、duty、unlinked、data_entry、system 或 db_table")
    id: uuid.UUID | None
    code: str
    name: str
    status: str | None = None
    version: int | None = None
    below: int = Field(description="下一级的数量")
    counts: dict[str, int] | None = Field(default=None, description="部门四级目录的数量")


class TreeLevel(BaseModel):
    """The children of one node; ``cut`` when there are more than shown."""

    items: list[TreeNode]
    cut: bool
