"""Fixtures of the gateway's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel.runtime import Runtime
from tests.gateway.plane import Plane
from tests.gateway.support import District, Script, Upstream


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


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[Callable[..., Plane]]:
    """Start a worker's data plane in a thread."""
    started: list[Plane] = []

    def start(*rows: dict[str, Any], **options: Any) -> Plane:
        started.append(Plane(tmp_path / str(len(started)), list(rows), **options))
        return started[-1]

    yield start
    for one in started:
        one.close()
