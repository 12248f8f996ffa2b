"""The genesis of an embedded chain: made once, kept as ``genesis.json``, compared at every start."""

import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coincurve
import rlp
from eth.abc import BlockHeaderAPI
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.typing import AccountState
from eth_typing import Address

from chain.ledger.embedded import params, seal
from chain.ledger.embedded.rules import AccountRules
from chain.ledger.embedded.store import BlockRows, BlockStore
from chain.ledger.embedded.vm import MulianChain, chain_class
from chain.ledger.errors import GENESIS_MISMATCH, SEALER_KEY
from kernel import canonical, clock
from kernel.files_atomic import write_atomic

GENESIS_FILE = "genesis.json"
_FORMAT = "mulian-genesis/1"


@dataclass(frozen=True)
class Genesis:
    """What fixes a chain: its id, the sealer's address (20 bytes) and the time of block 0 (Unix seconds).

    ``balances`` are (address, wei) at block 0. A chain whose transactions are free needs none; who joins contracts
    that move value, or runs a suite that does, sets them when the chain is made.
    """

    chain_id: int
    sealer: bytes
    timestamp: int
    balances: tuple[tuple[bytes, int], ...] = ()

    def header_fields(self) -> dict[str, Any]:
        """Return the fields of block 0.

        The sealer is its coinbase and the chain id the last 8 bytes of its vanity, so the genesis hash commits to
        both.
        """
        return {
            "coinbase": self.sealer,
            "timestamp": self.timestamp,
            "gas_limit": params.BLOCK_GAS_LIMIT,
            "base_fee_per_gas": 0,
            "difficulty": 0,
            "extra_data": params.VANITY[:24] + self.chain_id.to_bytes(8, "big") + b"\0" * params.SEAL_BYTES,
            "mix_hash": params.MIX_HASH,
            "nonce": params.NONCE,
            "parent_beacon_block_root": params.PARENT_BEACON_BLOCK_ROOT,
            "withdrawals_root": BLANK_ROOT_HASH,
        }

    def state(self) -> AccountState:
        """Return the accounts of block 0 as py-evm takes them."""
        return {
            Address(address): {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
            for address, balance in self.balances
        }

    def document(self, block_hash: bytes) -> dict[str, Any]:
        """Return what ``genesis.json`` holds."""
        document: dict[str, Any] = {
            "format": _FORMAT, "chain_id": self.chain_id, "sealer": "0x" + self.sealer.hex(),
            "timestamp": self.timestamp, "hash": "0x" + block_hash.hex(),
        }
        if self.balances:
            document["balances"] = {"0x" + address.hex(): str(balance) for address, balance in self.balances}
        return document


def load_sealer_key(path: Path, *, create: bool) -> coincurve.PrivateKey:
    """Read the sealer's 32-byte key (hex text, mode 0600); make one where ``create`` and there is none."""
    if not path.exists():
        if not create:
            raise SEALER_KEY(path=str(path), reason="missing")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomic(path, coincurve.PrivateKey().secret.hex().encode() + b"\n", mode=0o600)
    if stat.S_IMODE(os.stat(path).st_mode) & 0o077:
        raise SEALER_KEY(path=str(path), reason="readable by others, chmod 600")
    try:
        return coincurve.PrivateKey(bytes.fromhex(path.read_text("ascii").strip()))
    except ValueError as error:
        raise SEALER_KEY(path=str(path), reason="not a key") from error


def new_genesis(sealer: bytes) -> Genesis:
    """Return a genesis with a random chain id (48 bits), so that no two homes can replay each other."""
    return Genesis(1_000_000 + secrets.randbits(47), sealer, int(clock.now().timestamp()) - 1)


def load_or_create(folder: Path, sealer: bytes, genesis: Genesis | None) -> Genesis:
    """Return the genesis of ``folder``, writing ``genesis.json`` when the chain is new."""
    path = folder / GENESIS_FILE
    if path.exists():
        return read_genesis(path)
    made = genesis or new_genesis(sealer)
    write_atomic(path, canonical.dumps(made.document(_header(made).hash)) + b"\n")
    return made


def read_genesis(path: Path) -> Genesis:
    """Read ``genesis.json`` and check that its fields give its hash; raise ``chain.genesis.mismatch``."""
    try:
        document = json.loads(path.read_bytes())
        genesis = Genesis(
            int(document["chain_id"]), bytes.fromhex(document["sealer"].removeprefix("0x")), int(document["timestamp"]),
            tuple(
                (bytes.fromhex(address.removeprefix("0x")), int(balance))
                for address, balance in document.get("balances", {}).items()
            ),
        )
        if document["format"] == _FORMAT and document["hash"] == "0x" + _header(genesis).hash.hex():
            return genesis
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GENESIS_MISMATCH(path=str(path)) from error
    raise GENESIS_MISMATCH(path=str(path))


def ensure_stored(store: BlockStore, genesis: Genesis, bound: type[MulianChain], path: Path) -> None:
    """Write block 0 into an empty store; refuse a store that began with another block 0."""
    header = _header(genesis)
    rows = store.select("SELECT hash FROM block WHERE number = 0")
    if rows:
        if rows[0][0] != header.hash:
            raise GENESIS_MISMATCH(path=str(path))
        return
    bound.from_genesis(store, genesis.header_fields(), genesis.state())
    store.commit_block(BlockRows(0, header.hash, genesis.timestamp, 0, 0, 0, len(header_rlp(header))))


def header_rlp(header: BlockHeaderAPI) -> bytes:
    """Return the RLP of a header."""
    return bytes(rlp.encode(header))


def address_of_key(key: coincurve.PrivateKey) -> bytes:
    """Return the sealer's address."""
    return seal.address_of(key.public_key)


def _header(genesis: Genesis) -> BlockHeaderAPI:
    bound = chain_class(genesis.chain_id, genesis.sealer, AccountRules())
    if genesis.balances:
        made = bound.from_genesis(AtomicDB(), genesis.header_fields(), genesis.state())
        return made.get_canonical_head()
    return bound.vm_configuration[0][1].create_genesis_header(**genesis.header_fields())
