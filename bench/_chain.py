"""The rival of the embedded chain: stock py-evm, unchanged, on the same genesis and the same transactions."""

import random
from collections.abc import Iterable, Iterator
from typing import Any

from eth.chains.base import MiningChain
from eth.consensus.noproof import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.vm.forks.cancun import CancunVM
from eth_abi import encode
from eth_hash.auto import keccak

from chain.ledger import accounts
from chain.ledger.abi import interface
from chain.ledger.embedded import params
from chain.ledger.embedded.genesis import Genesis
from contracts_sc.artifacts import artifact

STREAM = b"catalog".ljust(32, b"\0")


def stock_chain(genesis: Genesis) -> Any:
    """Return py-evm's own MiningChain at Cancun over its own memory database, at our genesis.

    Only the two things without which it cannot read our headers are set: no proof to check, and room for the seal.
    """
    vm = CancunVM.configure(consensus_class=NoProofConsensus, extra_data_max_bytes=params.EXTRA_DATA_BYTES)
    stock = MiningChain.configure(__name__="StockChain", chain_id=genesis.chain_id, vm_configuration=((0, vm),))
    return stock.from_genesis(AtomicDB(), genesis.header_fields(), {})


def stock_block(chain: Any, raws: Iterable[bytes], sealed: Any) -> Any:
    """Build the next block with ``mine_all`` from raw transactions, with time and extraData of a sealed header."""
    builder = chain.get_vm_class_for_block_number(0).get_transaction_builder()
    chain.header = chain.create_header_from_parent(
        chain.get_canonical_head(),
        coinbase=sealed.coinbase, timestamp=sealed.timestamp, gas_limit=params.BLOCK_GAS_LIMIT,
        extra_data=sealed.extra_data, mix_hash=params.MIX_HASH,
        parent_beacon_block_root=params.PARENT_BEACON_BLOCK_ROOT,
    )
    result, _, _ = chain.mine_all([builder.decode(raw) for raw in raws])
    return result.imported_block


class Sender:
    """One account that signs transactions with growing nonces."""

    def __init__(self, chain_id: int) -> None:
        self.signer = accounts.new_signer()
        self.chain_id, self.nonce = chain_id, 0

    def send(self, to: str | None, data: bytes, gas: int = 2_000_000) -> bytes:
        """Return the next raw transaction."""
        raw, _ = accounts.sign(self.signer, chain_id=self.chain_id, nonce=self.nonce, to=to, data=data, gas=gas)
        self.nonce += 1
        return raw


class AnchorLoad:
    """A deployed AnchorRegistry and the calls that fill it, made without asking a node."""

    def __init__(self, chain_id: int) -> None:
        self.sender = Sender(chain_id)
        self._interface = interface("AnchorRegistry")
        self.address = accounts.created_address(self.sender.signer.address, 0)
        self._seq, self._size, self._head = 1, 0, b"\0" * 32

    def deployment(self) -> list[bytes]:
        """Return the transactions that deploy the registry and give the sender its stream."""
        creation = artifact("AnchorRegistry").creation + self._interface.constructor(self.sender.signer.address)
        grant = self._interface.call("grantRole", STREAM, self.sender.signer.address)
        return [self.sender.send(None, creation), self.sender.send(self.address, grant)]

    def anchors(self, count: int, leaves: int = 1) -> Iterator[bytes]:
        """Yield ``count`` anchor transactions of ``leaves`` leaves each."""
        for _ in range(count):
            root = random.randbytes(32)
            arguments = (STREAM, self._seq, self._head, root, self._size, leaves)
            yield self.sender.send(self.address, self._interface.call("anchor", *arguments), gas=400_000)
            self._head = keccak(encode(
                ["bytes32", "bytes32", "uint64", "bytes32", "uint64", "uint64"],
                [self._head, STREAM, self._seq, root, self._size, leaves],
            ))
            self._seq, self._size = self._seq + 1, self._size + leaves
