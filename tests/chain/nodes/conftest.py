"""Networks whose nodes are registered: a fake Besu on real blocks, and people who propose and decide."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import NodeProvider, in_process
from chain.nodes import sampling, service
from chain.nodes.models import ChainNode
from kernel.db import Database
from kernel.home import Home
from kernel.identity import service as identity
from kernel.identity.actor import Actor, system_actor
from kernel.runtime import Runtime
from tests.chain.engines.besu import FakeBesu
from tests.support.accounts import PASSWORD

SYSTEM = system_actor("test")
LOOPBACK = ["127.0.0.0/8"]


@dataclass
class People:
    """Two persons with the rights of an operator and of the bureau."""

    maker: Actor
    checker: Actor


def person(database: Database, *permissions: str) -> Actor:
    """Create a user and return them as an actor with exactly these permissions."""
    def unit(session: Session) -> uuid.UUID:
        user, _ = identity.create_user(
            session, SYSTEM, username=f"u{uuid.uuid4().hex[:10]}", display_name="测试", role_keys=(), department_id=None,
            password=PASSWORD,
        )
        return user.id

    return Actor(database.run(unit), "测试", None, frozenset(permissions), "all")


@pytest.fixture
def people(database: Database) -> People:
    return People(
        person(database, "chain.node.manage", "chain.vote.propose", "chain.vote.approve"),
        person(database, "chain.vote.approve"),
    )


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProvider]:
    """A rehearsal chain behind the fake nodes; its head is as old as the module."""
    place = Home(tmp_path_factory.mktemp("nodes") / "home")
    place.prepare()
    with Node(place, Options(rehearsal=True, idle=1)) as node, in_process(node) as provider:
        yield provider


@pytest.fixture
def besu(blocks: NodeProvider) -> Iterator[FakeBesu]:
    """Five nodes, four of them validators."""
    with FakeBesu(blocks, nodes=5, validators=4).serve() as network:
        yield network


@pytest.fixture
def installed(database: Database, besu: FakeBesu) -> Runtime:
    """An installation whose own node is the first of the network; all five are registered and managed."""
    assert database.runtime is not None
    use_ledger(database.runtime, besu.nodes[0].ledger())
    database.runtime.settings = database.runtime.settings.model_copy(update={"rpc_url": besu.nodes[0].url})

    def unit(session: Session) -> None:
        for index, node in enumerate(besu.nodes[1:], 1):
            register(session, f"node{index}", node.url)

    database.run(unit)
    sampling.sample(database.runtime)
    return database.runtime


def register(session: Session, name: str, url: str, **options: Any) -> ChainNode:
    """Register a node on loopback."""
    return service.register(
        session, SYSTEM, name=name, url=url, role="observer", declared=LOOPBACK, managed=True, **options
    )
