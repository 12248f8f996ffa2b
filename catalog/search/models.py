"""The search document of a node. The full-text tables are made by the migration, one form a database."""

import uuid

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class SearchDoc(Base):
    """What a search compares with: code, title and body of a node in normal form."""

    __tablename__ = "search_doc"
    __table_args__ = (Index("ix_search_doc_node_kind_department_id", "node_kind", "department_id"),)
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    code: Mapped[str] = mapped_column(String(200), index=True)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)


class SearchPart(Base):
    """A part of a document; its id is the row of the full-text index."""

    __tablename__ = "search_part"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("search_doc.node_id", ondelete="CASCADE"), index=True)
