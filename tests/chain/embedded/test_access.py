"""Who may do what: tokens and method lists, the account list under Besu's names."""

import json
import os
from typing import Any

import pytest
from eth_utils import to_checksum_address

from bench._chain import Sender
from chain.ledger.embedded.provider import NodeProvider
from chain.ledger.embedded.rpc import callers, dispatch
from chain.ledger.embedded.rpc.callers import PUBLIC, Caller, Callers, digest_of, operator_token, parse, write_access
from chain.ledger.web3_ledger import Web3Ledger
from kernel.home import Home


@pytest.mark.parametrize("text", [
    "", "[]", '{"other": 1}', '{"anonymous": "eth_*"}', '{"anonymous": [1]}', '{"tenants": []}',
    '{"tenants": {"a": {}}}', '{"tenants": {"a": {"token_sha256": "zz"}}}',
    '{"tenants": {"a": {"token_sha256": "ab"}}}',
    '{"tenants": {"a": {"token_sha256": "' + "ab" * 32 + '", "methods": {}}}}',
])
def test_a_malformed_access_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_patterns_and_the_public_list() -> None:
    caller = Caller("x", ("eth_get*", "net_version"))
    assert caller.may("eth_getLogs") and caller.may("net_version")
    assert not caller.may("eth_call") and not caller.may("net_versions") and not caller.may("ETH_getLogs")
    public = Caller("anonymous", PUBLIC)
    assert public.may("eth_sendRawTransaction") and public.may("perm_getAccountsAllowlist")
    assert not public.may("perm_addAccountsToAllowlist") and not public.may("perm_reloadPermissionsFromFile")


def test_tokens_are_followed_while_the_server_runs(home: Home) -> None:
    home.chain_dir.mkdir(parents=True, exist_ok=True)
    found = Callers(home)
    operator = operator_token(home)
    path = home.service_keys_dir / callers.OPERATOR_TOKEN_FILE
    assert operator is not None and os.stat(path).st_mode & 0o077 == 0
    assert found.of(operator) == Caller("operator", ("*",)) and found.of(None) == Caller("anonymous", PUBLIC)
    assert found.of("unknown") is None and found.of("") is None
    access = home.chain_dir / callers.ACCESS_FILE
    write_access(access, [], {"unit-7": {"token_sha256": digest_of("secret"), "methods": ["eth_chainId"]}})
    assert "secret" not in access.read_text() and os.stat(access).st_mode & 0o077 == 0
    assert found.of("secret") == Caller("unit-7", ("eth_chainId",))
    assert found.of(None) == Caller("anonymous", ()), "closed to callers without a token"
    access.write_text("{")
    assert found.of("secret") is not None, "an unreadable list leaves the last good one in force"
    with pytest.raises(ValueError):
        Callers(home)
    access.unlink()
    assert found.of("secret") is None and found.of(None) == Caller("anonymous", PUBLIC)


def test_a_method_that_is_not_on_the_list_is_refused_alone_and_in_a_batch(shared_provider: NodeProvider) -> None:
    context = dispatch.Context(Caller("unit-7", ("eth_chainId",)))

    def ask(document: Any) -> Any:
        return json.loads(dispatch.handle(shared_provider.service, json.dumps(document).encode(), context))

    allowed, refused = {"id": 1, "method": "eth_chainId"}, {"id": 2, "method": "eth_blockNumber"}
    assert "result" in ask(allowed) and ask(refused)["error"]["code"] == -32001
    assert [answer.get("error", {}).get("code") for answer in ask([allowed, refused])] == [None, -32001]
    assert ask({"id": 3, "method": "evm_mine"})["error"]["code"] == -32601
    assert ask({"id": 3, "method": "eth_subscribe", "params": ["newHeads"]})["error"]["code"] == -32001
    owner = dispatch.perform(shared_provider.service, "eth_subscribe", ["newHeads"])
    assert owner["error"] == {"code": -32601, "message": "notifications not supported"}


