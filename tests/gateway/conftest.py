"""Fixtures of the gateway's tests."""

from collections.abc import Callable, Iterator

import pytest

from catalog.demands.events import DemandApproved
from gateway.events import InterfacePublished
from gateway.grants import service as grants
from kernel.events import subscribe
from kernel.runtime import Runtime
from tests.gateway.support import District, Script, Upstream


@pytest.fixture(autouse=True, scope="session")
def wired() -> None:
    """What mulian/wiring.py subscribes (registering twice has no effect)."""
    subscribe(DemandApproved, grants.on_demand_approved)
    subscribe(InterfacePublished, grants.on_interface_published)


@pytest.fixture
def district(runtime: Runtime) -> District:
    """A provider, a consumer and a published entry."""
    return District(runtime)


@pytest.fixture
def upstream() -> Iterator[Callable[[Script], Upstream]]:
    """Start upstreams that answer by script."""
    started: list[Upstream] = []

    def start(script: Script) -> Upstream:
        started.append(Upstream(script))
        return started[-1]

    yield start
    for one in started:
        one.close()
