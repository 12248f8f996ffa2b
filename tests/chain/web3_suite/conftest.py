"""The fixtures that web3's module tests ask for: a funded account on the allow-list whose key the client holds.

These files define the figure: a chain of the suite's chain id, blocks every 2 s (empty ones too), price 0. The
account has a balance because the suite sends value and offers fees of its own; what this module sends itself
offers none, except the one transaction whose receipt the suite wants to see paid for.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3._utils.contract_sources.contract_data._custom_contract_data import EMITTER_ENUM
from web3._utils.contract_sources.contract_data.emitter_contract import EMITTER_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.math_contract import MATH_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.offchain_lookup import OFFCHAIN_LOOKUP_DATA
from web3._utils.contract_sources.contract_data.panic_errors_contract import PANIC_ERRORS_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.revert_contract import REVERT_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.storage_contract import STORAGE_CONTRACT_DATA
from web3._utils.module_testing.utils import RequestMocker
from web3.middleware import ExtraDataToPOAMiddleware, SignAndSendRawMiddlewareBuilder
from web3.middleware.base import Web3MiddlewareBuilder

from chain.ledger.embedded import genesis as genesis_module
from chain.ledger.embedded import rules
from chain.ledger.embedded.node import SEALER_KEY_FILE, Node, Options
from chain.ledger.embedded.provider import in_process
from kernel import clock
from kernel.home import Home
from tests.chain.embedded.process import ChainProcess
from tests.chain.web3_suite.listed import LISTED, SAMPLE, STARTS_AFTER_A_BLOCK
from tests.support.scale import examples

# the suite has this number in its tests
CHAIN_ID = 131277322940537
KEY = "0x" + "5e" * 32
PERIOD = 2
TRANSPORTS = ("in-process", "http")


def key_of(item: pytest.Item) -> str:
    """``Class::test[parameters]`` without the transport."""
    name, bracket, rest = item.name.partition("[")
    parameters = [part for part in [rest.removesuffix("]")] if bracket]
    for transport in TRANSPORTS:
        parameters = [part.replace(f"{transport}-", "").removesuffix(transport) for part in parameters]
    shown = f"[{parameters[0]}]" if parameters and parameters[0] else ""
    return f"{item.cls.__name__}::{name}{shown}" if item.cls is not None else name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the listed ones; outside ``make prove`` keep the sample."""
    full = examples(0, 1) == 1
    kept, dropped = [], []
    for item in items:
        if Path(item.path).parent != Path(__file__).parent or item.cls is None:
            kept.append(item)
            continue
        key = key_of(item)
        if key in LISTED or key.partition("[")[0] in LISTED:
            reason = LISTED.get(key) or LISTED[key.partition("[")[0]]
            item.add_marker(pytest.mark.xfail(strict=True, reason=reason))
        (kept if full or key in SAMPLE else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


class ClientAccounts(Web3MiddlewareBuilder):
    """Answers eth_accounts with what the client holds: the node holds nothing."""

    def wrap_make_request(self, make_request: Any) -> Any:
        def asked(method: Any, params: Any) -> Any:
            if method == "eth_accounts":
                account = self._w3.eth.account.from_key(KEY)
                return {"jsonrpc": "2.0", "id": 0, "result": [account.address]}
            return make_request(method, params)

        return asked


def prepare(root: Path) -> Home:
    """A home whose chain has the suite's chain id, the account's balance and its name on the allow-list."""
    home = Home(root)
    home.prepare()
    key = genesis_module.load_sealer_key(home.service_keys_dir / SEALER_KEY_FILE, create=True)
    home.chain_dir.mkdir(parents=True, exist_ok=True)
    account = bytes.fromhex(Web3().eth.account.from_key(KEY).address[2:])
    genesis_module.load_or_create(home.chain_dir, genesis_module.address_of_key(key), genesis_module.Genesis(
        CHAIN_ID, genesis_module.address_of_key(key), int(clock.now().timestamp()) - 1, ((account, 10**24),),
    ))
    rules.write_list(home.chain_dir / rules.ACCOUNTS_FILE, frozenset({account}))
    return home


@pytest.fixture(scope="session", params=TRANSPORTS[:examples(1, 2)])
def w3(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web3]:
    """web3 over HTTP against the chain process, and against a node in this process."""
    home = prepare(tmp_path_factory.mktemp("suite") / "home")
    if request.param == "http":
        process = ChainProcess(home.root, "--period", str(PERIOD), "--idle", str(PERIOD))
        yield connected(HTTPProvider(process.url))
        process.kill()
        return
    with Node(home, Options(period=PERIOD, idle=PERIOD)) as node, in_process(node) as provider:
        yield connected(provider)


def connected(provider: Any) -> Web3:
    web3 = Web3(provider)
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    web3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(KEY), layer=0)
    web3.middleware_onion.inject(ClientAccounts, layer=0)
    return web3


def wait_block(web3: Web3, after: int | None = None) -> int:
    """Wait until there is a block above ``after`` (the head)."""
    first = web3.eth.block_number if after is None else after
    limit = time.monotonic() + 60
    while web3.eth.block_number <= first:
        assert time.monotonic() < limit
        time.sleep(0.005)
    return web3.eth.block_number