def test_the_account_list_by_besus_names(provider: NodeProvider, ledger: Web3Ledger) -> None:
    first, second = Sender(ledger.chain_id()), Sender(ledger.chain_id())
    one, two = first.signer.address.lower(), second.signer.address.lower()

    def refused(method: str, *parameters: Any) -> str:
        answer = dispatch.perform(provider.service, method, list(parameters))
        assert answer["error"]["code"] == -32000
        return str(answer["error"]["message"])

    assert "not been enabled" in refused("perm_getAccountsAllowlist")
    assert "not been enabled" in refused("perm_addAccountsToAllowlist", [one])
    assert "Node" in refused("perm_getNodesAllowlist") and "Node" in refused("perm_addNodesToAllowlist", ["enode://"])
    node = provider.service.node
    node.change_senders(lambda listed: frozenset())
    assert ledger.request("perm_getAccountsAllowlist") == []
    assert ledger.request("perm_addAccountsToAllowlist", [one, two]) == "Success"
    assert ledger.request("perm_getAccountsAllowlist") == sorted([one, two])
    assert ledger.wait_receipt(ledger.send_raw(first.send(None, b"\0"))).succeeded
    for parameters, words in (
        ([one], "existing"), ([], "empty"), (["0x12"], "invalid"), ([one, one.upper().replace("X", "x")], "duplicate"),
        ("x", "empty"),
    ):
        assert words in refused("perm_addAccountsToAllowlist", parameters)
    assert ledger.request("perm_removeAccountsFromAllowlist", [one]) == "Success"
    assert "absent" in refused("perm_removeAccountsFromAllowlist", [one])
    answer = dispatch.perform(provider.service, "eth_sendRawTransaction", ["0x" + first.send(None, b"\0").hex()])
    assert answer["error"]["code"] == -32007 and "allow-list" in answer["error"]["message"]
    assert ledger.request("perm_reloadPermissionsFromFile") == "Success"
    info = ledger.request("admin_nodeInfo")
    assert info["protocols"]["eth"]["network"] == ledger.chain_id() and ledger.request("admin_peers") == []


def test_what_a_removed_sender_has_waiting_is_dropped(provider: NodeProvider, ledger: Web3Ledger) -> None:
    """Also behind a gap, where no block would ever have met it, and also after a restart."""
    node = provider.service.node
    staying, leaving = Sender(ledger.chain_id()), Sender(ledger.chain_id())
    listed = frozenset(bytes.fromhex(sender.signer.address[2:]) for sender in (staying, leaving))
    node.change_senders(lambda _: listed)
    for sender in (staying, leaving):
        sender.nonce = 3
    kept, _ = node.submit(staying.send(None, b"\0"))
    gone, done = node.submit(leaving.send(None, b"\0"))
    done.result(5)
    assert ledger.request("perm_removeAccountsFromAllowlist", [leaving.signer.address]) == "Success"
    assert node.pool.get(kept) is not None and node.pool.get(gone) is None
    assert "left the allow-list" in ledger.request("mulian_droppedTransaction", "0x" + gone.hex())["reason"]
    assert ledger.request("txpool_status") == {"pending": "0x0", "queued": "0x1"}


def test_the_pool_as_geth_shows_it(provider: NodeProvider, ledger: Web3Ledger) -> None:
    node = provider.service.node
    sender = Sender(ledger.chain_id())
    sender.nonce = 2
    waiting, _ = node.submit(sender.send("0x" + "11" * 20, b"\0"))
    address = to_checksum_address(sender.signer.address)
    content = ledger.request("txpool_content")
    assert content["queued"][address]["2"]["hash"] == "0x" + waiting.hex() and content["pending"] == {}
    one = {kind: groups.get(address, {}) for kind, groups in content.items()}
    assert ledger.request("txpool_contentFrom", address) == one
    assert "2000000 gas" in ledger.request("txpool_inspect")["queued"][address]["2"]
    pending = ledger.request("eth_getBlockByNumber", "pending", False)
    assert pending["hash"] is None and pending["transactions"] == [] and pending["number"] == hex(ledger.height() + 1)
