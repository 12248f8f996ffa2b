"""An installation with an approvals contract of two of three persons, who sign with keys that are never in it."""

from typing import Any

import pytest

from chain.contracts import handing, versions
from chain.contracts.models import ContractVersion
from chain.contracts.schemas import VersionIn
from chain.ledger import accounts
from chain.operations import carrying, queries, rules, service
from chain.operations.models import ChainOperation
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime
from tests.chain.contracts.life import FORMAT, Life

NOBODY = "0x" + "00" * 20


def suite(method: str, returns: list[Any], **more: Any) -> dict[str, Any]:
    """A suite of one read."""
    return {"format": FORMAT, "cases": [{"name": method, "steps": [{"read": method, "returns": returns}]}], **more}


class Board(Life):
    """Approvals and a registry that it governs, both live in the test environment."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.persons = [accounts.new_signer() for _ in range(3)]
        members = [one.address for one in self.persons]
        self.deploy(self.builtin("Approvals", "1", suite("members", [members, "2"]), arguments=[members, "2"]))
        self.deploy(self.registry("1"))

    def registry(self, version: str) -> ContractVersion:
        """Hand in a version of the catalogue's registry."""
        first = {"method": "initialize", "arguments": ["@Approvals", NOBODY]}
        tests = suite("frozen", [False]) if version == "1" else suite("frozen", [False], upgrader="@Approvals")
        return self.builtin(
            "CatalogRegistry", version, tests, kind="uups", initialiser=first if version == "1" else None
        )

    def builtin(self, contract: str, version: str, tests: Any, **given: Any) -> ContractVersion:
        """Hand in a contract of the program and rehearse it."""
        body = VersionIn.model_validate(
            {"name": contract, "contract": contract, "version": version, "builtin": True, "tests": tests, **given}
        )
        row = self.runtime.database.run(lambda session: handing.hand_in(session, self.maker, body))
        done = versions.rehearse(self.runtime, system_actor("test"), row.id)
        assert done.state == "ready", done.report
        return done

    def operation(self) -> ChainOperation:
        """Return the newest operation as it is now."""
        with self.runtime.database.read() as session:
            return session.scalars(queries.operations(None)).first()  # type: ignore[return-value]

    def sign(self, row: ChainOperation, *persons: int) -> ChainOperation:
        """Let persons sign offline and import what they hand back."""
        given = [rules.signed(service.document(row), self.persons[one]) for one in persons]
        return self.runtime.database.run(
            lambda session: service.import_signatures(session, self.maker, operation_id=row.id, given=given)
        )

    def open(self, method: str, *arguments: Any) -> ChainOperation:
        """Write a call of the registry down."""
        calls = [{"contract": "CatalogRegistry", "method": method, "arguments": list(arguments)}]
        return self.runtime.database.run(lambda session: service.open_operation(
            session, self.maker, environment="test", title="授予部门角色", calls=calls
        ))

    def execute(self, row: ChainOperation) -> str:
        """Do the work of the job."""
        return carrying.carry_out(self.runtime, row.id)


@pytest.fixture
def board(runtime: Runtime, watched: Any) -> Board:
    return Board(runtime)
