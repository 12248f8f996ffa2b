"""Encrypted tables of the tests with keys and envelopes of every form: declared and created while a test runs."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, declared_attr, mapped_column

from crypto.scopes import registry
from crypto.scopes import service as scopes
from crypto.scopes.registry import EncryptedColumn, EncryptedTable
from crypto.scopes.rules import normalise_text
from crypto.scopes.types import EncryptedBytes, EncryptedText, text_key
from kernel.db import Base, Database
from kernel.identity.actor import system_actor


class _Own(DeclarativeBase):
    """Not the program's: no migration knows these tables."""


class _Fields:
    """As every encrypted table: indexes that begin with the department, room on the pages."""

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:
        columns = ("code", "value_bi", "value_bi_next")
        return (
            *(Index(f"ix_{cls.__name__.lower()}_dept_id_{column}", "dept_id", column) for column in columns),
            {"postgresql_with": {"fillfactor": 50}},
        )

    dept_id: Mapped[uuid.UUID]
    value_env: Mapped[bytes | None] = mapped_column(EncryptedBytes())
    value_bi: Mapped[bytes | None] = mapped_column(LargeBinary)
    value_bi_next: Mapped[bytes | None] = mapped_column(LargeBinary)


class TextKeyed(_Fields, _Own):
    """Rows whose key is a text."""

    __tablename__ = "test_text_keyed"
    code: Mapped[str] = mapped_column(text_key(), primary_key=True)


class UuidKeyed(_Fields, _Own):
    """Rows whose key is a UUID."""

    __tablename__ = "test_uuid_keyed"
    code: Mapped[uuid.UUID] = mapped_column(primary_key=True)


class IntegerKeyed(_Fields, _Own):
    """Rows whose key is a bigint, beside the others in benchmarks."""

    __tablename__ = "test_integer_keyed"
    code: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class TextEnvelopes(_Fields, _Own):
    """Rows with envelopes of both forms: ``value_env`` is a text here, ``name_env`` is not."""

    __tablename__ = "test_text_envelopes"
    code: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    value_env: Mapped[bytes | None] = mapped_column(EncryptedText())
    name_env: Mapped[bytes | None] = mapped_column(EncryptedBytes())


Keyed = type[TextKeyed] | type[UuidKeyed] | type[IntegerKeyed] | type[TextEnvelopes]


@contextmanager
def declared(database: Database, model: Keyed, departments: list[uuid.UUID]) -> Iterator[EncryptedTable]:
    """Create the table, declare it and make its scopes; afterwards nothing of it is left in this process."""
    table = model.metadata.tables[model.__tablename__].to_metadata(Base.metadata)
    columns = [EncryptedColumn(
        "value_env", zh="样例值", mask="id_number", blind_index="value_bi", normalise=normalise_text,
        blind_index_next="value_bi_next",
    )]
    if "name_env" in table.c:
        columns.append(EncryptedColumn("name_env", zh="样例名", mask="name"))
    encrypted = EncryptedTable(name=table.name, columns=tuple(columns), key_column="code")

    def make(session: Session) -> None:
        table.create(session.connection())
        scopes.declare(session, system_actor("test"), table=table.name, department_ids=departments)

    try:
        registry.declare(encrypted)
        database.run(make)
        yield encrypted
    finally:
        registry._tables.pop(table.name, None)
        Base.metadata.remove(table)
