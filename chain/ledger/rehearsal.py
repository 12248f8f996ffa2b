"""A scratch chain in memory for rehearsing contracts: py-evm's own virtual machine at a chosen fork, nothing durable.

Each transaction is a block of its own at price 0, under the same gas cap as the embedded chain; states are roots of
one in-memory trie store, so that going back to an earlier one costs nothing.
"""

from dataclasses import dataclass
from typing import Any

from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS, ZERO_HASH32
from eth.db.atomic import AtomicDB
from eth.exceptions import Revert
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.london import LondonVM
from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.spoof import SpoofTransaction
from eth_hash.auto import keccak
from eth_typing import Address, BlockNumber, Hash32
from eth_utils import ValidationError

from chain.ledger.embedded.params import BLOCK_GAS_LIMIT, TRANSACTION_GAS_CAP
from chain.ledger.port import Log

FORKS: dict[str, Any] = {"london": LondonVM, "shanghai": ShanghaiVM, "cancun": CancunVM}
# geth's Clique seals up to London, the embedded chain executes Cancun
CHAIN_ID = 1337
_START = 1_700_000_000
_BLOCK_SECONDS = 1


@dataclass(frozen=True)
class Outcome:
    """What a transaction did. ``output`` is the return or revert data, or for a creation the runtime code;
    ``problem`` names an ending that is neither (``OutOfGas``)."""

    succeeded: bool
    reverted: bool
    problem: str
    output: bytes
    gas_used: int
    logs: tuple[Log, ...]
    created: str | None = None


@dataclass(frozen=True)
class Mark:
    """A state to go back to, and number and timestamp (Unix seconds) of the block that comes next."""

    root: bytes
    number: int
    timestamp: int


def address_of(name: str) -> str:
    """Return the address of a named account of rehearsals; nobody has its key."""
    return "0x" + keccak(b"mulian rehearsal account " + name.encode())[-20:].hex()


class Rehearsal:
    """One scratch chain; not for two threads."""

    def __init__(self, fork: str) -> None:
        """Start at an empty state; raise KeyError for an unknown fork."""
        self._vm = FORKS[fork]
        self._database = AtomicDB()
        self._at = Mark(BLANK_ROOT_HASH, 1, _START)

    def mark(self) -> Mark:
        """Return the present state."""
        return self._at

    def back_to(self, mark: Mark) -> None:
        """Make an earlier state the present one."""
        self._at = mark

    def advance(self, seconds: int) -> None:
        """Let time pass before the next block."""
        self._at = Mark(self._at.root, self._at.number, self._at.timestamp + seconds)

    def create(self, sender: str, creation: bytes) -> Outcome:
        """Run creation code; on success the contract stands at ``created``."""
        return self._run(sender, None, creation, keep=True)

    def send(self, sender: str, to: str, data: bytes) -> Outcome:
        """Run a transaction and keep what it did unless it failed."""
        return self._run(sender, to, data, keep=True)

    def read(self, sender: str, to: str, data: bytes) -> Outcome:
        """Run a call of which nothing is kept."""
        return self._run(sender, to, data, keep=False)

    def code(self, address: str) -> bytes:
        """Return runtime code."""
        return bytes(self._state().get_code(_address(address)))

    def storage(self, address: str, slot: int) -> bytes:
        """Return the 32 bytes of a slot."""
        return int(self._state().get_storage(_address(address), slot)).to_bytes(32, "big")

    def _state(self) -> Any:
        at = self._at
        context = ExecutionContext(
            coinbase=Address(b"\0" * 20), timestamp=at.timestamp, difficulty=0, block_number=BlockNumber(at.number),
            mix_hash=ZERO_HASH32, gas_limit=BLOCK_GAS_LIMIT, prev_hashes=(), chain_id=CHAIN_ID, base_fee_per_gas=0,
            excess_blob_gas=0,
        )
        return self._vm.get_state_class()(self._database, context, Hash32(at.root))

    def _run(self, sender: str, to: str | None, data: bytes, *, keep: bool) -> Outcome:
        state, origin = self._state(), _address(sender)
        target = CREATE_CONTRACT_ADDRESS if to is None else _address(to)
        unsigned = self._vm.get_transaction_builder().create_unsigned_transaction(
            nonce=state.get_nonce(origin), gas_price=0, gas=TRANSACTION_GAS_CAP, to=target, value=0, data=data,
        )
        transaction = SpoofTransaction(unsigned, from_=origin)
        try:
            computation = state.apply_transaction(transaction)
        except ValidationError as error:
            return Outcome(False, False, str(error)[:200], b"", 0, ())
        number = self._at.number
        if keep:
            state.persist()
            self._at = Mark(bytes(state.state_root), self._at.number + 1, self._at.timestamp + _BLOCK_SECONDS)
        return self._outcome(transaction, computation, number=number, creation=to is None)

    def _outcome(self, transaction: Any, computation: Any, *, number: int, creation: bool) -> Outcome:
        succeeded: bool = computation.is_success
        reverted = computation.is_error and isinstance(computation.error, Revert)
        return Outcome(
            succeeded=succeeded, reverted=reverted,
            problem="" if succeeded or reverted else type(computation.error).__name__,
            output=bytes(computation.output), gas_used=self._vm.finalize_gas_used(transaction, computation),
            logs=_logs(computation, number) if succeeded else (),
            created="0x" + bytes(computation.msg.storage_address).hex() if succeeded and creation else None,
        )


def _logs(computation: Any, number: int) -> tuple[Log, ...]:
    """The logs of a block's one transaction, which has no hash: nobody signed it."""
    return tuple(
        Log("0x" + bytes(address).hex(), tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data), number, "",
            0, index)
        for index, (address, topics, data) in enumerate(computation.get_log_entries())
    )


def _address(text: str) -> Address:
    return Address(bytes.fromhex(text.removeprefix("0x")))
