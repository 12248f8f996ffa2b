"""Installations with an approvals contract of two of three persons, who sign with keys that are never in it."""

from typing import Any

import pytest

from chain.contracts import handing, versions
from chain.contracts.models import ContractVersion
from chain.contracts.schemas import VersionIn
from chain.operations import queries
from chain.operations.models import ChainOperation
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from tests.chain.contracts.life import FORMAT
from tests.chain.operations.quick import NOBODY, Quick


class Board(Quick):
    """A registry that went through its whole life in the test environment, governed by persons."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        members = [one.address for one in self.persons]
        asked = {"read": "members", "returns": [members, "2"]}
        self.deploy(self.builtin("Approvals", asked, arguments=[members, "2"]))
        self.deploy(self.registry("1"))

    def registry(self, version: str) -> ContractVersion:
        """Hand in a version of the catalogue's registry."""
        first = {"method": "initialize", "arguments": ["@Approvals", NOBODY]}
        return self.builtin(
            "CatalogRegistry", {"read": "frozen", "returns": [False]}, version, kind="uups",
            initialiser=first if version == "1" else None, upgrader=None if version == "1" else "@Approvals",
        )

    def builtin(
        self, contract: str, step: dict[str, Any], version: str = "1", upgrader: str | None = None, **given: Any
    ) -> ContractVersion:
        """Hand in a contract of the program and rehearse it."""
        tests = {"format": FORMAT, "cases": [{"name": "one", "steps": [step]}]}
        body = VersionIn.model_validate({
            "name": contract, "contract": contract, "version": version, "builtin": True,
            "tests": tests | ({"upgrader": upgrader} if upgrader else {}), **given,
        })
        row = self.runtime.database.run(lambda session: handing.hand_in(session, self.maker, body))
        done = versions.rehearse(self.runtime, system_actor("test"), row.id)
        assert done.state == "ready", done.report
        return done

    def operation(self) -> ChainOperation:
        """Return the newest operation as it is now."""
        with self.runtime.database.read() as session:
            found = session.scalars(queries.operations(None)).first()
        assert found is not None
        return found


@pytest.fixture
def board(runtime: Runtime, watched: Any) -> Board:
    return Board(runtime)


@pytest.fixture
def quick(runtime: Runtime, watched: Any) -> Quick:
    found = Quick(runtime)
    found.proxied("CatalogRegistry")
    return found
