"""The list of senders kept by a NodeRegistry on the chain: the parent block's state decides, at every door."""

import json
import time
from pathlib import Path
from typing import Any

import coincurve
import pytest
from eth_abi import encode
from eth_utils import ValidationError

from chain.ledger import accounts
from chain.ledger.abi import interface
from chain.ledger.accounts import Signer
from chain.ledger.embedded.engine import Engine
from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.embedded.rpc.callers import operator_token
from chain.ledger.embedded.rules import ACCOUNTS_FILE, Registry, decode_senders
from chain.ledger.embedded.verify import reexecute
from chain.ledger.engines.detect import engine_of
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc import approvals, slots
from contracts_sc.approvals import Operation
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from kernel.home import Home
from tests.chain.embedded.process import ChainProcess
from tests.chain.embedded.test_refusals import Socket, post, request

UNIT = b"\0" * 31 + b"\1"
KEEPER = b"accounts".ljust(32, b"\0")


class Registered:
    """A registry governed by two of two persons, with a keeper of its list of accounts."""

    def __init__(self, ledger: Web3Ledger) -> None:
        self.ledger = ledger
        self.keeper, self.first, self.second = (accounts.new_signer() for _ in range(3))
        members = sorted([self.first.address, self.second.address], key=lambda one: int(one, 16))
        self.board = self._create(artifact("Approvals").creation + interface("Approvals").constructor(members, 2))
        implementation = self._create(artifact("NodeRegistry").creation)
        node = ("0x" + "11" * 20, UNIT, self.keeper.address, "enode://x")
        data = interface("NodeRegistry").call(
            "initialize", self.board, "0x" + "00" * 20, [node], [(self.keeper.address, UNIT, 3)], 1, 86_400
        )
        proxy = artifact("ERC1967Proxy").creation + encode(["address", "bytes"], [implementation, data])
        self.address = self._create(proxy)
        self._govern("grantRole", KEEPER, self.keeper.address)

    def set(self, *changes: tuple[Signer, int]) -> Any:
        """Change the list as its keeper."""
        rows = [(one.address, UNIT, flags) for one, flags in changes]
        return self.send(self.keeper, self.address, interface("NodeRegistry").call("setAccounts", rows))

    def _govern(self, function: str, *arguments: object) -> None:
        call = (self.address, interface("NodeRegistry").call(function, *arguments))
        operation = Operation((call,), b"\1" * 32, 1, 2**40)
        digest = approvals.operation_id(self.ledger.chain_id(), self.board, operation)
        signed = approvals.sorted_signatures(
            (one.address, accounts.sign_digest(one, digest)) for one in (self.first, self.second)
        )
        execute = interface("Approvals").call("execute", operation.arguments, signed)
        assert self.send(self.keeper, self.board, execute).succeeded

    def _create(self, data: bytes) -> str:
        made = self.send(self.keeper, None, data).contract_address
        assert made is not None
        return made

    def send(self, signer: Signer, to: str | None, data: bytes) -> Any:
        raw, digest = self.raw(signer, to, data)
        self.ledger.send_raw(raw)
        return self.ledger.wait_receipt(digest)

    def raw(self, signer: Signer, to: str | None, data: bytes, ahead: int = 0) -> tuple[bytes, str]:
        nonce = self.ledger.nonce(signer.address, pending=True) + ahead
        return accounts.sign(signer, chain_id=self.ledger.chain_id(), nonce=nonce, to=to, data=data)


@pytest.fixture
def registered(provider: NodeProvider, ledger: Web3Ledger) -> Registered:
    made = Registered(ledger)
    path = Path(provider.service.node.home.chain_dir) / ACCOUNTS_FILE
    path.write_text(json.dumps({"registry": made.address}))
    ledger.request("perm_reloadPermissionsFromFile")
    return made


def test_the_registry_decides_at_every_door(registered: Registered, provider: NodeProvider, ledger: Web3Ledger) -> None:
    member, stranger = accounts.new_signer(), accounts.new_signer()
    raw, _ = registered.raw(member, "0x" + "22" * 20, b"")
    with pytest.raises(MulianError, match="allow-list of the registry"):
        ledger.send_raw(raw)
    assert registered.set((member, slots.MAY_SEND)).succeeded
    assert ledger.wait_receipt(ledger.send_raw(raw)).succeeded
    with pytest.raises(MulianError, match="may not deploy"):
        ledger.send_raw(registered.raw(member, None, b"\0")[0])
    batch = provider.make_batch_request([
        ("eth_sendRawTransaction", ["0x" + registered.raw(one, "0x" + "22" * 20, b"")[0].hex()])
        for one in (stranger, member)
    ])
    assert [answer.get("error", {}).get("code") for answer in batch] == [-32007, None]
    listed = {registered.keeper.address, member.address}
    assert set(ledger.request("perm_getAccountsAllowlist")) == listed
    status = ledger.request("mulian_status")
    assert (status["allowList"], status["allowListRegistry"].lower()) == (2, registered.address)
    with pytest.raises(MulianError, match="registry"):
        ledger.request("perm_addAccountsToAllowlist", [stranger.address])
    assert not engine_of(ledger).capabilities.account_api


