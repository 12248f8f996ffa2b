"""The chain's rules on top of py-evm's Cancun VM: seal, gas cap, allowed senders, constants."""

from collections.abc import Iterable
from typing import Any

from eth.abc import (
    BlockAPI,
    BlockHeaderAPI,
    ConsensusAPI,
    ConsensusContextAPI,
    SignedTransactionAPI,
)
from eth.chains.base import MiningChain
from eth.constants import BLANK_ROOT_HASH, SECPK1_N
from eth.db.account import AccountDB
from eth.vm.forks.cancun import CancunVM
from eth.vm.forks.cancun.constants import BLOB_TX_TYPE
from eth.vm.forks.cancun.state import CancunState, CancunTransactionExecutor
from eth.vm.forks.shanghai.constants import MAX_INITCODE_SIZE
from eth_keys.exceptions import BadSignature
from eth_typing import Address, Hash32
from eth_utils import ValidationError

from chain.ledger.embedded import params, seal
from chain.ledger.embedded.rules import AccountRules
from kernel import clock


class SealConsensus(ConsensusAPI):
    """One sealer: its address is the coinbase of the genesis block and of every block after it."""

    sealer: bytes = b""

    def __init__(self, context: ConsensusContextAPI) -> None:
        pass

    def validate_seal(self, header: BlockHeaderAPI) -> None:
        """Raise ValidationError unless the sealer signed ``header`` and its time is not in the future."""
        if header.block_number == 0:
            return
        if header.coinbase != self.sealer or seal.signer(header) != self.sealer:
            raise ValidationError("the block is not sealed by this chain's sealer")
        if header.timestamp > clock.now().timestamp() + params.CLOCK_DRIFT_SECONDS:
            raise ValidationError("the block's time is in the future")

    def validate_seal_extension(self, header: BlockHeaderAPI, parents: Iterable[BlockHeaderAPI]) -> None:
        """Nothing depends on earlier seals: there is one sealer."""

    @classmethod
    def get_fee_recipient(cls, header: BlockHeaderAPI) -> Any:
        """Return the coinbase: who would earn fees if there were any."""
        return header.coinbase


class OneCheckExecutor(CancunTransactionExecutor):
    """Checks a signature once: the key that recovery yields satisfies the signature by construction, so
    verifying it again, as py-evm does, can only agree. The sender is cached on the transaction."""

    def validate_transaction(self, transaction: SignedTransactionAPI) -> None:
        """Check gas, signature and state as py-evm does."""
        if transaction.gas < transaction.intrinsic_gas:
            raise ValidationError("Insufficient gas")
        recover_sender(transaction)
        self.vm_state.validate_transaction(transaction)


class MulianState(CancunState):
    """Cancun's state with the executor above."""

    transaction_executor_class = OneCheckExecutor


class MulianVM(CancunVM):
    """Cancun with the limits of this chain; the EVM itself is py-evm's, untouched."""

    _state_class = MulianState
    extra_data_max_bytes = params.EXTRA_DATA_BYTES
    rules: AccountRules = AccountRules()
    _judged_by: tuple[Hash32, AccountDB] | None = None

    def validate_transaction_against_header(
        self, base_header: BlockHeaderAPI, transaction: SignedTransactionAPI
    ) -> None:
        """Check what admission checked, so that a block cannot carry what the RPC would refuse."""
        super().validate_transaction_against_header(base_header, transaction)
        check_limits(transaction, self.chain_context.chain_id)
        self.rules.check(
            bytes(transaction.sender), base_header.block_number, creates=not transaction.to,
            storage=lambda address, slot: self._parent(base_header).get_storage(Address(address), slot),
        )

    def _parent(self, header: BlockHeaderAPI) -> AccountDB:
        """The accounts at the end of the block before: what a block changes is in force from the next one on."""
        if self._judged_by is None or self._judged_by[0] != header.parent_hash:
            root = self.chaindb.get_block_header_by_hash(header.parent_hash).state_root
            self._judged_by = header.parent_hash, AccountDB(self.chaindb.db, root)
        return self._judged_by[1]

    def validate_block(self, block: BlockAPI) -> None:
        """Add the constants of ADR 0031 to py-evm's own block checks."""
        super().validate_block(block)
        check_header(block.header)


class MulianChain(MiningChain):
    """The chain class; :func:`chain_class` binds it to one genesis."""

    chain_id: int = 0


def recover_sender(transaction: SignedTransactionAPI) -> bytes:
    """Return the 20-byte sender; raise ValidationError when the signature gives none."""
    try:
        return bytes(transaction.sender)
    except BadSignature as error:
        raise ValidationError(f"Bad Signature: {error}") from error


def check_signature(transaction: SignedTransactionAPI) -> None:
    """Raise ValidationError unless s is in the lower half of the order (EIP-2); execution refuses the others."""
    if not 0 < transaction.s <= SECPK1_N // 2:
        raise ValidationError("Invalid signature S value")


def check_limits(transaction: SignedTransactionAPI, chain_id: int) -> None:
    """Raise ValidationError for a transaction that this chain never takes, whatever its state."""
    if not transaction.to and len(transaction.data) > MAX_INITCODE_SIZE:
        raise ValidationError(f"max initcode size exceeded: {len(transaction.data)}, limit {MAX_INITCODE_SIZE}")
    if transaction.nonce >= 2**64 - 1:
        raise ValidationError("nonce has reached its maximum")
    if transaction.gas > params.TRANSACTION_GAS_CAP:
        raise ValidationError(f"gas {transaction.gas} exceeds the cap of {params.TRANSACTION_GAS_CAP} a transaction")
    if transaction.type_id == BLOB_TX_TYPE:
        raise ValidationError("blob transactions are not taken")
    if transaction.chain_id != chain_id:
        raise ValidationError(f"invalid chain id: this chain is {chain_id}")


def check_header(header: BlockHeaderAPI) -> None:
    """Raise ValidationError when a header field that is constant on this chain has another value."""
    expected = {
        "gas_limit": params.BLOCK_GAS_LIMIT,
        "base_fee_per_gas": 0,
        "mix_hash": params.MIX_HASH,
        "nonce": params.NONCE,
        "parent_beacon_block_root": params.PARENT_BEACON_BLOCK_ROOT,
        "withdrawals_root": BLANK_ROOT_HASH,
        "blob_gas_used": 0,
    }
    for field, value in expected.items():
        if getattr(header, field) != value:
            raise ValidationError(f"header field {field} differs from this chain's constant")


def chain_class(chain_id: int, sealer: bytes, rules: AccountRules) -> type[MulianChain]:
    """Return the chain class of one genesis: its id, its sealer, its account rules."""
    consensus = type("BoundSealConsensus", (SealConsensus,), {"sealer": sealer})
    vm = MulianVM.configure(__name__="MulianVM", consensus_class=consensus, rules=rules)
    return MulianChain.configure(__name__="MulianChain", chain_id=chain_id, vm_configuration=((0, vm),))
