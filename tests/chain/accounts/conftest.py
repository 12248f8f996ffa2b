"""An installation whose accounts can be exchanged: somebody who asks and somebody who agrees."""

from typing import Any

import pytest

from chain.accounts import rotating, service
from chain.accounts.models import AccountRotation
from chain.accounts.rules import APPROVE, ROTATE
from chain.contracts.rules import APPROVE as DEPLOYMENTS
from kernel.approvals import service as approvals
from kernel.runtime import Runtime
from tests.chain.contracts.life import Life


class Office(Life):
    """A maker who may ask for exchanges, and a checker who may agree to them."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.asker = self._person("asker", ROTATE)
        self.guard = self._person("guard", APPROVE, DEPLOYMENTS)

    def rotate(self, purpose: str, *, agree: bool = True) -> AccountRotation:
        """Ask for an exchange, and agree."""
        row = self.runtime.database.run(
            lambda session: service.propose(session, self.asker, purpose=purpose, reason="每年更换")
        )
        if agree:
            self.runtime.database.run(
                lambda session: approvals.decide(session, self.guard, row.approval_id, approve=True)
            )
        return row

    def rotation(self, row: AccountRotation) -> AccountRotation:
        """Return the row as it is now."""
        with self.runtime.database.read() as session:
            return session.get_one(AccountRotation, row.id)

    def carry_on(self, row: AccountRotation) -> str:
        """Do the work of the job."""
        return rotating.carry_on(self.runtime, row.id)


@pytest.fixture
def office(runtime: Runtime, watched: Any) -> Office:
    return Office(runtime)