class Deployed:
    """What stands on the chain before the suite runs: contracts, a paid transaction, one log, an empty block."""

    def __init__(self, web3: Web3) -> None:
        self.web3 = web3
        self.account = web3.eth.account.from_key(KEY)
        free = {"from": self.account.address, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0, "gas": 5_000_000}
        kinds = {
            "math": MATH_CONTRACT_DATA, "emitter": EMITTER_CONTRACT_DATA, "storage": STORAGE_CONTRACT_DATA,
            "revert": REVERT_CONTRACT_DATA, "offchain": OFFCHAIN_LOOKUP_DATA, "panic": PANIC_ERRORS_CONTRACT_DATA,
        }
        sent = {
            name: web3.eth.contract(abi=data["abi"], bytecode=data["bytecode"]).constructor().transact(free)
            for name, data in kinds.items()
        }
        self.math_hash = sent["math"]
        self.contracts = {
            name: web3.eth.contract(
                address=web3.eth.wait_for_transaction_receipt(digest, poll_latency=0.05)["contractAddress"],
                abi=kinds[name]["abi"],
            )
            for name, digest in sent.items()
        }
        self.mined = web3.eth.send_transaction({
            "from": self.account.address, "to": self.account.address, "value": 1, "gas": 21_000,
            "maxFeePerGas": 10**9, "maxPriorityFeePerGas": 10**9,
        })
        paid = web3.eth.wait_for_transaction_receipt(self.mined, poll_latency=0.05)
        self.with_transaction = web3.eth.get_block(paid["blockNumber"])
        emit = self.contracts["emitter"].functions.logDouble(EMITTER_ENUM["LogDoubleWithIndex"], 12345, 54321)
        self.logged = emit.transact(free)
        log = web3.eth.wait_for_transaction_receipt(self.logged, poll_latency=0.05)
        self.with_log = web3.eth.get_block(log["blockNumber"])
        self.empty = web3.eth.get_block(wait_block(web3, log["blockNumber"]))
        if examples(0, 1):
            wait_block(web3, 6)  # the batch tests read blocks up to 6


@pytest.fixture(scope="session")
def deployed(w3: Web3) -> Deployed:
    return Deployed(w3)


@pytest.fixture(autouse=True)
def just_after_a_block(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.name.startswith(STARTS_AFTER_A_BLOCK):
        request.getfixturevalue("deployed")
        wait_block(request.getfixturevalue("w3"))
    yield
    if "w3" in request.fixturenames:  # a test that ends early leaves its strategy to all that come after
        request.getfixturevalue("w3").eth.set_gas_price_strategy(None)


@pytest.fixture(scope="session")
def keyfile_account_pkey(deployed: Deployed) -> str:
    return KEY


@pytest.fixture(scope="session")
def keyfile_account_address(deployed: Deployed) -> Any:
    return deployed.account.address


@pytest.fixture(scope="session")
def keyfile_account_address_dual_type(deployed: Deployed) -> Any:
    return deployed.account.address


@pytest.fixture(scope="session")
def math_contract(deployed: Deployed) -> Any:
    return deployed.contracts["math"]


@pytest.fixture(scope="session")
def math_contract_address(deployed: Deployed) -> Any:
    return deployed.contracts["math"].address


@pytest.fixture(scope="session")
def math_contract_deploy_txn_hash(deployed: Deployed) -> Any:
    return deployed.math_hash


@pytest.fixture(scope="session")
def emitter_contract(deployed: Deployed) -> Any:
    return deployed.contracts["emitter"]


@pytest.fixture(scope="session")
def emitter_contract_address(deployed: Deployed) -> Any:
    return deployed.contracts["emitter"].address


@pytest.fixture(scope="session")
def storage_contract(deployed: Deployed) -> Any:
    return deployed.contracts["storage"]


@pytest.fixture(scope="session")
def revert_contract(deployed: Deployed) -> Any:
    return deployed.contracts["revert"]


@pytest.fixture(scope="session")
def panic_errors_contract(deployed: Deployed) -> Any:
    return deployed.contracts["panic"]


@pytest.fixture(scope="session")
def offchain_lookup_contract(deployed: Deployed) -> Any:
    return deployed.contracts["offchain"]


@pytest.fixture(scope="session")
def mined_txn_hash(deployed: Deployed) -> Any:
    return deployed.mined


@pytest.fixture(scope="session")
def block_with_txn(deployed: Deployed) -> Any:
    return deployed.with_transaction


@pytest.fixture(scope="session")
def txn_hash_with_log(deployed: Deployed) -> Any:
    return deployed.logged


@pytest.fixture(scope="session")
def block_with_txn_with_log(deployed: Deployed) -> Any:
    return deployed.with_log


@pytest.fixture(scope="session")
def empty_block(deployed: Deployed) -> Any:
    return deployed.empty


@pytest.fixture
def skip_if_testrpc() -> Any:
    return lambda web3: None


@pytest.fixture
def request_mocker() -> type[RequestMocker]:
    return RequestMocker
