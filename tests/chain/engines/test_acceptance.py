"""One suite for every engine: what the platform needs of a ledger, and that capability flags say the truth."""

import time
from collections.abc import Callable

import pytest

from chain.ledger import accounts
from chain.ledger.abi import interface
from chain.ledger.engines.detect import engine_of
from chain.ledger.port import Receipt
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from tests.chain.engines.conftest import Network

KEYS = {
    "embedded": "embedded", "embedded-http": "embedded", "clique": "clique", "besu-fake": "qbft", "anvil": "foreign",
}
STREAM = b"acceptance".ljust(32, b"\0")


class Contract:
    """An AnchorRegistry deployed by an account that owns nothing: gas is free."""

    def __init__(self, network: Network) -> None:
        self.network, self.signer, self.interface = network, accounts.new_signer(), interface("AnchorRegistry")
        self.nonce = 0
        created = self.send(None, artifact("AnchorRegistry").creation + self.interface.constructor(self.signer.address))
        assert created.succeeded and created.contract_address is not None
        self.address = created.contract_address

    def sign(self, to: str | None, data: bytes) -> tuple[bytes, str]:
        self.nonce += 1
        return accounts.sign(
            self.signer, chain_id=self.network.ledger.chain_id(), nonce=self.nonce - 1, to=to, data=data, gas=2_000_000,
        )

    def send(self, to: str | None, data: bytes) -> Receipt:
        raw, digest = self.sign(to, data)
        assert self.network.ledger.send_raw(raw) == digest
        # what is sent twice, waiting or sealed, is no error and no second effect
        assert self.network.ledger.send_raw(raw) == digest
        receipt = self.network.ledger.wait_receipt(digest, timeout=60)
        assert self.network.ledger.send_raw(raw) == digest
        return receipt


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    return {}


@pytest.fixture
def contract(network: Network, contracts: dict[str, Contract]) -> Contract:
    if network.name not in contracts:
        contracts[network.name] = Contract(network)
    return contracts[network.name]


def refused(call: Callable[[], object]) -> MulianError:
    with pytest.raises(MulianError) as caught:
        call()
    return caught.value


def test_the_engine_is_found_and_names_its_validators(network: Network) -> None:
    engine = engine_of(network.ledger)
    assert engine.capabilities.key == KEYS[network.name]
    if network.name == "anvil":
        assert refused(engine.validators).code == "chain.engine.unsupported"
        return
    validators = engine.validators()
    assert validators and network.newcomer not in validators
    assert {item.address for item in engine.activity()} == validators
    assert engine.identity().signer in validators
    assert engine.pool().pending >= 0


def test_blocks_hash_to_their_names(network: Network, contract: Contract) -> None:
    ledger = network.ledger
    head = ledger.height()
    block = ledger.block(head)
    assert block is not None and block.number == head and ledger.block(head + 1_000) is None
    assert ledger.header_rlp(head) and ledger.header_rlp(0)
    assert ledger.genesis_hash() == network.other.genesis_hash()
    if network.name == "clique":
        assert block.sealer in engine_of(ledger).validators()


def test_a_contract_is_deployed_called_and_read(network: Network, contract: Contract) -> None:
    ledger, face = network.ledger, contract.interface
    assert ledger.code(contract.address)
    granted = contract.send(contract.address, face.call("grantRole", STREAM, contract.signer.address))
    assert granted.succeeded
    arguments = (STREAM, 1, b"\0" * 32, b"\7" * 32, 0, 5)
    anchored = contract.send(contract.address, face.call("anchor", *arguments))
    assert anchored.succeeded and anchored.gas_used > 21_000 and anchored.contract_address is None
    found = ledger.logs(
        anchored.block_number, anchored.block_number, address=contract.address, topics=(face.topic("Anchored"),)
    )
    assert [log.tx_hash for log in found] == [anchored.tx_hash]
    assert face.event("Anchored", found[0])["root"] == b"\7" * 32
    assert len(ledger.receipts_raw(anchored.block_number)) >= 1
    assert ledger.transaction(anchored.tx_hash) is not None
    assert ledger.nonce(contract.signer.address) == contract.nonce
    assert ledger.estimate_gas(
        contract.address, face.call("grantRole", STREAM, contract.signer.address), sender=contract.signer.address
    ) > 21_000


def test_a_refusal_of_a_contract_is_told_with_its_data(network: Network, contract: Contract) -> None:
    data = contract.interface.call("anchor", b"\1" * 32, 1, b"\0" * 32, b"\7" * 32, 0, 5)
    error = refused(lambda: network.ledger.call(contract.address, data, sender="0x" + "11" * 20))
    assert error.code == "chain.ledger.reverted"
    told = error.params["data"]
    assert isinstance(told, str) and contract.interface.error(bytes.fromhex(told[2:])) is not None


def test_errors_of_the_node_are_errors_of_the_ledger(network: Network) -> None:
    assert refused(lambda: network.ledger.request("eth_noSuchMethod")).code == "chain.ledger.refused"
    stale, _ = accounts.sign(accounts.new_signer(), chain_id=1, nonce=0, to="0x" + "11" * 20, data=b"")
    assert refused(lambda: network.ledger.send_raw(stale)).code == "chain.ledger.refused"


def test_a_vote_is_cast_seen_and_taken_back(network: Network) -> None:
    engine = engine_of(network.ledger)
    if not engine.capabilities.votes:
        assert refused(lambda: engine.propose(network.newcomer, add=True)).code == "chain.engine.unsupported"
        return
    before = engine.validators()
    engine.propose(network.newcomer, add=True)
    assert engine.proposals() == {network.newcomer: True}
    engine.discard(network.newcomer)
    assert engine.proposals() == {} and engine.validators() == before


def test_peers_are_seen_dropped_and_called_again(network: Network) -> None:
    engine = engine_of(network.ledger)
    if not engine.capabilities.peers:
        assert refused(engine.peers).code == "chain.engine.unsupported"
        return
    other = engine_of(network.other).identity().enode
    assert other is not None

    def connected() -> bool:
        return engine.node_key(other) in {engine.node_key(enode) for enode in engine.peers()}

    assert connected()
    if network.name == "clique":
        engine.disconnect(other)
        _until(lambda: not connected())
        engine.connect(other)
        engine_of(network.other).connect(engine.identity().enode or "")


def test_lists_are_changed_where_the_flags_say_so(network: Network) -> None:
    engine = engine_of(network.lists or network.ledger)
    one = "0x" + "cd" * 20
    if not engine.capabilities.account_api:
        assert refused(engine.account_list).code == "chain.engine.unsupported"
        return
    before = engine.account_list()
    engine.change_accounts([one], [])
    assert engine.account_list() == before | {one}
    engine.change_accounts([], [one])
    assert engine.account_list() == before


def test_a_transaction_passes_through_a_node_that_does_not_seal(network: Network) -> None:
    """Every sealing node must take the price 0 of what others hand on."""
    _until(lambda: network.other.height() > 0)
    ledger = network.other
    raw, digest = accounts.sign(
        accounts.new_signer(), chain_id=ledger.chain_id(), nonce=0, to="0x" + "11" * 20, data=b"", gas=21_000
    )
    ledger.send_raw(raw)
    assert ledger.wait_receipt(digest, timeout=60).succeeded
    assert network.ledger.wait_receipt(digest, timeout=60).succeeded


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.1)
