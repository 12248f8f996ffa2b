"""Contracts on one py-evm state at London, the least fork that they are built for: no blocks, no seals, no keys.

A transaction here costs what its code costs, so that models and matrices can afford thousands.
"""

import functools
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey
from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS, ZERO_HASH32
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.london import LondonVM
from eth.vm.message import Message
from eth.vm.spoof import SpoofTransaction
from eth_hash.auto import keccak

from chain.ledger.abi import Interface, interface
from chain.ledger.accounts import Signer, from_secret
from chain.ledger.port import Log
from contracts_sc import approvals
from contracts_sc.artifacts import artifact

CHAIN_ID = 20_260
START = 1_800_000_000
ZERO = b"\0" * 32
NOBODY = "0x" + "00" * 20
GAS = 2**24


def word(text: str) -> bytes:
    """Return an ASCII word left-aligned in 32 bytes, as Solidity writes it."""
    return text.encode().ljust(32, b"\0")


@functools.cache
def person(name: str) -> Signer:
    """Return the key of a person of a test."""
    return from_secret(keccak(b"test person " + name.encode()))


def raw(address: str) -> Any:
    """Return an address as bytes."""
    return bytes.fromhex(address.removeprefix("0x"))


@dataclass(frozen=True)
class Outcome:
    """What a call did; ``output`` is the returned or the revert data."""

    succeeded: bool
    output: bytes
    gas_used: int
    logs: tuple[Log, ...]


