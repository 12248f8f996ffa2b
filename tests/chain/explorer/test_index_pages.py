"""The explorer over the index: decoded calls and events, search, departments, run analysis, exports, paging."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from bench._chain import AnchorLoad, Sender
from chain import facts
from chain.anchoring import batching
from chain.anchoring import service as anchoring
from chain.explorer import service as explorer
from chain.indexer import check, follow
from chain.ledger.access import ledger_of, use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel import clock
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.jobs import runner
from kernel.runtime import Runtime


@pytest.fixture
def world(runtime: Runtime) -> Iterator[dict[str, Any]]:
    """A chain with records of two departments, a failed call, and everything indexed."""
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        ledger = Web3Ledger("in-process", provider)
        use_ledger(runtime, ledger)
        actor = system_actor("test")
        with runtime.database.write() as session:
            civil = create_department(session, actor, name="样例民政局", kind="bureau").id
            schools = create_department(session, actor, name="样例教委", kind="bureau").id
        for department, count in ((civil, 3), (schools, 2), (None, 1)):
            leaves = [
                anchoring.NewLeaf({"n": at}, "data_entry", f"{department}-{at}", 1, department_id=department)
                for at in range(count)
            ]
            runtime.database.run(
                lambda session, leaves=leaves: anchoring.append_leaves(session, stream="catalog", leaves=leaves)
            )
        batching.flush(runtime)
        load = AnchorLoad(ledger.chain_id())
        for raw in load.deployment():
            ledger.send_raw(raw)
        registry = explorer_registry(runtime)
        ledger.send_raw(Sender(ledger.chain_id()).send(registry, b"\1\2\3\4", gas=100_000))
        follow.follow(runtime)
        yield {"ledger": ledger, "civil": civil, "schools": schools, "registry": registry}


def explorer_registry(runtime: Runtime) -> str:
    from chain.contracts.service import address_of

    with runtime.database.read() as session:
        return address_of(session, "AnchorRegistry").lower()


@pytest.mark.requirement("S4-18")
def test_decoded_calls_events_and_whose_records(live_server: Any, world: dict[str, Any]) -> None:
    signed = live_server.signed_in("operator")
    listed = signed.get("/chain/transactions", params={"contract": "AnchorRegistry", "size": 50}).json()["items"]
    assert {"constructor", "grantRole", "anchor"} <= {one["method"] for one in listed}
    call = next(one for one in listed if one["method"] == "anchor")
    assert call["arguments"]["leaves"] == "6" and call["to_label"] == {"kind": "contract", "name": "AnchorRegistry"}
    assert call["sender_label"] == {"kind": "stream", "name": "catalog"} and call["at"]
    one = signed.get(f"/chain/transactions/{call['hash']}").json()
    assert [event["event"] for event in one["events"]] == ["Anchored"] and one["events"][0]["stream"] == "catalog"
    assert {row["department"]: row["records"] for row in one["carried"]} == {"样例民政局": 3, "样例教委": 2, None: 1}
    block = signed.get(f"/chain/blocks/{call['block_number']}").json()
    assert block["items"][0]["method"] == "anchor" and block["missed"] == 0 and block["failed"] == 0
    failed = signed.get("/chain/transactions", params={"failed": True}).json()["items"]
    assert len(failed) == 1 and failed[0]["reason"] == "revert" and failed[0]["to"] == world["registry"]
    events = signed.get("/chain/events", params={"contract": "AnchorRegistry", "event": "Anchored"}).json()["items"]
    assert len(events) == 1 and events[0]["tx_hash"] == call["hash"]
    assert signed.get("/chain/events", params={"stream": "catalog"}).json()["items"] == events
    by_contract = signed.get("/chain/events", params={"contract": "AnchorRegistry"}).json()["items"]
    assert {one["event"] for one in by_contract} >= {"Anchored", "RoleGranted"}
    seen = signed.get(f"/chain/addresses/{world['registry']}").json()
    assert seen["label"]["name"] == "AnchorRegistry" and seen["first_block"] < seen["last_block"]


def test_one_search_box(live_server: Any, world: dict[str, Any]) -> None:
    signed = live_server.signed_in("operator")

    def kinds(text: str) -> list[tuple[str, str]]:
        found = signed.get("/chain/search", params={"q": text}).json()["items"]
        return [(one["kind"], one["value"]) for one in found]

    block = world["ledger"].block(1)
    assert kinds("1") == [("block", "1")] and kinds(block.hash) == [("block", "1")]
    assert kinds(block.tx_hashes[0][2:].upper()) == [("transaction", block.tx_hashes[0])]
    assert kinds(world["registry"]) == [("address", world["registry"])]
    assert kinds("anchorreg") == [("contract", world["registry"])] and kinds("catalog")[-1] == ("stream", "catalog")
    assert kinds("民政") == [("department", str(world["civil"]))]
    assert kinds("999999") == [] and kinds("0x" + "ab" * 32) == [] and kinds("没有") == []
    assert signed.get("/chain/search", params={"q": ""}).status_code == 422
    own = live_server.signed_in("department_admin", department_id=world["schools"])
    assert own.get("/chain/search", params={"q": "民政"}).json()["items"] == []


def test_departments_see_their_own_activity(live_server: Any, world: dict[str, Any]) -> None:
    later = {"end": (clock.now() + timedelta(hours=1)).isoformat()}
    everybody = live_server.signed_in("operator").get("/chain/departments", params=later).json()["items"]
    assert [(one["department"], one["records"]) for one in everybody] == [("样例民政局", 3), ("样例教委", 2), (None, 1)]
    own = live_server.signed_in("department_admin", department_id=world["schools"])
    assert [one["department"] for one in own.get("/chain/departments", params=later).json()["items"]] == ["样例教委"]
    mine = own.get("/chain/transactions", params={"department_id": str(world["schools"])}).json()["items"]
    assert [one["method"] for one in mine] == ["anchor"]
    foreign = own.get("/chain/transactions", params={"department_id": str(world["civil"])})
    assert foreign.status_code == 404
    asked = own.post("/chain/exports", json={"what": "transactions", "department_id": str(world["civil"])})
    assert asked.status_code == 404


def test_pages_go_by_place_and_leave_nothing_out(live_server: Any, world: dict[str, Any]) -> None:
    signed = live_server.signed_in("operator")
    whole = [one["hash"] for one in signed.get("/chain/transactions", params={"size": 200}).json()["items"]]
    paged, before = [], None
    while True:
        page = signed.get("/chain/transactions", params={"size": 2} | ({"before": before} if before else {})).json()
        paged += [one["hash"] for one in page["items"]]
        before = page["next_before"]
        if before is None:
            break
    assert paged == whole and len(set(whole)) == len(whole) > 4
    assert signed.get("/chain/transactions", params={"before": "x"}).status_code == 422
    busy = signed.get("/chain/blocks", params={"busy": True, "size": 100}).json()["items"]
    assert busy and all(one["transactions"] for one in busy)
    none = signed.get("/chain/transactions", params={"end": "2020-01-01T00:00:00Z"}).json()
    assert none == {"items": [], "next_before": None}


def test_blocks_newer_than_the_index_come_from_the_node(live_server: Any, world: dict[str, Any]) -> None:
    signed = live_server.signed_in("operator")
    before = signed.get("/chain/blocks", params={"size": 100}).json()
    sender = Sender(world["ledger"].chain_id())
    world["ledger"].send_raw(sender.send(world["registry"], b"", gas=100_000))
    after = signed.get("/chain/blocks", params={"size": 100}).json()
    assert after["items"][1:] == before["items"] and after["items"][0]["failed"] is None
    assert after["total"] == before["total"] + 1
    newest = signed.get(f"/chain/blocks/{after['items'][0]['number']}").json()
    assert newest["items"] is None and len(newest["tx_hashes"]) == 1
    waiting = signed.get(f"/chain/transactions/{newest['tx_hashes'][0]}").json()
    assert waiting["status"] == "failed" and waiting["events"] is None
    assert signed.get("/chain/search", params={"q": newest["tx_hashes"][0]}).json()["items"][0]["kind"] == "transaction"


def test_run_analysis_is_the_same_from_index_and_node(live_server: Any, world: dict[str, Any]) -> None:
    runtime = live_server.runtime
    start, end = clock.now() - timedelta(days=2), clock.now() + timedelta(hours=1)
    ledger = ledger_of(runtime)
    with runtime.database.read() as session:
        held = facts.chain_run(session, start, end)
        minutes = facts.minutes(session, start, end)
        own = explorer.series(ledger, int(start.timestamp()), int(end.timestamp()), 60)
    assert minutes == own and held.transactions == sum(one.transactions for one in own) > 4
    assert held.failures == {"revert": 1} and held.failed == 1 and (held.missed, held.no_turns) == (0, "single_sealer")
    assert held.departments[str(world["civil"])] == [1, 3] and sum(held.sealers.values()) == held.blocks
    assert held.interval_max is not None and held.interval_p50 is not None and held.empty == 0
    # a rehearsal chain's time runs ahead of the clock
    later = {"end": (clock.now() + timedelta(hours=1)).isoformat()}
    shown = live_server.signed_in("leader").get("/chain/run", params=later).json()
    assert shown["transactions"] == held.transactions and shown["failures"] == {"revert": 1}
    assert shown["no_turns"] == "single_sealer" and sum(one["blocks"] for one in shown["points"]) == held.blocks
    hour = live_server.signed_in("leader").get("/chain/run", params={
        "start": (clock.now() - timedelta(hours=1)).isoformat(), "end": (clock.now() + timedelta(hours=1)).isoformat(),
    }).json()
    assert hour["width"] == 60 and hour["transactions"] == held.transactions


def test_exports_run_as_jobs(live_server: Any, world: dict[str, Any]) -> None:
    runtime, signed = live_server.runtime, live_server.signed_in("operator")
    stranger = live_server.signed_in("leader")
    for what in ("blocks", "transactions", "events", "departments", "run"):
        rows, sheet = (_exported(runtime, signed, stranger, what, kind) for kind in ("csv", "xlsx"))
        listed = list(csv.reader(io.StringIO(rows.decode("utf-8-sig"))))
        cells = CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()
        assert len(listed) > 1 and len(cells) >= len(listed)
        if what == "transactions":
            assert any("AnchorRegistry" in row and "anchor" in row for row in listed)


def _exported(runtime: Runtime, signed: Any, stranger: Any, what: str, kind: str) -> bytes:
    later = (clock.now() + timedelta(hours=1)).isoformat()
    answer = signed.post("/chain/exports", json={"what": what, "format": kind, "end": later})
    assert answer.status_code == 202
    path = f"/chain/exports/{answer.json()['job_id']}/file"
    assert signed.get(path).json()["code"] == "chain.export.unknown"
    taken = runner.claim(runtime)
    assert taken is not None
    runner.execute(runtime, taken, runner.context_of(runtime, taken))
    assert stranger.get(path).status_code == 404
    content: bytes = signed.get(path).content
    return content


def test_the_index_of_a_real_chain_is_what_the_node_says(live_server: Any, world: dict[str, Any]) -> None:
    assert check.verify(live_server.runtime, last=None).findings == []
    assert check.status(live_server.runtime)["behind"] == 0
