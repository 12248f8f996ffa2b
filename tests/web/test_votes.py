"""A validator of a real geth network is added and removed through the console: one person proposes, another agrees,
and the network's own signers say what came of it. At full size only: it takes minutes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from chain.ledger.engines.detect import engine_of
from tests.chain.engines import geth
from tests.support.scale import Scale
from tests.web.conftest import Site, Watched, new_desk, serving

pytestmark = [pytest.mark.engine("chromium"), pytest.mark.engine("geth")]
# looks at the nodes come every 15 s, so do rounds of casting; blocks every second
_PATIENCE = 240_000


@pytest.fixture
def network(scale: Scale) -> Iterator[geth.GethNetwork]:
    """Four nodes, three signers."""
    with geth.at_full_size(scale, signers=3, nodes=4) as found:
        yield found


@pytest.fixture
def site(network: geth.GethNetwork, tmp_path: Path) -> Iterator[Site]:
    """An installation on the network's first node."""
    with serving(tmp_path / "home", network.nodes[0].url) as served:
        yield served


@pytest.fixture
def desk(site: Site, browser: Browser) -> Iterator[BrowserContext]:
    context = new_desk(browser)
    yield context
    context.close()


def until(condition: Callable[[], bool], seconds: float) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come in time"
        time.sleep(0.5)


def row_of(page: Page, table: str, text: str) -> Locator:
    return page.locator(f"[data-test={table}]").get_by_role("row").filter(has_text=text)


def register(page: Page, name: str, node: geth.GethNode) -> None:
    """Register a node through the form: its enode is read from it, its account is given, since not every one seals."""
    page.click("[data-test=register-node]")
    page.fill("[data-test=node-name]", name)
    page.fill("[data-test=node-url]", node.url)
    page.fill("[data-test=node-declared]", "127.0.0.0/8")
    page.locator(".el-form-item").filter(has_text="出块账户").locator("input").fill(node.signer.address)
    page.locator("[data-test=node-managed]").click()
    page.click("[data-test=node-submit]")
    expect(page.locator("[data-test=node-dialog]")).to_have_count(0)
    expect(row_of(page, "nodes", name)).to_be_visible()


def vote(window: Watched, maker: str, checker: str, name: str, verb: str) -> Locator:
    """Propose and agree; return the line of the vote once it is in force."""
    page = window.enter(maker, "/chain/nodes")
    row_of(page, "nodes", name).locator("[data-test=open-node]").click()
    page.click("[data-test=vote-node]")
    page.fill("[data-test=vote-reason]", f"{verb}：网络调整")
    with page.expect_response(lambda one: one.url.endswith("/votes") and one.request.method == "POST") as asked:
        page.click("[data-test=vote-submit]")
    assert asked.value.ok, asked.value.text()
    expect(page.locator("[data-test=vote-dialog]")).to_have_count(0)
    page = window.enter(checker, "/chain/nodes")
    page.click("[data-test=open-approval]")
    page.click("[data-test=approve]")
    page.locator(".el-message-box").get_by_role("button", name="确定").click()
    line = row_of(page, "node-votes", f"{verb} {name}")
    expect(line).to_contain_text("已生效", timeout=_PATIENCE)
    return line


def signers(network: geth.GethNetwork) -> frozenset[str]:
    return engine_of(network.nodes[0].ledger).validators()


def test_a_validator_comes_and_goes_by_vote(site: Site, window: Watched, network: geth.GethNetwork) -> None:
    maker, checker, fourth = site.account("operator"), site.account("bureau_admin"), network.nodes[3]
    mine = fourth.signer.address.lower()
    page = window.enter(maker, "/chain/nodes")
    for index, node in enumerate(network.nodes[1:], 1):
        register(page, f"geth{index}", node)
    # the roles come with the first look at the whole network, without which nothing can be proposed
    for name, role in (("geth1", "验证节点"), ("geth2", "验证节点"), ("geth3", "观察节点"), ("平台所用", "验证节点")):
        expect(row_of(page, "nodes", name)).to_contain_text(role, timeout=_PATIENCE)
        expect(row_of(page, "nodes", name)).to_contain_text("正常", timeout=_PATIENCE)
    assert mine not in signers(network) and len(signers(network)) == 3

    vote(window, maker, checker, "geth3", "增加")
    assert mine in signers(network) and len(signers(network)) == 4
    fourth.stop()
    fourth.seals = True
    fourth.start()
    ledger = network.nodes[0].ledger
    until(lambda: mine in {
        block.sealer for number in range(max(1, ledger.height() - 8), ledger.height())
        if (block := ledger.block(number)) is not None
    }, 180)
    page = window.enter(maker, "/chain/nodes")
    expect(row_of(page, "nodes", "geth3")).to_contain_text("验证节点", timeout=_PATIENCE)
    expect(row_of(page, "nodes", "geth3")).to_contain_text("正常", timeout=_PATIENCE)

    line = vote(window, maker, checker, "geth3", "移除")
    expect(line).to_contain_text("geth1：已投票")
    assert mine not in signers(network) and len(signers(network)) == 3
    height = ledger.height()
    until(lambda: ledger.height() > height + 3, 60)
