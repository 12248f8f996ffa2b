"""Tables: nodes, their health samples and hours, votes on validators, accounts that may send."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Instant, JSONText


class ChainNode(Base):
    """A registered node. ``role``: validator or observer; ``department_id`` None: the platform's.

    ``own``: the node that the platform itself uses. ``managed``: the platform votes and sets lists through its RPC.
    ``declared``: private address ranges that its RPC may lie in. ``engine``, ``state``, ``members`` are what the last
    look showed; ``members`` maps each validator to the blocks that it sealed lately. ``lists`` is what was set there
    last and the drift found since: {"nodes": [...] or null, "accounts": ..., "drift": [text, ...]}.
    """

    __tablename__ = "chain_node"
    __table_args__ = (UniqueConstraint("url"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(12))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())
    own: Mapped[bool] = mapped_column(Boolean)
    enabled: Mapped[bool] = mapped_column(Boolean)
    managed: Mapped[bool] = mapped_column(Boolean)
    enode: Mapped[str | None] = mapped_column(String(300))
    signer: Mapped[str | None] = mapped_column(String(42))
    contact: Mapped[str] = mapped_column(String(120))
    declared: Mapped[list[str]] = mapped_column(JSONText())
    engine: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    since: Mapped[datetime | None] = mapped_column(Instant())
    members: Mapped[dict[str, int] | None] = mapped_column(JSONText())
    lists: Mapped[dict[str, Any] | None] = mapped_column(JSONText())
    version: Mapped[int] = mapped_column(Integer)


class ChainNodeSample(Base):
    """What one look at a node showed; ``state`` as in ``rules.State``. ``latency`` is microseconds of one round trip,
    ``lag`` blocks behind the highest node of the same look, ``skew`` seconds of its clock before ours."""

    __tablename__ = "chain_node_sample"
    __table_args__ = (Index("ix_chain_node_sample_node_id_at", "node_id", "at"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_node.id"))
    at: Mapped[datetime] = mapped_column(Instant())
    state: Mapped[str] = mapped_column(String(12))
    height: Mapped[int | None] = mapped_column(BigInteger)
    head_at: Mapped[datetime | None] = mapped_column(Instant())
    pending: Mapped[int | None] = mapped_column(Integer)
    latency: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(300))
    lag: Mapped[int | None] = mapped_column(BigInteger)
    peers: Mapped[int | None] = mapped_column(Integer)
    skew: Mapped[int | None] = mapped_column(BigInteger)


class ChainNodeHour(Base):
    """An hour of samples, for long charts and the run analysis: counts by state, sums and extremes."""

    __tablename__ = "chain_node_hour"
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_node.id"), primary_key=True)
    hour: Mapped[datetime] = mapped_column(Instant(), primary_key=True)
    samples: Mapped[int] = mapped_column(Integer)
    states: Mapped[dict[str, int]] = mapped_column(JSONText())
    height: Mapped[int | None] = mapped_column(BigInteger)
    lag_max: Mapped[int] = mapped_column(BigInteger)
    latency_sum: Mapped[int] = mapped_column(BigInteger)
    latency_max: Mapped[int] = mapped_column(BigInteger)


class ChainNodeVote(Base):
    """A vote on a validator that two persons agreed to: casting → passed | expired | refused.

    ``casts`` says for each managed validator by name what came of asking it; ``outcome`` in words why it ended.
    """

    __tablename__ = "chain_node_vote"
    __table_args__ = (Index("ix_chain_node_vote_state", "state"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    node_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("chain_node.id"))
    address: Mapped[str] = mapped_column(String(42))
    add: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12))
    casts: Mapped[dict[str, str]] = mapped_column(JSONText())
    outcome: Mapped[str] = mapped_column(Text)
    approval_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("approval.id"))
    maker_name: Mapped[str] = mapped_column(String(120))
    checker_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(Instant())
    expires_at: Mapped[datetime] = mapped_column(Instant())
    finished_at: Mapped[datetime | None] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]


class ChainAllowedAccount(Base):
    """An account that may send; with none listed, lists of accounts are left as the nodes have them."""

    __tablename__ = "chain_allowed_account"
    __table_args__ = (UniqueConstraint("address"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(String(42))
    note: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("department.id"))
    created_at: Mapped[datetime] = mapped_column(Instant())
    audit_id: Mapped[uuid.UUID]
