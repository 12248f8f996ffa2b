"""Sealing: hashes as stock py-evm gives them, the constants for ever, the limits at block validation."""

import random
from pathlib import Path

import coincurve
import pytest
from eth_utils import ValidationError

from bench._chain import AnchorLoad, Sender, stock_block, stock_chain
from chain.ledger.embedded import genesis as genesis_module
from chain.ledger.embedded import params, seal
from chain.ledger.embedded.engine import Engine
from chain.ledger.embedded.verify import reexecute
from kernel.errors import MulianError
from tests.support.scale import Scale

KEY = coincurve.PrivateKey(b"\x01" * 32)
LOOP = bytes.fromhex("5b600056")  # JUMPDEST PUSH1 0 JUMP
# copies what follows it to memory and returns it: init code for any runtime code
DEPLOY = bytes.fromhex("600d380380600d6000396000f3")
# calls itself with all gas
RECURSE = bytes.fromhex("6000600060006000600030" "5af1")


def decode(engine: Engine, raws: list[bytes]) -> list:
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    return [builder.decode(raw) for raw in raws]


@pytest.fixture
def engine(tmp_path: Path):
    opened = Engine(tmp_path / "chain", KEY)
    yield opened
    opened.close()


def mixed_transactions(load: AnchorLoad, other: Sender, count: int, seed: int) -> list[bytes]:
    """Anchors, reverting calls, creations, failing creations, plain and typed transfers of nothing."""
    chance = random.Random(seed)
    raws: list[bytes] = []
    for _ in range(count):
        kind = chance.randrange(6)
        if kind == 0:
            raws += load.anchors(chance.randrange(1, 4), chance.randrange(1, 1000))
        elif kind == 1:
            raws.append(other.send(load.address, chance.randbytes(chance.randrange(0, 200)), gas=100_000))
        elif kind == 2:
            raws.append(other.send(None, DEPLOY + chance.randbytes(chance.randrange(1, 60)).replace(b"\xef", b"\0")))
        elif kind == 3:
            raws.append(other.send(None, b"\xfe" + chance.randbytes(20), gas=200_000))
        elif kind == 4:
            raws.append(other.send("0x" + chance.randbytes(20).hex(), b"", gas=21_000))
        else:
            raws.append(other.send("0x" + "00" * 19 + f"{chance.randrange(1, 10):02x}", chance.randbytes(192)))
    return raws



def test_blocks_have_the_hashes_that_stock_py_evm_gives(engine: Engine, scale: Scale) -> None:
    rival = stock_chain(engine.genesis)
    load, other = AnchorLoad(engine.chain_id), Sender(engine.chain_id)
    batches = [load.deployment(), []] + [
        mixed_transactions(load, other, 8, seed) for seed in range(scale.of(8, 100))
    ]
    statuses = set()
    for number, raws in enumerate(batches):
        sealed = engine.seal_block(decode(engine, raws), engine.head.timestamp + 1 + number % 3)
        assert not sealed.dropped
        assert stock_block(rival, raws, sealed.header).hash == sealed.header.hash
        statuses |= {receipt.state_root for receipt in engine.chain.chaindb.get_receipts(
            sealed.header, engine.chain.get_vm_class_for_block_number(0).get_receipt_builder())}
    assert statuses == {b"", b"\x01"}, "both results must have been compared"


def test_history_reexecutes_to_the_same_hashes_and_a_changed_one_does_not(engine: Engine) -> None:
    load, other = AnchorLoad(engine.chain_id), Sender(engine.chain_id)
    for raws in (load.deployment(), mixed_transactions(load, other, 6, 1)):
        engine.seal_block(decode(engine, raws), engine.head.timestamp + 1)
    found = reexecute(engine.folder, last_blocks=None)
    assert (found.first, found.last, found.findings) == (1, 2, ())
    assert found.head_hash == "0x" + engine.head.hash.hex()
    # a state node of the parent changed in place: the re-execution must not come out as stored
    store = engine.store.connection
    key = engine.chain.get_canonical_block_header_by_number(1).state_root
    value = bytearray(store.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()[0])
    value[-1] ^= 1
    store.execute("UPDATE kv SET value = ? WHERE key = ?", (bytes(value), key))
    assert reexecute(engine.folder, last_blocks=1).findings


def test_base_fee_and_gas_limit_stay_whatever_a_block_uses(engine: Engine) -> None:
    sender = Sender(engine.chain_id)
    for _ in range(3):
        raws = [sender.send(None, LOOP, gas=200_000) for _ in range(3)]
        engine.seal_block(decode(engine, raws), engine.head.timestamp + 1)
        assert engine.head.base_fee_per_gas == 0
        assert engine.head.gas_limit == params.BLOCK_GAS_LIMIT
        assert engine.head.gas_used == 600_000


def test_block_validation_refuses_what_admission_refuses(engine: Engine) -> None:
    sender = Sender(engine.chain_id)
    foreign = Sender(engine.chain_id + 1)
    too_much = sender.send(None, b"", gas=params.TRANSACTION_GAS_CAP + 1)
    sealed = engine.seal_block(decode(engine, [too_much, foreign.send(None, b"")]), engine.head.timestamp + 1)
    assert sealed.transaction_hashes == ()
    reasons = " ".join(reason for _, _, reason in sealed.dropped)
    assert "cap" in reasons and "chain id" in reasons
    rows = engine.store.select("SELECT count(*) FROM dropped")
    assert rows[0][0] == 2, "the fate of a dropped transaction is kept"


