"""Table of protected persons."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from crypto.scopes.registry import EncryptedColumn, EncryptedTable, declare
from crypto.scopes.rules import normalise_id_number
from crypto.scopes.types import EncryptedBytes
from kernel.db import Base, Instant


class ProtectedPerson(Base):
    """A person of a department's population data; name, ID number and phone exist only as envelopes."""

    __tablename__ = "protected_person"
    __table_args__ = (
        Index("ix_protected_person_dept_id_id", "dept_id", "id"),
        Index("ix_protected_person_dept_id_bi", "dept_id", "id_number_bi"),
        Index("ix_protected_person_dept_id_bi_next", "dept_id", "id_number_bi_next"),
        # rotation rewrites every row once: room on the page keeps the updates off the indexes
        {"postgresql_with": {"fillfactor": 50}},
    )
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    dept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("department.id"))
    name_env: Mapped[bytes | None] = mapped_column(EncryptedBytes())
    id_number_env: Mapped[bytes | None] = mapped_column(EncryptedBytes())
    phone_env: Mapped[bytes | None] = mapped_column(EncryptedBytes())
    id_number_bi: Mapped[bytes | None] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(Instant())
    id_number_bi_next: Mapped[bytes | None] = mapped_column(LargeBinary)


declare(
    EncryptedTable(
        name="protected_person",
        columns=(
            EncryptedColumn("name_env", zh="姓名", mask="name"),
            EncryptedColumn(
                "id_number_env", zh="公民身份号码", mask="id_number",
                blind_index="id_number_bi", normalise=normalise_id_number, blind_index_next="id_number_bi_next",
            ),
            EncryptedColumn("phone_env", zh="手机号码", mask="phone"),
        ),
    )
)
