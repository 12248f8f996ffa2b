"""web3's own module tests against our RPC, over HTTP and in process; ``listed.py`` says what does not pass and why."""

import math

from web3._utils.module_testing.eth_module import EthModuleTest
from web3._utils.module_testing.go_ethereum_debug_module import GoEthereumDebugModuleTest
from web3._utils.module_testing.go_ethereum_txpool_module import GoEthereumTxPoolModuleTest
from web3._utils.module_testing.net_module import NetModuleTest
from web3._utils.module_testing.web3_module import Web3ModuleTest

from tests.chain.web3_suite.listed import AT_LEAST, CASES, LISTED, SAMPLE


class TestEth(EthModuleTest):
    pass


class TestNet(NetModuleTest):
    pass


class TestWeb3(Web3ModuleTest):
    def _check_web3_client_version(self, client_version: str) -> None:  # type: ignore[override]
        assert client_version.startswith("mulian-poa/")


class TestTxPool(GoEthereumTxPoolModuleTest):
    pass


class TestDebug(GoEthereumDebugModuleTest):
    pass


def cases(suite: type) -> dict[str, int]:
    """The tests of a class with the number of cases of each."""
    found = {}
    for name in dir(suite):
        if name.startswith("test_"):
            marks = [mark for mark in getattr(getattr(suite, name), "pytestmark", ()) if mark.name == "parametrize"]
            found[f"{suite.__name__}::{name}"] = math.prod(len(list(mark.args[1])) for mark in marks)
    return found


def test_the_figure() -> None:
    suites = (TestEth, TestNet, TestWeb3, TestTxPool, TestDebug)
    every = {key: count for suite in suites for key, count in cases(suite).items()}
    assert sum(every.values()) == CASES
    assert {key.partition("[")[0] for key in (*LISTED, *SAMPLE)} <= set(every), "a listed test is not in the suite"
    failing = sum(1 if "[" in key else every[key] for key in LISTED)
    assert CASES - failing >= AT_LEAST
