"""A contract's life for tests: samples compiled from Solidity, people, and the work of jobs done at once."""

import uuid
from pathlib import Path
from typing import Any

from chain.contracts import deploying, deployments, packages, sending, versions, writes
from chain.contracts.models import ContractCall, ContractDeployment, ContractVersion
from chain.contracts.rules import APPROVE, PROXY
from kernel import clock
from kernel.approvals import service as approvals
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import User
from kernel.runtime import Runtime

SAMPLES = Path(__file__).parent / "data" / "samples.json"
FORMAT = "mulian-contract-tests/1"
COUNTER_SUITE = {
    "format": FORMAT, "accounts": ["stranger"],
    "before_upgrade": [{"call": "add", "from": "account", "arguments": [7]}],
    "cases": [
        {"name": "the owner adds", "steps": [
            {"read": "total", "returns": [0]},
            {"call": "add", "from": "account", "arguments": [2], "returns": ["2"],
             "events": [{"name": "Added", "arguments": {"by": "@account", "total": 2}}], "gas_at_most": 100_000},
            {"read": "total", "returns": [2]},
        ]},
        {"name": "a stranger does not", "steps": [
            {"call": "add", "from": "stranger", "arguments": [1], "reverts": "NotOwner"},
        ]},
    ],
}
UPGRADE_SUITE = COUNTER_SUITE | {"cases": [
    {"name": "what was counted before is still there", "steps": [
        {"read": "total", "returns": [7]}, {"read": "owner", "returns": ["@account"]},
        {"call": "add", "from": "account", "arguments": [1]}, {"read": "total", "returns": [8]},
    ]},
]}


def document() -> dict[str, Any]:
    """Return the build file of the samples."""
    found: dict[str, Any] = packages.load(SAMPLES.read_bytes())
    return found


def proxy_artifact(name: str) -> Any:
    """Return the proxy of the samples."""
    assert name == PROXY
    return packages.parse(document(), name)[0].linked({})


class Life:
    """One installation with a maker and a checker."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.maker = self._person("maker", versions.MANAGE, writes.CALL, writes.FREEZE, versions.READ)
        self.checker = self._person("checker", APPROVE, versions.READ)

    def _person(self, name: str, *permissions: str) -> Actor:
        user_id = uuid.uuid4()

        def add(session: Any) -> None:
            session.add(User(
                id=user_id, username=name, display_name=name, password_hash="", password_history=[],
                password_changed_at=clock.now(), created_at=clock.now(),
            ))

        self.runtime.database.run(add)
        return Actor(
            user_id=user_id, name=name, permissions=frozenset(permissions), scope="all", roles=("operator",),
        )

    def register(self, contract: str, version: str = "1", **given: Any) -> ContractVersion:
        """Hand in a sample and rehearse it."""
        package, source = packages.parse(given.pop("document", None) or document(), contract)
        values = {
            "name": given.pop("name", contract), "version": version, "kind": "plain", "origin": "upload",
            "package": package, "source": source, "arguments": [], "initialiser": None, "libraries": {},
            "tests": COUNTER_SUITE, "fork": "london",
        } | given
        row = self.runtime.database.run(lambda session: versions.register(session, self.maker, **values))
        return versions.rehearse(self.runtime, system_actor("test"), row.id)

    def counter(self, version: str = "1", contract: str = "Counter", suite: Any = None) -> ContractVersion:
        """Hand in the counter behind a proxy, owned by the platform's account."""
        return self.register(
            contract, version, name="Counter", kind="uups", tests=suite or COUNTER_SUITE,
            initialiser={"method": "initialize", "arguments": ["@account"]} if contract == "Counter" else None,
        )

    def propose(self, version: ContractVersion, environment: str = "test") -> ContractDeployment:
        """Ask for a deployment."""
        return self.runtime.database.run(lambda session: deployments.propose(
            session, self.maker, version_id=version.id, environment=environment
        ))

    def agree(self, row: ContractDeployment, who: Actor | None = None) -> None:
        """Let the second person agree."""
        assert row.approval_id is not None
        approval_id = row.approval_id
        self.runtime.database.run(
            lambda session: approvals.decide(session, who or self.checker, approval_id, approve=True)
        )

    def carry_out(self, row: ContractDeployment) -> str:
        """Do the work of the job."""
        return deploying.carry_out(self.runtime, system_actor("test"), row.id)

    def deploy(self, version: ContractVersion, environment: str = "test") -> ContractDeployment:
        """Propose, agree, carry out."""
        row = self.propose(version, environment)
        self.agree(row)
        self.carry_out(row)
        return self.deployment(row)

    def deployment(self, row: ContractDeployment) -> ContractDeployment:
        """Return the row as it is now."""
        with self.runtime.database.read() as session:
            return session.get_one(ContractDeployment, row.id)

    def write(self, name: str, method: str, *arguments: Any, environment: str = "test") -> ContractCall:
        """Queue a write and do the work of its job."""
        row = self.runtime.database.run(lambda session: writes.write(
            session, self.maker, name=name, environment=environment, method=method, arguments=list(arguments)
        ))
        return self.perform(row)

    def perform(self, row: ContractCall) -> ContractCall:
        """Do the work of a write's job."""
        sending.carry_out(self.runtime, row.id)
        with self.runtime.database.read() as session:
            return session.get_one(ContractCall, row.id)

    def read(self, name: str, method: str, *arguments: Any, environment: str = "test") -> list[Any]:
        """Read at once."""
        with self.runtime.database.read() as session:
            return writes.read(
                session, self.maker, name=name, environment=environment, method=method, arguments=list(arguments)
            )[1]

    def grant(self, name: str, method: str = "*", environment: str = "test") -> None:
        """Let operators write."""
        granter = Actor(user_id=None, name="security", permissions=frozenset({writes.GRANT}), scope="all")
        self.runtime.database.run(lambda session: writes.grant(
            session, granter, name=name, environment=environment, method=method, role="operator"
        ))