class Stage:
    """One state; every transaction is a block of its own, a second after the last."""

    def __init__(self) -> None:
        self.context = ExecutionContext(
            coinbase=raw(NOBODY), timestamp=START, block_number=1, difficulty=0, mix_hash=ZERO_HASH32,
            gas_limit=2**50, prev_hashes=(), chain_id=CHAIN_ID, base_fee_per_gas=0,
        )
        self.state = LondonVM.get_state_class()(AtomicDB(), self.context, BLANK_ROOT_HASH)
        self._base = self.state.snapshot()

    @property
    def now(self) -> int:
        return self.context._timestamp

    @property
    def height(self) -> int:
        return self.context._block_number

    def advance(self, seconds: int) -> None:
        self.context._timestamp += seconds

    def create(self, sender: Signer, creation: bytes) -> tuple[str, Outcome]:
        """Run creation code; return where the contract would be and what happened."""
        done, computation = self._transact(sender, CREATE_CONTRACT_ADDRESS, creation)
        return "0x" + bytes(computation.msg.storage_address).hex(), done

    def send(self, sender: Signer, to: str, data: bytes) -> Outcome:
        """Run a transaction of an account."""
        return self._transact(sender, raw(to), data)[0]

    def ask(self, sender: str, to: str, data: bytes) -> Outcome:
        """Run a call as any address, a contract's too; nothing of it is kept."""
        before = self.state.snapshot()
        code = self.state.get_code(raw(to))
        message = Message(gas=GAS, to=raw(to), sender=raw(sender), value=0, data=data, code=code)
        context = self.state.get_transaction_context_class()(gas_price=0, origin=raw(sender))
        computation = self.state.computation_class.apply_message(self.state, message, context)
        self.state.revert(before)
        return Outcome(not computation.is_error, computation.output, 0, ())

    def storage(self, address: str, slot: int) -> bytes:
        return self.state.get_storage(raw(address), slot).to_bytes(32, "big")

    def code(self, address: str) -> bytes:
        return self.state.get_code(raw(address))

    def _transact(self, sender: Signer, to: Any, data: bytes) -> tuple[Outcome, Any]:
        self.context._block_number += 1
        self.context._timestamp += 1
        origin = raw(sender.address)
        unsigned = LondonVM.get_transaction_builder().create_unsigned_transaction(
            nonce=self.state.get_nonce(origin), gas_price=0, gas=GAS, to=to, value=0, data=data,
        )
        computation = self.state.apply_transaction(SpoofTransaction(unsigned, from_=origin))
        used = GAS - computation.get_gas_remaining()
        # EIP-3529: at most a fifth of what was used comes back
        used -= min(computation.get_gas_refund(), used // 5)
        logs = () if computation.is_error else tuple(
            Log("0x" + bytes(address).hex(), tuple(topic.to_bytes(32, "big") for topic in topics), data,
                self.height, "", 0, index)
            for index, (address, topics, data) in enumerate(computation.get_log_entries())
        )
        return Outcome(not computation.is_error, computation.output, used, logs), computation


class Contract:
    """A contract on a stage, called by its ABI; behind a proxy ``address`` is the proxy's."""

    def __init__(self, stage: Stage, name: str, address: str, abi: Interface | None = None) -> None:
        self.stage, self.name, self.address = stage, name, address
        self.interface = abi or interface(name)

    def send(self, signer: Signer, function: str, *arguments: object) -> Outcome:
        return self.stage.send(signer, self.address, self.interface.call(function, *arguments))

    def did(self, signer: Signer, function: str, *arguments: object) -> Outcome:
        """Send what must succeed."""
        done = self.send(signer, function, *arguments)
        assert done.succeeded, self.interface.error(done.output) or done.output.hex()
        return done

    def refusal(self, sender: Signer | str, function: str, *arguments: object) -> str:
        """Return the custom error with which a call reverts, ``""`` when it succeeds."""
        address = sender if isinstance(sender, str) else sender.address
        done = self.stage.ask(address, self.address, self.interface.call(function, *arguments))
        return "" if done.succeeded else self.interface.error(done.output) or "0x" + done.output.hex()

    def read(self, function: str, *arguments: object) -> tuple:
        done = self.stage.ask(NOBODY, self.address, self.interface.call(function, *arguments))
        assert done.succeeded, self.interface.error(done.output) or done.output.hex()
        return self.interface.result(function, done.output)


class Network:
    """A platform with an approvals contract (2 of 3 persons) and contracts that it governs."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.platform = person("platform")
        self.freezer = person("freezer")
        self.members = sorted((person(f"member {n}") for n in range(3)), key=lambda member: int(member.address, 16))
        self._salt = 0
        self.approvals = self.immutable("Approvals", [member.address for member in self.members], 2)

    def immutable(self, name: str, *arguments: object) -> Contract:
        """Deploy without a proxy."""
        creation = artifact(name).creation + interface(name).constructor(*arguments)
        address, done = self.stage.create(self.platform, creation)
        assert done.succeeded
        return Contract(self.stage, name, address)

    def implementation(self, name: str) -> str:
        """Deploy the code of a proxy."""
        address, done = self.stage.create(self.platform, artifact(name).creation)
        assert done.succeeded
        return address

    def proxied(self, name: str, *more: object) -> Contract:
        """Deploy code and proxy; ``more`` are the initialiser's arguments after approvals and freezer."""
        start = interface(name).call("initialize", self.approvals.address, self.freezer.address, *more)
        proxy = self.immutable("ERC1967Proxy", self.implementation(name), start)
        return Contract(self.stage, name, proxy.address)

    def operation(self, *calls: tuple[Contract, str, tuple[object, ...]]) -> approvals.Operation:
        self._salt += 1
        return approvals.Operation(
            tuple((target.address, target.interface.call(function, *arguments))
                  for target, function, arguments in calls),
            b"\7" * 32, self._salt, self.stage.now + 3600,
        )

    def id_of(self, operation: approvals.Operation) -> bytes:
        return approvals.operation_id(CHAIN_ID, self.approvals.address, operation)

    def signatures(self, operation: approvals.Operation, signers: list[Signer] | None = None) -> list[bytes]:
        """Return signatures of the first two members, or of the signers in their order."""
        return [signed(signer, self.id_of(operation)) for signer in signers or self.members[:2]]

    def approve(self, target: Contract, function: str, *arguments: object) -> Outcome:
        """Do something that needs the persons; the platform carries their signatures."""
        operation = self.operation((target, function, arguments))
        return self.approvals.did(
            self.platform, "execute", operation.arguments, self.signatures(operation)
        )

    def grant(self, target: Contract, role: bytes, signer: Signer) -> None:
        self.approve(target, "grantRole", role, signer.address)


def signed(signer: Signer, digest: bytes) -> bytes:
    """Return r ‖ s ‖ v of a digest."""
    signature = PrivateKey(signer.secret).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])
