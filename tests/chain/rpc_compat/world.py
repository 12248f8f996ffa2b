"""A chain that comes out the same at every making: fixed keys and times, every kind of transaction and of failure."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coincurve
from eth_account import Account
from eth_utils import to_checksum_address

from chain.ledger import accounts
from chain.ledger.embedded import genesis as genesis_module
from chain.ledger.embedded.engine import Engine
from chain.ledger.embedded.genesis import Genesis
from chain.ledger.embedded.node import SEALER_KEY_FILE, Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.embedded.rpc.service import Service
from kernel.files_atomic import write_atomic
from kernel.home import Home

CHAIN_ID = 0x6D756C69616E
SEALER = coincurve.PrivateKey(b"\x51" * 32)
ACCOUNT = Account.from_key("0x" + "a1" * 32)
QUEUED = Account.from_key("0x" + "a2" * 32)
START = 1_750_000_000
# Error(string) and Panic(uint256) as Solidity encodes them
ERROR = bytes.fromhex(
    "08c379a0" + "20".rjust(64, "0") + "0a".rjust(64, "0") + b"user error".hex().ljust(64, "0")
)
PANIC = bytes.fromhex("4e487b71" + "11".rjust(64, "0"))


def runtime() -> bytes:
    """No input: return slot 0. 1 byte: Error("user error"). 2 bytes: Panic(0x11). Else store the word and log it."""
    def jump(size: str, target: int) -> str:
        return f"36{size}60{target:02x}57"

    def reverting(data: bytes, at: int) -> str:
        return f"5b60{len(data):02x}60{at:02x}600039" + f"60{len(data):02x}6000fd"

    store = "6000358060005580600052" + "6077" + "60206000" + "a200"
    result = "5b60005460005260206000f3"
    head = len(bytes.fromhex(jump("15", 0) + jump("600114", 0) + jump("600214", 0)))
    at_result = head + len(store) // 2
    at_error = at_result + len(result) // 2
    at_panic = at_error + len(reverting(ERROR, 0)) // 2
    data = at_panic + len(reverting(PANIC, 0)) // 2
    code = jump("15", at_result) + jump("600114", at_error) + jump("600214", at_panic) + store + result
    code += reverting(ERROR, data) + reverting(PANIC, data + len(ERROR))
    return bytes.fromhex(code) + ERROR + PANIC


def creation() -> bytes:
    """Store 7 at slot 0 and return the runtime code."""
    code = runtime()
    return bytes.fromhex(f"6007600055" f"61{len(code):04x}80601160003960" "00f3") + code


@dataclass(frozen=True)
class World:
    """The service on the finished chain and the names that files use."""

    service: Service
    contract: str
    hashes: dict[str, str]
    raws: dict[str, str]


def _sign(account: Any, nonce: int, **fields: Any) -> bytes:
    whole = {"chainId": CHAIN_ID, "nonce": nonce, "value": 0, "data": b"", "gas": 200_000} | fields
    if "to" not in whole:
        whole["to"] = b""
    return bytes(account.sign_transaction(whole).raw_transaction)


def transactions(contract: str) -> list[list[tuple[str, bytes]]]:
    """The blocks: (name, raw transaction) in order."""
    def word(number: int) -> bytes:
        return number.to_bytes(32, "big")

    contract = to_checksum_address(contract)
    lists = [{"address": contract, "storageKeys": ["0x" + "00" * 32]}]
    free = {"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    return [
        [("legacy-create", _sign(ACCOUNT, 0, gasPrice=0, data=creation(), gas=500_000))],
        [
            ("legacy-input", _sign(ACCOUNT, 1, gasPrice=0, to=contract, data=word(19))),
            ("legacy-tx", _sign(ACCOUNT, 2, gasPrice=0, to="0x" + "22" * 20, value=5, gas=21_000)),
            ("access-list", _sign(ACCOUNT, 3, gasPrice=1, to=contract, data=word(20), accessList=lists, type=1)),
            ("dynamic-fee", _sign(ACCOUNT, 4, **free | {"maxFeePerGas": 2, "maxPriorityFeePerGas": 1},
                                  to=contract, data=word(21), accessList=lists, type=2)),
        ],
        [("reverted", _sign(ACCOUNT, 5, **free, to=contract, data=b"\1", type=2))],
        [],
    ]


def make_home(root: Path) -> tuple[Home, dict[str, bytes]]:
    """Write the chain into a home; return it with the raw transactions by name."""
    home = Home(root)
    home.prepare()
    sealer = genesis_module.address_of_key(SEALER)
    home.service_keys_dir.mkdir(parents=True, exist_ok=True)
    write_atomic(home.service_keys_dir / SEALER_KEY_FILE, SEALER.secret.hex().encode(), mode=0o600)
    balance = ((bytes.fromhex(ACCOUNT.address[2:]), 10**18),)
    engine = Engine(home.chain_dir, SEALER, Genesis(CHAIN_ID, sealer, START, balance))
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    named: dict[str, bytes] = {}
    for number, block in enumerate(transactions(accounts.created_address(ACCOUNT.address, 0)), 1):
        sealed = engine.seal_block([builder.decode(raw) for _, raw in block], START + 10 * number)
        assert not sealed.dropped, sealed.dropped
        named |= dict(block)
    engine.close()
    return home, named


@contextlib.contextmanager
def world(root: Path) -> Iterator[World]:
    """Open the chain in a node that seals nothing more: what is sent to it here waits behind a gap."""
    home, named = make_home(root)
    with Node(home, Options(idle=0)) as node, in_process(node) as provider:
        waiting = _sign(QUEUED, 1, gasPrice=0, to="0x" + "33" * 20, gas=30_000)
        node.submit(waiting)[1].result(5)
        decoded = {name: "0x" + raw.hex() for name, raw in named.items()}
        hashes = {name: accounts.transaction_hash(raw) for name, raw in named.items()}
        yield World(
            provider.service, accounts.created_address(ACCOUNT.address, 0), hashes,
            decoded | {"further": "0x" + _sign(QUEUED, 2, gasPrice=0, to="0x" + "33" * 20, gas=30_000).hex()},
        )
