"""Contracts of the platform on a rehearsal chain at London, the least fork that they are built for."""

import functools
from typing import Any

from coincurve import PrivateKey
from eth_hash.auto import keccak

from chain.ledger.abi import Interface, interface
from chain.ledger.accounts import Signer, from_secret
from chain.ledger.rehearsal import CHAIN_ID, Outcome, Rehearsal
from contracts_sc import approvals
from contracts_sc.artifacts import artifact

ZERO = b"\0" * 32
NOBODY = "0x" + "00" * 20


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


class Contract:
    """A contract on a chain, called by its ABI; behind a proxy ``address`` is the proxy's."""

    def __init__(self, chain: Rehearsal, name: str, address: str, abi: Interface | None = None) -> None:
        self.chain, self.name, self.address = chain, name, address
        self.interface = abi or interface(name)

    def send(self, signer: Signer, function: str, *arguments: object) -> Outcome:
        return self.chain.send(signer.address, self.address, self.interface.call(function, *arguments))

    def did(self, signer: Signer, function: str, *arguments: object) -> Outcome:
        """Send what must succeed."""
        done = self.send(signer, function, *arguments)
        assert done.succeeded, self.interface.error(done.output) or done.output.hex()
        return done

    def refusal(self, sender: Signer | str, function: str, *arguments: object) -> str:
        """Return the custom error with which a call reverts, ``""`` when it succeeds."""
        address = sender if isinstance(sender, str) else sender.address
        done = self.chain.read(address, self.address, self.interface.call(function, *arguments))
        return "" if done.succeeded else self.interface.error(done.output) or "0x" + done.output.hex()

    def read(self, function: str, *arguments: object) -> tuple:
        done = self.chain.read(NOBODY, self.address, self.interface.call(function, *arguments))
        assert done.succeeded, self.interface.error(done.output) or done.output.hex()
        return self.interface.result(function, done.output)


class Network:
    """A platform with an approvals contract (2 of 3 persons) and contracts that it governs."""

    def __init__(self) -> None:
        self.chain = Rehearsal("london")
        self.platform = person("platform")
        self.freezer = person("freezer")
        self.members = sorted((person(f"member {n}") for n in range(3)), key=lambda member: int(member.address, 16))
        self._salt = 0
        self.approvals = self.immutable("Approvals", [member.address for member in self.members], 2)

    @property
    def now(self) -> int:
        """When the next transaction happens, Unix seconds."""
        return self.chain.mark().timestamp

    @property
    def height(self) -> int:
        """The number of the newest block."""
        return self.chain.mark().number - 1

    def create(self, creation: bytes) -> str:
        """Run creation code that must succeed; return where the contract stands."""
        created = self.chain.create(self.platform.address, creation).created
        assert created is not None
        return created

    def immutable(self, name: str, *arguments: object) -> Contract:
        """Deploy without a proxy."""
        creation = artifact(name).creation + interface(name).constructor(*arguments)
        return Contract(self.chain, name, self.create(creation))

    def implementation(self, name: str) -> str:
        """Deploy the code of a proxy."""
        return self.create(artifact(name).creation)

    def proxied(self, name: str, *more: object) -> Contract:
        """Deploy code and proxy; ``more`` are the initialiser's arguments after approvals and freezer."""
        start = interface(name).call("initialize", self.approvals.address, self.freezer.address, *more)
        proxy = self.immutable("ERC1967Proxy", self.implementation(name), start)
        return Contract(self.chain, name, proxy.address)

    def operation(self, *calls: tuple[Contract, str, tuple[object, ...]]) -> approvals.Operation:
        self._salt += 1
        return approvals.Operation(
            tuple((target.address, target.interface.call(function, *arguments))
                  for target, function, arguments in calls),
            b"\7" * 32, self._salt, self.now + 3600,
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
