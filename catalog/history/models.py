"""The children of a version, kept beside it: the version's own content holds only their hashes."""

import uuid
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, JSONText


class VersionChildren(Base):
    """Items or columns from this version of a node on, until the next row of the node. Insert only.

    A version whose children are those of the version before has no row. ``content`` is a list of ``{"id", "number",
    "code", …}`` with every hashed field; ``digest`` is the SM3 of its stored form.
    """

    __tablename__ = "version_children"
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[list[dict[str, Any]]] = mapped_column(JSONText())