def test_what_a_removed_sender_has_waiting_is_dropped(registered: Registered, ledger: Web3Ledger) -> None:
    member = accounts.new_signer()
    registered.set((member, slots.MAY_SEND))
    behind, digest = registered.raw(member, "0x" + "22" * 20, b"", ahead=2)
    ledger.send_raw(behind)
    assert registered.set((member, 0)).succeeded
    assert "allow-list" in dropped(ledger, digest)
    with pytest.raises(MulianError, match="allow-list"):
        ledger.send_raw(registered.raw(member, "0x" + "22" * 20, b"")[0])


def dropped(ledger: Web3Ledger, digest: str) -> str:
    """The fate of a transaction, which the sealer writes after the block that decided it."""
    limit = time.monotonic() + 10
    while (found := ledger.request("mulian_droppedTransaction", digest)) is None and time.monotonic() < limit:
        time.sleep(0.01)
    return str(found)


def test_a_block_is_judged_by_its_parents_state_and_history_re_executes(
    registered: Registered, provider: NodeProvider
) -> None:
    member = accounts.new_signer()
    registered.set((member, slots.MAY_SEND))
    node = provider.service.node
    engine = node.engine
    builder = engine.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    leave = interface("NodeRegistry").call("setAccounts", [(member.address, UNIT, 0)])
    raws = [registered.raw(registered.keeper, registered.address, leave)[0]]
    raws.append(registered.raw(member, "0x" + "22" * 20, b"")[0])
    sealed = engine.seal_block([builder.decode(raw) for raw in raws], engine.head.timestamp + 1)
    assert len(sealed.transaction_hashes) == 2, "the removal is in force from the next block on"
    late = accounts.sign(member, chain_id=engine.chain_id, nonce=1, to="0x" + "22" * 20, data=b"")[0]
    refused = engine.seal_block([builder.decode(late)], engine.head.timestamp + 1)
    assert refused.transaction_hashes == () and "allow-list" in refused.dropped[0][2]
    assert reexecute(engine.folder, last_blocks=None).findings == ()


def test_a_foreign_block_with_an_unlisted_sender_is_refused(
    registered: Registered, provider: NodeProvider, tmp_path: Path
) -> None:
    engine = provider.service.node.engine
    twin = Engine(tmp_path / "twin", coincurve.PrivateKey(engine._key.secret), engine.genesis)
    for number in range(1, engine.head.block_number + 1):
        block = engine.chain.get_canonical_block_by_number(number)
        twin.seal_block(block.transactions, block.header.timestamp)
    assert twin.head.hash == engine.head.hash
    builder = twin.chain.get_vm_class_for_block_number(0).get_transaction_builder()
    raw, _ = registered.raw(accounts.new_signer(), "0x" + "22" * 20, b"")
    twin.seal_block([builder.decode(raw)], twin.head.timestamp + 1)  # the twin has no list
    with pytest.raises(ValidationError, match="allow-list of the registry"):
        engine.chain.import_block(twin.chain.get_canonical_block_by_number(twin.head.block_number))
    engine.store.discard()
    twin.close()


def test_a_file_that_names_no_registry_stops_sealing(provider: NodeProvider, ledger: Web3Ledger) -> None:
    node = provider.service.node
    (Path(node.home.chain_dir) / ACCOUNTS_FILE).write_text(json.dumps({"registry": "0x" + "33" * 20}))
    assert not node._rules_in_force() and "no NodeRegistry" in str(node.failure)
    (Path(node.home.chain_dir) / ACCOUNTS_FILE).write_text("null")
    assert node._rules_in_force()


@pytest.mark.parametrize("text", ["{}", '{"registry": "0x12"}', '{"registry": "0x' + "1" * 40 + '", "x": 1}'])
def test_a_malformed_registry_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        decode_senders(text)


def test_the_slots_are_kept_with_the_rule() -> None:
    found = decode_senders(json.dumps({"registry": "0x" + "11" * 20, "rules": "0x5", "accounts": "0x6"}))
    assert found == Registry(b"\x11" * 20, 5, 6)
    ours = decode_senders(json.dumps({"registry": "0x" + "11" * 20}))
    assert isinstance(ours, Registry) and ours.rules == slots.variable("NodeRegistry", "_rules")


def test_the_doors_of_a_process(served: ChainProcess) -> None:
    """HTTP, WebSocket and batch on a real chain process; the list is put back for who shares it."""
    made = Registered(served.ledger())
    place = Home(Path(served.home))
    url = f"{served.url}/{operator_token(place)}"
    path = place.chain_dir / ACCOUNTS_FILE
    refused = request("eth_sendRawTransaction", "0x" + made.raw(accounts.new_signer(), "0x" + "22" * 20, b"")[0].hex())
    path.write_text(json.dumps({"registry": made.address}))
    try:
        assert post(url, request("perm_reloadPermissionsFromFile"))["result"] == "Success"
        assert post(served.url, refused)["error"]["code"] == -32007
        assert post(served.url, [refused])[0]["error"]["code"] == -32007
        socket = Socket(served.url)
        assert socket.ask(refused)["error"]["code"] == socket.ask([refused])[0]["error"]["code"] == -32007
        socket.connection.close()
    finally:
        path.write_text("null")
        post(url, request("perm_reloadPermissionsFromFile"))
    assert "result" in post(served.url, refused)
