"""Tables of the four levels, their links, their versions and the open change of a published node."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class NodeColumns:
    """What every node of the directory has. ``revision`` counts edits (ETag), ``version`` publications."""

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(160), unique=True)
    name: Mapped[str] = mapped_column(String(400))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    office: Mapped[str | None] = mapped_column(String(200))
    region: Mapped[str | None] = mapped_column(String(12))
    status: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(Integer, default=1)
    version: Mapped[int] = mapped_column(Integer, default=0)
    entry_hash: Mapped[str | None] = mapped_column(String(64))
    valid_from: Mapped[datetime | None] = mapped_column(Instant())
    valid_to: Mapped[datetime | None] = mapped_column(Instant())
    source: Mapped[str] = mapped_column(String(40))
    legacy_code: Mapped[str | None] = mapped_column(String(500))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    updated_by: Mapped[uuid.UUID | None]
    updated_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class Duty(NodeColumns, Base):
    """L1 职责目录: what the law makes a department do."""

    __tablename__ = "duty"
    __table_args__ = (UniqueConstraint("source", "legacy_code"),)
    basis_doc: Mapped[str | None] = mapped_column(String(400))
    basis_text: Mapped[str | None] = mapped_column(Text)
    duty_type: Mapped[str] = mapped_column(String(20))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("duty.id"))
    effective_on: Mapped[str | None] = mapped_column(String(10))
    abolished_by: Mapped[str | None] = mapped_column(String(400))


class DataEntry(NodeColumns, Base):
    """L2 数据目录: one data resource. ``level`` 1–4 general, 5 important, 6 core (GB/T 43697)."""

    __tablename__ = "data_entry"
    __table_args__ = (
        UniqueConstraint("source", "legacy_code"),
        Index("ix_data_entry_department_id_status", "department_id", "status"),
    )
    class_code: Mapped[str | None] = mapped_column(String(40))
    abstract: Mapped[str] = mapped_column(Text)
    keywords: Mapped[list[str]] = mapped_column(JSONText())
    theme: Mapped[str | None] = mapped_column(String(40), index=True)
    theme_text: Mapped[str | None] = mapped_column(String(100))
    formats: Mapped[list[str]] = mapped_column(JSONText())
    format_class: Mapped[str | None] = mapped_column(String(20))
    share_type: Mapped[str | None] = mapped_column(String(20))
    share_condition: Mapped[str | None] = mapped_column(Text)
    no_share_basis: Mapped[str | None] = mapped_column(Text)
    share_mode: Mapped[str | None] = mapped_column(String(20))
    share_method: Mapped[str | None] = mapped_column(String(20))
    open_type: Mapped[str | None] = mapped_column(String(20))
    open_condition: Mapped[str | None] = mapped_column(Text)
    update_cycle: Mapped[str | None] = mapped_column(String(20))
    update_cycle_text: Mapped[str | None] = mapped_column(String(200))
    published_on: Mapped[str | None] = mapped_column(String(10))
    data_updated_at: Mapped[datetime | None] = mapped_column(Instant())
    data_update_source: Mapped[str | None] = mapped_column(String(10))
    related_codes: Mapped[list[str]] = mapped_column(JSONText())
    level: Mapped[int] = mapped_column(Integer)
    data_range: Mapped[str | None] = mapped_column(Text)
    use_scene: Mapped[str | None] = mapped_column(Text)
    record_count: Mapped[int | None] = mapped_column(Integer)
    storage: Mapped[str | None] = mapped_column(String(100))
    authoritative: Mapped[bool] = mapped_column(Boolean)
    source_url: Mapped[str | None] = mapped_column(String(500))
    online: Mapped[bool] = mapped_column(Boolean)


class DataItem(Base):
    """L2a 数据项 of an entry; its share attributes may only be stricter than the entry's."""

    __tablename__ = "data_item"
    __table_args__ = (UniqueConstraint("entry_id", "number"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(180), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    data_type: Mapped[str | None] = mapped_column(String(20))
    length: Mapped[int | None] = mapped_column(Integer)
    precision: Mapped[int | None] = mapped_column(Integer)
    code_set: Mapped[str | None] = mapped_column(String(100))
    share_type: Mapped[str | None] = mapped_column(String(20))
    open_type: Mapped[str | None] = mapped_column(String(20))
    level: Mapped[int] = mapped_column(Integer)
    sensitive: Mapped[bool] = mapped_column(Boolean)
    pii: Mapped[bool] = mapped_column(Boolean)
    is_key: Mapped[bool] = mapped_column(Boolean)


class System(NodeColumns, Base):
    """L3 系统目录: an information system."""

    __tablename__ = "system"
    __table_args__ = (UniqueConstraint("source", "legacy_code"),)
    short_name: Mapped[str | None] = mapped_column(String(100))
    phase: Mapped[str] = mapped_column(String(20))
    mlps_level: Mapped[int | None] = mapped_column(Integer)
    network: Mapped[str | None] = mapped_column(String(20))
    hosting: Mapped[str | None] = mapped_column(String(200))
    live_on: Mapped[str | None] = mapped_column(String(10))
    retired_on: Mapped[str | None] = mapped_column(String(10))
    builder: Mapped[str | None] = mapped_column(String(200))
    maintainer: Mapped[str | None] = mapped_column(String(200))
    has_interface: Mapped[bool] = mapped_column(Boolean)
    no_interface_reason: Mapped[str | None] = mapped_column(Text)
    project_numbers: Mapped[list[str]] = mapped_column(JSONText())


class DbTable(NodeColumns, Base):
    """L4 库表目录: a table of a system (the system is named by ``system_table``)."""

    __tablename__ = "db_table"
    __table_args__ = (UniqueConstraint("source", "legacy_code"),)
    db_kind: Mapped[str | None] = mapped_column(String(40))
    schema_name: Mapped[str | None] = mapped_column(String(128))
    table_name: Mapped[str] = mapped_column(String(128))
    kind: Mapped[str] = mapped_column(String(20))
    row_count: Mapped[int | None] = mapped_column(Integer)
    last_update_at: Mapped[datetime | None] = mapped_column(Instant())


class DbColumn(Base):
    """L4a 字段 of a table."""

    __tablename__ = "db_column"
    __table_args__ = (UniqueConstraint("table_id", "number"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    table_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("db_table.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    name_zh: Mapped[str | None] = mapped_column(String(200))
    data_type: Mapped[str] = mapped_column(String(60))
    length: Mapped[int | None] = mapped_column(Integer)
    nullable: Mapped[bool] = mapped_column(Boolean)
    is_key: Mapped[bool] = mapped_column(Boolean)
    level: Mapped[int] = mapped_column(Integer, default=1)
    sensitive: Mapped[bool] = mapped_column(Boolean)
    encrypted: Mapped[bool] = mapped_column(Boolean)


class LinkColumns:
    """A link between two nodes; both ends belong to the hash of neither, the link is a row of its own.

    ``version`` 0 is a draft; a link that was decided has its last version and its hash (catalog.links).
    """

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, default=0)
    entry_hash: Mapped[str | None] = mapped_column(String(64))
    batch_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class DutyData(LinkColumns, Base):
    """Which data a duty produces."""

    __tablename__ = "duty_data"
    __table_args__ = (UniqueConstraint("duty_id", "entry_id"),)
    duty_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("duty.id", ondelete="CASCADE"))
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"), index=True)


class DataSystem(LinkColumns, Base):
    """Which system holds a data entry."""

    __tablename__ = "data_system"
    __table_args__ = (UniqueConstraint("entry_id", "system_id"),)
    entry_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_entry.id", ondelete="CASCADE"))
    system_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("system.id", ondelete="CASCADE"), index=True)


class SystemTable(LinkColumns, Base):
    """Which system a table belongs to: exactly one."""

    __tablename__ = "system_table"
    system_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("system.id", ondelete="CASCADE"), index=True)
    table_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("db_table.id", ondelete="CASCADE"), unique=True)


