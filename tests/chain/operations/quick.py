"""Contracts made by bare transactions and written down as live: what a test needs around what it tests."""

from typing import Any

from eth_abi import encode

from chain.contracts import accounts
from chain.contracts.models import ContractRelease
from chain.contracts.service import send_repeatable
from chain.ledger import accounts as keys
from chain.ledger.abi import interface
from chain.ledger.access import ledger_of
from chain.operations import carrying, rules, service
from chain.operations.models import ChainOperation
from contracts_sc.artifacts import artifact
from kernel import clock, ids
from kernel.runtime import Runtime
from tests.chain.contracts.life import Life

NOBODY = "0x" + "00" * 20


def create(runtime: Runtime, data: bytes) -> str:
    """Create a contract by the production deployer and return its address."""
    ledger, deployer = ledger_of(runtime), accounts.signer(runtime, accounts.DEPLOYER)
    raw, digest = keys.sign(
        deployer, chain_id=ledger.chain_id(), nonce=ledger.nonce(deployer.address, pending=True), to=None, data=data
    )
    ledger.send_raw(raw)
    made = ledger.wait_receipt(digest).contract_address
    assert made is not None
    return made


def note_live(runtime: Runtime, name: str, address: str, *, environment: str = "production", code: str = "") -> None:
    """Write a contract down as live; ``code`` is the SHA-256 of its runtime code."""
    chain_id = ledger_of(runtime).chain_id()
    runtime.database.run(lambda session: session.add(ContractRelease(
        id=ids.new(), environment=environment, name=name, version="1", chain_id=chain_id, code_hash=code or "0" * 64,
        creation_hash="0" * 64, deployer=address, nonce=0, raw=b"", tx_hash="0x" + "0" * 64, address=address,
        state="live", block_number=0, created_at=clock.now(), live_at=clock.now(),
    )))


class Quick(Life):
    """An approvals contract of two of three persons, and contracts that it may govern, all in production."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.persons = [keys.new_signer() for _ in range(3)]
        members = [one.address for one in self.persons]
        self.board = self.plain("Approvals", members, 2)

    def plain(self, name: str, *arguments: Any) -> str:
        """Create a contract of the build."""
        built = artifact(name)
        made = create(self.runtime, built.creation + interface(name).constructor(*arguments))
        note_live(self.runtime, name, made, code=built.code_hash)
        return made

    def proxied(self, name: str, *arguments: Any) -> str:
        """Create a contract of the build behind a proxy."""
        data = interface(name).call("initialize", self.board, NOBODY, *arguments)
        implementation = create(self.runtime, artifact(name).creation)
        made = create(
            self.runtime, artifact("ERC1967Proxy").creation + encode(["address", "bytes"], [implementation, data])
        )
        note_live(self.runtime, name, made, code=artifact(name).code_hash)
        return made

    def sign(self, row: ChainOperation, *persons: int) -> ChainOperation:
        """Let persons sign offline and import what they hand back."""
        given = [rules.signed(service.document(row), self.persons[one]) for one in persons]
        return self.runtime.database.run(
            lambda session: service.import_signatures(session, self.maker, operation_id=row.id, given=given)
        )

    def open(self, contract: str, method: str, *arguments: Any) -> ChainOperation:
        """Write a call down."""
        calls = [{"contract": contract, "method": method, "arguments": list(arguments)}]
        return self.runtime.database.run(lambda session: service.open_operation(
            session, self.maker, environment="production", title="授予部门角色", calls=calls
        ))

    def execute(self, row: ChainOperation) -> str:
        """Do the work of the job."""
        return carrying.carry_out(self.runtime, row.id)

    def send(self, to: str, data: bytes) -> None:
        """Send a call as the production deployer."""
        send_repeatable(ledger_of(self.runtime), accounts.signer(self.runtime, accounts.DEPLOYER), to, data)
