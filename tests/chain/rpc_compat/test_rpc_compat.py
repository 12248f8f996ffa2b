"""execution-apis' files against our RPC.

``upstream/`` holds files of ethereum/execution-apis (commit 033ca6e6, CC0), unchanged. Those in ``ANYWHERE`` are run
as they are. The rest were recorded on a chain of the Osaka fork and cannot be replayed on one of Cancun: of each that
has a counterpart in ``ours/``, the fields and kinds of values of both answers are compared. ``ours/`` are files of
the same format for the chain of ``world.py``, compared value by value.
"""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.ledger.embedded.rpc.table import METHODS
from tests.chain.rpc_compat import make
from tests.chain.rpc_compat.fetch import ANYWHERE
from tests.chain.rpc_compat.iofile import Exchange, IoFile, differences, load, parse, shape_differences
from tests.chain.rpc_compat.world import World, world
from tests.support.scale import examples

HERE = Path(__file__).parent
OURS = sorted(
    (str(path.relative_to(HERE / "ours").with_suffix("")) for path in (HERE / "ours").rglob("*.io")),
    key=lambda name: (name == make.LAST, name),
)
PAIRS = [name for name in OURS if (HERE / "upstream" / f"{name}.io").exists()]
# methods that need a connection or a list of accounts, or give figures of the moment
ELSEWHERE = {
    "eth_newFilter", "eth_newBlockFilter", "eth_newPendingTransactionFilter", "eth_getFilterChanges",
    "eth_getFilterLogs", "eth_uninstallFilter", "mulian_status", "mulian_series", "mulian_droppedTransaction",
    "perm_getAccountsAllowlist", "perm_addAccountsToAllowlist", "perm_removeAccountsFromAllowlist",
    "perm_getNodesAllowlist", "perm_addNodesToAllowlist", "perm_removeNodesFromAllowlist",
    "perm_reloadPermissionsFromFile", "admin_nodeInfo", "admin_peers", "debug_traceCall", "txpool_inspect",
    "eth_getRawTransactionByHash", "eth_getRawTransactionByBlockNumberAndIndex",
    "eth_getRawTransactionByBlockHashAndIndex", "web3_sha3", "rpc_modules", "net_listening", "net_peerCount",
    "eth_mining", "eth_hashrate", "eth_coinbase", "eth_maxPriorityFeePerGas", "eth_getUncleCountByBlockNumber",
    "eth_getUncleCountByBlockHash",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("compat") / "home") as opened:
        yield opened


def run(made: World, found: IoFile) -> list[str]:
    compare = shape_differences if found.spec_only else differences
    return [
        line for exchange in found.exchanges
        for line in compare(exchange.response, make.answer(made, exchange.request))
    ]


@pytest.mark.parametrize("name", OURS)
def test_our_chain_answers_as_its_files_say(made: World, name: str) -> None:
    assert run(made, load(HERE / "ours" / f"{name}.io")) == []


@pytest.mark.parametrize("name", ANYWHERE)
def test_upstream_files_that_hold_on_any_chain_pass(made: World, name: str) -> None:
    assert run(made, load(HERE / "upstream" / f"{name}.io")) == []


@pytest.mark.parametrize("name", PAIRS)
def test_our_answers_have_the_shape_of_upstreams(name: str) -> None:
    expected, given = load(HERE / "upstream" / f"{name}.io"), load(HERE / "ours" / f"{name}.io")
    assert shape_differences(expected.exchanges[-1].response, given.exchanges[-1].response) == []


def test_every_method_has_a_file() -> None:
    named = {name.split("/")[0] for name in (*OURS, *ANYWHERE)}
    assert set(METHODS) - named - ELSEWHERE == set() and named & ELSEWHERE == set()
    assert len(PAIRS) >= 25


def test_the_files_are_what_the_maker_writes(made: World) -> None:
    assert set(make.requests(made)) == set(OURS)
    for name, (method, parameters) in make.requests(made).items():
        request = load(HERE / "ours" / f"{name}.io").exchanges[0].request
        assert (request["method"], request["params"]) == (method, parameters), name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=5,
)


@settings(max_examples=examples(15, 500))
@given(st.lists(st.tuples(JSON, JSON), min_size=1, max_size=3), st.lists(st.text("ab ", max_size=5), max_size=2))
def test_the_format_survives_a_round(exchanges: list[tuple[Any, Any]], comments: list[str]) -> None:
    file = IoFile(comments, [Exchange(*pair) for pair in exchanges])
    read = parse(file.dumps())
    assert read.exchanges == file.exchanges
    assert [item.strip() for item in read.comments] == [item.strip() for item in comments]


@pytest.mark.parametrize("text", ["", "// only words", ">> 1", "<< 1", ">> 1\n>> 2\n<< 3", ">> 1\n<< {", "x"])
def test_what_is_not_of_the_format_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_the_comparison_sees_what_differs() -> None:
    """A runner that passes everything would prove nothing."""
    answer = load(HERE / "ours" / "eth_getTransactionReceipt" / "get-dynamic-fee.io").exchanges[0].response
    assert differences(answer, copy.deepcopy(answer)) == [] == shape_differences(answer, copy.deepcopy(answer))
    for change in (
        lambda result: result.pop("logs"), lambda result: result.update(extra=1),
        lambda result: result.update(status=1), lambda result: result.update({"from": "0x12"}),
        lambda result: result["logs"][0].pop("blockTimestamp"),
    ):
        other = copy.deepcopy(answer)
        change(other["result"])
        assert differences(answer, other) and shape_differences(answer, other)
    other = copy.deepcopy(answer)
    other["result"]["gasUsed"] = "0x1"
    assert differences(answer, other) and not shape_differences(answer, other)
    error = {"id": 1, "error": {"code": -32602, "message": "a"}}
    assert not differences(error, {"id": 1, "error": {"code": -32602, "message": "b"}})
    assert differences(error, {"id": 1, "error": {"code": -32000, "message": "a"}})
    assert differences(error, {"id": 1, "result": None})