class ItemColumn(LinkColumns, Base):
    """Which column holds a data item."""

    __tablename__ = "item_column"
    __table_args__ = (UniqueConstraint("item_id", "column_id"),)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("data_item.id", ondelete="CASCADE"))
    column_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("db_column.id", ondelete="CASCADE"), index=True)


class NodeVersion(Base):
    """A published version: the canonical content, its hash and the hash before it. Insert only."""

    __tablename__ = "node_version"
    __table_args__ = (
        UniqueConstraint("node_kind", "node_id", "version"),
        # history is answered from this index alone; contents are read for the rows of one page
        Index(
            "ix_node_version_history", "node_kind", "node_id", "version", "valid_from", "action", "department_id",
            "code",
        ),
    )
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID]
    version: Mapped[int] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(160))
    department_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    content: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str | None] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[datetime] = mapped_column(Instant())
    author_id: Mapped[uuid.UUID | None]
    approver_id: Mapped[uuid.UUID | None]
    audit_id: Mapped[uuid.UUID]


class NodeChange(Base):
    """The open change of a published node: the whole proposed state, so readers keep seeing the old one."""

    __tablename__ = "node_change"
    node_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    base_version: Mapped[int] = mapped_column(Integer)
    proposed: Mapped[dict[str, object]] = mapped_column(JSONText())
    updated_by: Mapped[uuid.UUID | None]
    updated_at: Mapped[datetime] = mapped_column(Instant())


class NodeEdit(Base):
    """One edit: the values it replaced, so that an editor who saw an older revision is shown what changed since.

    ``action`` is edit, refresh (only ungoverned fields) or discard; ``revision`` is the one it made, ``version`` the
    published one at that time. ``before`` holds the replaced fields, ``children`` among them. Insert only.
    """

    __tablename__ = "node_edit"
    __table_args__ = (Index("ix_node_edit_node_id_revision", "node_id", "revision"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_kind: Mapped[str] = mapped_column(String(20))
    node_id: Mapped[uuid.UUID]
    revision: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    action: Mapped[str] = mapped_column(String(10))
    edited_by: Mapped[uuid.UUID | None]
    edited_name: Mapped[str] = mapped_column(String(100))
    edited_at: Mapped[datetime] = mapped_column(Instant())
    before: Mapped[dict[str, object]] = mapped_column(JSONText())
