"""Registries live in the production environment of an installation with an approvals contract."""

from typing import Any

import pytest

from chain.contracts import accounts
from chain.operations import queries as operations
from chain.operations.models import ChainOperation
from chain.registries import queries, service, writing
from chain.registries.models import RegistryRecord
from kernel.runtime import Runtime
from tests.chain.operations.quick import Quick

LOGS = ("KeyRotationLog", "DataUsageLog")


class Registries(Quick):
    """``live`` brings a registry to production and switches it on."""

    def live(self, contract: str) -> None:
        """Create a registry and switch it on."""
        if contract in LOGS:
            self.plain(contract, accounts.signer(self.runtime, accounts.DEPLOYER).address)
        elif contract == "ReleaseRegistry":
            self.proxied(contract, accounts.signer(self.runtime, accounts.writer_of("production", contract)).address)
        else:
            self.proxied(contract)
        self.runtime.database.run(lambda session: service.switch(session, self.maker, contract=contract, on=True))

    def flush(self) -> writing.Written:
        """Do the work of the job."""
        return writing.flush(self.runtime)

    def records(self) -> list[RegistryRecord]:
        """Return every record, the oldest first."""
        with self.runtime.database.read() as session:
            return list(session.scalars(queries.records(None, None, None, None)))[::-1]

    def operation(self) -> ChainOperation:
        """Return the newest operation as it is now."""
        with self.runtime.database.read() as session:
            found = session.scalars(operations.operations(None)).first()
        assert found is not None
        return found

    def give_roles(self, contract: str) -> None:
        """Let two persons sign the grants that waiting records lack."""
        row = self.runtime.database.run(
            lambda session: service.ask_roles(session, self.maker, contract=contract)
        )
        self.sign(row, 0, 1)
        assert self.execute(row) == "executed"


@pytest.fixture
def office(runtime: Runtime, watched: Any) -> Registries:
    return Registries(runtime)