def test_an_import_of_a_foreign_block_checks_cap_sender_and_seal(engine: Engine, tmp_path: Path) -> None:
    twin = Engine(tmp_path / "twin", KEY, engine.genesis)
    allowed, other = Sender(engine.chain_id), Sender(engine.chain_id)
    engine.set_allow_list(frozenset({bytes.fromhex(allowed.signer.address[2:])}))
    raws = [other.send(None, LOOP, gas=100_000)]
    twin.seal_block(decode(twin, raws), twin.head.timestamp + 1)
    block = twin.chain.get_canonical_block_by_number(1)
    with pytest.raises(ValidationError, match="allow-list"):
        engine.chain.import_block(block)
    engine.store.discard()
    unsealed = block.copy(header=block.header.copy(extra_data=params.VANITY + b"\1" * 65), transactions=())
    with pytest.raises(ValidationError):
        engine.chain.validate_seal(unsealed.header)
    twin.close()


def test_the_allow_list_holds_from_its_block_on(engine: Engine) -> None:
    first, second = Sender(engine.chain_id), Sender(engine.chain_id)
    engine.seal_block(decode(engine, [first.send(None, b""), second.send(None, b"")]), engine.head.timestamp + 1)
    assert engine.set_allow_list(frozenset({bytes.fromhex(first.signer.address[2:])}))
    assert not engine.set_allow_list(frozenset({bytes.fromhex(first.signer.address[2:])}))
    sealed = engine.seal_block(
        decode(engine, [first.send(None, b""), second.send(None, b"")]), engine.head.timestamp + 1
    )
    assert len(sealed.transaction_hashes) == 1 and "allow-list" in sealed.dropped[0][2]
    # history from before the list still re-executes under it
    assert reexecute(engine.folder, last_blocks=None).findings == ()


def test_the_seal_binds_every_header_field(engine: Engine) -> None:
    engine.seal_block([], engine.head.timestamp + 1)
    head = engine.head
    assert seal.signer(head) == engine.genesis.sealer == head.coinbase
    for field, value in {"timestamp": head.timestamp + 1, "state_root": b"\1" * 32, "gas_used": 1}.items():
        assert seal.signer(head.copy(**{field: value})) != engine.genesis.sealer
    signature = bytearray(head.extra_data)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = order - int.from_bytes(signature[64:96], "big")
    signature[64:96] = high.to_bytes(32, "big")
    signature[96] ^= 1
    with pytest.raises(ValidationError, match="canonical"):
        seal.signer(head.copy(extra_data=bytes(signature)))


def test_the_deepest_calls_end_in_a_result(engine: Engine) -> None:
    """1024 nested calls would pass Python's and C's stack where nobody thought of it; gas ends them before."""
    import threading

    sender = Sender(engine.chain_id)
    from chain.ledger.accounts import created_address
    address = created_address(sender.signer.address, 0)
    raws = [sender.send(None, DEPLOY + RECURSE), sender.send(address, b"", gas=params.TRANSACTION_GAS_CAP)]
    results: list = []
    previous = threading.stack_size(256 * 1024 * 1024)
    worker = threading.Thread(
        target=lambda: results.append(engine.seal_block(decode(engine, raws), engine.head.timestamp + 1))
    )
    worker.start()
    threading.stack_size(previous)
    worker.join()
    assert len(results[0].transaction_hashes) == 2 and not results[0].dropped


def test_a_failed_commit_leaves_the_engine_at_its_head(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = Sender(engine.chain_id)
    raws = [sender.send(None, LOOP, gas=100_000)]
    before = engine.head.hash

    def fail(rows: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(engine.store, "commit_block", fail)
        with pytest.raises(OSError):
            engine.seal_block(decode(engine, raws), engine.head.timestamp + 1)
    assert engine.head.hash == before and not engine.store.overlay
    assert len(engine.seal_block(decode(engine, raws), engine.head.timestamp + 1).transaction_hashes) == 1


def test_files_of_two_chains_do_not_mix(tmp_path: Path) -> None:
    one, two = Engine(tmp_path / "one", KEY), Engine(tmp_path / "two", KEY)
    one.close()
    two.close()
    (tmp_path / "one" / "genesis.json").write_bytes((tmp_path / "two" / "genesis.json").read_bytes())
    with pytest.raises(MulianError, match="genesis"):
        Engine(tmp_path / "one", KEY)
    with pytest.raises(MulianError, match="genesis"):
        Engine(tmp_path / "two", coincurve.PrivateKey(b"\x02" * 32))


def test_a_sealer_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sealer.key"
    with pytest.raises(MulianError, match="missing"):
        genesis_module.load_sealer_key(path, create=False)
    genesis_module.load_sealer_key(path, create=True)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(MulianError, match="600"):
        genesis_module.load_sealer_key(path, create=False)
