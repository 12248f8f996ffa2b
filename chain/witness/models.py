"""Tables of witnesses and of what they signed. Rows are never deleted: proofs carry them."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant


class AnchorWitness(Base):
    """One witness: ``key`` 65 bytes (SM2), ``url`` where it is asked, None when it fetches by itself.

    ``state``: active; retired (asked no more, its cosignatures count); revoked (they no longer count).
    ``problem`` is the code of why it last refused or did not answer, ``problem_stream`` about what.
    """

    __tablename__ = "anchor_witness"
    __table_args__ = (UniqueConstraint("key"), UniqueConstraint("name"))
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    key: Mapped[bytes] = mapped_column(LargeBinary)
    url: Mapped[str | None] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(String(60))
    problem_stream: Mapped[str | None] = mapped_column(String(32))
    problem_at: Mapped[datetime | None] = mapped_column(Instant())
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("audit_log.id"))


class AnchorCosignature(Base):
    """What a witness signed about the checkpoint of a batch; ``time`` is the witness's own clock."""

    __tablename__ = "anchor_cosignature"
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("anchor_batch.id"), primary_key=True)
    witness_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("anchor_witness.id"), primary_key=True)
    time: Mapped[datetime] = mapped_column(Instant())
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Instant())


class AnchorTimestamp(Base):
    """A time stamp (RFC 3161) over a batch's checkpoint: ``token`` is DER, ``time`` the authority's."""

    __tablename__ = "anchor_timestamp"
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("anchor_batch.id"), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    time: Mapped[datetime] = mapped_column(Instant())
    received_at: Mapped[datetime] = mapped_column(Instant())
