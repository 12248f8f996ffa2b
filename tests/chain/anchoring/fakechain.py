"""A durable ledger in one SQLite file with the rules of AnchorRegistry, for tests of batching.

It accepts what the contract accepts, mines at once, keeps every call it was sent, and gives real evidence (headers,
tries and seals made by ``worlds.World``). Processes may share the file.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

import coincurve

from chain.anchoring import rules
from chain.anchoring.port import AnchorCall, Identity, Mined, Record
from chain.anchoring.rules import Head
from tests.chain.anchoring.worlds import World, keccak

SEALER = coincurve.PrivateKey(b"\x11" * 32)
SCHEMA = """
CREATE TABLE IF NOT EXISTS tx (
    hash TEXT PRIMARY KEY, address TEXT, nonce INT, call TEXT, block INT, ok INT, mined TEXT);
CREATE TABLE IF NOT EXISTS record (stream BLOB, seq INT, head BLOB, root BLOB, start INT, leaves INT, block INT);
CREATE TABLE IF NOT EXISTS writer (stream BLOB, address TEXT, PRIMARY KEY (stream, address));
CREATE TABLE IF NOT EXISTS sent (raw BLOB);
"""


class FakeChain:
    """See the module's docstring. ``holding``: transactions are accepted but not mined."""

    def __init__(self, file: Path) -> None:
        self.world = World(genesis=b"\x22" * 32, registry=b"\x33" * 20, sealer=SEALER, checkpoint=b"\x44" * 32)
        self.holding = False
        self._db = sqlite3.connect(file, isolation_level=None, timeout=10)
        self._db.executescript(SCHEMA)

    def identity(self) -> Identity:
        address = "0x" + self.world.sealer_address.hex()
        sealers = ({"from": 0, "to": None, "engine": "mulian-poa", "addresses": [address]},)
        genesis, registry = "0x" + self.world.genesis.hex(), "0x" + self.world.registry.hex()
        return Identity(self.world.chain_id, genesis, registry, sealers)

    def new_account(self) -> tuple[bytes, str]:
        key = coincurve.PrivateKey()
        return key.secret, _address(key)

    def authorise(self, stream: bytes, address: str) -> None:
        self._db.execute("INSERT OR IGNORE INTO writer VALUES (?, ?)", (stream, address))

    def head_of(self, stream: bytes) -> Head:
        row = self._db.execute(
            "SELECT seq, start + leaves, head, root FROM record WHERE stream = ? ORDER BY seq DESC", (stream,)
        ).fetchone()
        return Head(*row) if row else rules.EMPTY_HEAD

    def records(self, stream: bytes, first: int, last: int) -> list[Record]:
        rows = self._db.execute(
            "SELECT seq, head, root, start, leaves, block FROM record WHERE stream = ? AND seq BETWEEN ? AND ?"
            " ORDER BY seq",
            (stream, first, last),
        )
        return [Record(*row) for row in rows]

    def nonce(self, address: str) -> int:
        query = "SELECT count(*) FROM tx WHERE address = ? AND block IS NOT NULL"
        return int(self._db.execute(query, (address,)).fetchone()[0])

    def sign(self, key: bytes, nonce: int, call: AnchorCall) -> tuple[bytes, str]:
        values = {name: value.hex() if isinstance(value, bytes) else value for name, value in vars(call).items()}
        address = _address(coincurve.PrivateKey(key))
        raw = json.dumps({"address": address, "nonce": nonce, "call": values}, sort_keys=True).encode()
        return raw, "0x" + keccak(raw).hex()

    def send(self, raw: bytes) -> None:
        value = json.loads(raw)
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT INTO sent VALUES (?)", (raw,))
        known = self._db.execute("SELECT 1 FROM tx WHERE hash = ?", ("0x" + keccak(raw).hex(),)).fetchone()
        if not known and value["nonce"] == self.nonce(value["address"]):
            self._mine(raw, value)
        self._db.execute("COMMIT")

    def _mine(self, raw: bytes, value: dict[str, Any]) -> None:
        call = AnchorCall(**{k: bytes.fromhex(v) if isinstance(v, str) else v for k, v in value["call"].items()})
        head = self.head_of(call.stream)
        ok = (call.seq, call.prev_head, call.from_index) == (head.seq + 1, head.head, head.size) and call.leaves > 0
        ok = ok and self._may_write(call.stream, value["address"])
        block = self._db.execute("SELECT coalesce(max(block), 0) + 1 FROM tx").fetchone()[0]
        mined = None
        if ok:
            mined = self._record(call, block)
        tx_hash = "0x" + keccak(raw).hex()
        row = (tx_hash, value["address"], value["nonce"], json.dumps(value["call"]), block, ok, json.dumps(mined))
        self._db.execute("INSERT INTO tx VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def _record(self, call: AnchorCall, block: int) -> dict[str, Any]:
        new = rules.next_head(call.prev_head, call.stream, call.seq, call.root, call.from_index, call.leaves)
        self._db.execute(
            "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?)",
            (call.stream, call.seq, new, call.root, call.from_index, call.leaves, block),
        )
        self.world.block, self.world.stream = block, call.stream.rstrip(b"\0").decode()
        evidence = self.world.evidence(
            call.from_index + call.leaves, call.root, start=call.from_index, seq=call.seq, previous=call.prev_head
        )
        return {"evidence": evidence, "hash": "0x" + keccak(bytes.fromhex(evidence["header"])).hex()}

    def _may_write(self, stream: bytes, address: str) -> bool:
        query = "SELECT 1 FROM writer WHERE stream = ? AND address = ?"
        return self._db.execute(query, (stream, address)).fetchone() is not None

    def mined(self, tx_hash: str) -> Mined | None:
        row = self._db.execute("SELECT block, ok, mined FROM tx WHERE hash = ?", (tx_hash,)).fetchone()
        if row is None or self.holding:
            return None
        mined = json.loads(row[2]) or {"evidence": {}, "hash": "0x"}
        return Mined(bool(row[1]), row[0], mined["hash"], 1_700_000_000, mined["evidence"])

    def sent(self) -> list[bytes]:
        """Everything that was ever handed over, repetitions included."""
        return [row[0] for row in self._db.execute("SELECT raw FROM sent")]

    def transactions(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM tx").fetchone()[0])

    def forget_after(self, seq: int) -> None:
        """The chain was restored from an older copy."""
        self._db.execute("DELETE FROM record WHERE seq > ?", (seq,))
        self._db.execute("DELETE FROM tx WHERE block > ?", (seq,))


def _address(key: coincurve.PrivateKey) -> str:
    return "0x" + keccak(key.public_key.format(False)[1:])[12:].hex()
