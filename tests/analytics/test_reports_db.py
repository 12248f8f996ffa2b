"""Reports of a real installation: asked for, built as a job, anchored, verified, reproduced, read by the right ones."""

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from analytics.reports import manifest, queries, runner, service
from analytics.reports.models import ReportRun
from catalog.nodes import versions
from catalog.nodes.models import DataEntry, Duty, DutyData
from catalog.nodes.versions import Publication
from chain.anchoring import batching, verify_proof
from chain.anchoring.models import AnchorLeaf
from chain.anchoring.service import proof_for, state_of, trust
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from kernel import clock, ids
from kernel.audit.service import record
from kernel.db import Database
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department
from kernel.jobs.models import Job
from kernel.runtime import Runtime

SYSTEM = system_actor("test")


def department(session: Session, number: int, name: str = "") -> uuid.UUID:
    """Add a department and return its id."""
    ident = ids.new()
    session.add(Department(
        id=ident, code=f"D{number:02d}", uscc=None, name=name or f"测试{number}局", kind="bureau", aliases=[], sort=number,
        valid_from=clock.now() - timedelta(days=400), valid_to=None, version=1,
    ))
    session.flush()
    return ident


def entries(session: Session, unit: uuid.UUID, first: int, count: int) -> None:
    """Add published data entries with a duty, as the catalog's own publishing does it."""
    audit = record(session, SYSTEM, action="test.fill", object_type="test", object_id="1", detail={})
    now, base = clock.now(), {
        "department_id": unit, "status": "draft", "source": "test", "created_at": clock.now(),
        "updated_at": clock.now(), "audit_id": audit,
    }
    duty = Duty(id=ids.new(), code=f"Z-{first}", name="职责", duty_type="other", **base)
    session.add(duty)
    rows = [
        DataEntry(
            id=ids.new(), code=f"E-{first + n}", name=f"目录{first + n}", abstract="摘要" if n % 2 else "", keywords=[],
            formats=["xlsx"], related_codes=[], level=1, authoritative=False, online=False, share_type="unconditional",
            open_type="unconditional", update_cycle="monthly", data_updated_at=now - timedelta(days=n * 20),
            data_update_source="填报", **base,
        )
        for n in range(count)
    ]
    session.add_all(rows)
    session.flush()
    session.add_all(
        DutyData(id=ids.new(), duty_id=duty.id, entry_id=row.id, created_at=now, audit_id=audit) for row in rows
    )
    session.flush()
    table = DataEntry.__table__
    query = table.select().where(table.c.id.in_([row.id for row in rows]))
    found = [dict(row) for row in session.execute(query).mappings()]
    versions.publish(session, SYSTEM, "data_entry", [Publication(row, [], "publish", None) for row in found], audit)


def run_now(runtime: Runtime, unit: uuid.UUID | None) -> uuid.UUID:
    """Request and build a report of the current quarter."""
    year, quarter = clock.quarter_of(clock.now())
    run_id = runtime.database.run(
        lambda session: service.request(session, SYSTEM, year=year, quarter=quarter, department_id=unit)[0].id
    )
    runner.execute(runtime, SYSTEM, run_id, lambda done, total, text: None)
    return run_id


def figures(runtime: Runtime, run_id: uuid.UUID) -> dict[str, dict[str, Any]]:
    """Return the figures of a run by key."""
    with runtime.database.read() as session:
        return {item["key"]: item for item in service.figures(session, SYSTEM, run_id=run_id)}


@pytest.fixture
def district(runtime: Runtime) -> tuple[Runtime, uuid.UUID, uuid.UUID]:
    """Two departments with published entries that no chain has seen."""
    def fill(session: Session) -> tuple[uuid.UUID, uuid.UUID]:
        one, two = department(session, 1), department(session, 2, "名字很长的局" * 30 + "😀<script>")
        entries(session, one, 100, 5)
        entries(session, two, 200, 3)
        return one, two

    return (runtime, *runtime.database.run(fill))


@pytest.fixture
def chained(district: tuple[Runtime, uuid.UUID, uuid.UUID]) -> Iterator[tuple[Runtime, uuid.UUID, uuid.UUID]]:
    """The same, anchored on a real embedded chain in this process."""
    with Node(district[0].home, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(district[0], Web3Ledger("in-process", provider))
        batching.flush(district[0])
        yield district


@pytest.mark.requirement("S4-13")
def test_department_report_end_to_end(chained: tuple[Runtime, uuid.UUID, uuid.UUID]) -> None:
    runtime, one, _ = chained
    run_id = run_now(runtime, one)
    found = figures(runtime, run_id)
    assert found[f"catalog.published|{one}|data_entry"]["numerator"] == 5
    assert found[f"catalog.anchored|{one}|"]["numerator"] == 5
    assert found[f"catalog.consistent_rate|{one}|"]["text"] == "100.00%"
    assert found[f"quality.required_rate|{one}|data_entry"]["denominator"] == 5 * 9
    assert found[f"quality.accurate_rate|{one}|data_entry"]["text"] == "100.00%"
    assert found[f"catalog.anchored_rate|{one}|"]["text"] == "未核定应上链清单"
    assert {item["scope"] for item in found.values()} == {str(one)}
    with runtime.database.read() as session:
        assert service.verify(session, SYSTEM, run_id=run_id).state == "done"
        result = service.reproduce(session, SYSTEM, run_id=run_id)
    assert result.identical


def test_district_report_is_anchored_in_its_stream(chained: tuple[Runtime, uuid.UUID, uuid.UUID]) -> None:
    runtime = chained[0]
    run_id = run_now(runtime, None)
    batching.flush(runtime)
    with runtime.database.read() as session:
        run = session.get_one(ReportRun, run_id)
        state, leaf = state_of(session, "report_run", str(run_id), 1), session.get_one(AnchorLeaf, run.leaf_id)
        assert state is not None
        assert (state.state, state.stream) == ("anchored", "reports")
        assert leaf.record["run_root"] == run.run_root
        proven = verify_proof.verify(proof_for(session, leaf.id), trust(session))
        assert (proven.status, proven.facts["stream"]) == ("authenticated", "reports")
        assert len(queries.inputs(session, run_id)) == 12
        assert len(queries.artifacts(session, run_id)) == 6
    found = figures(runtime, run_id)
    assert found["catalog.anchored|district|"]["numerator"] == 8
    assert int(found["chain.transactions|district|"]["numerator"]) > 0


def test_a_changed_record_shows_as_inconsistent(chained: tuple[Runtime, uuid.UUID, uuid.UUID]) -> None:
    runtime, one, _ = chained

    def tamper(session: Session) -> None:
        leaf = session.query(AnchorLeaf).filter_by(department_id=one).order_by(AnchorLeaf.index).first()
        assert leaf is not None
        leaf.record = leaf.record | {"code": "E-changed"}

    runtime.database.run(tamper)
    found = figures(runtime, run_now(runtime, None))
    assert found[f"catalog.consistent_rate|{one}|"]["numerator"] == 4
    assert found["catalog.consistent_rate|district|"]["numerator"] == 7
    assert found["catalog.consistent_rate|district|"]["denominator"] == 8


def test_unanchored_district_says_so(district: tuple[Runtime, uuid.UUID, uuid.UUID]) -> None:
    runtime = district[0]
    run_id = run_now(runtime, None)
    found = figures(runtime, run_id)
    assert found["catalog.anchored|district|"]["text"] == "0"
    assert found["catalog.consistent_rate|district|"]["text"] == "—"
    html = (service.folder_of(runtime, run_id) / "report.html").read_text(encoding="utf-8")
    assert "本期冻结输入中没有本季度的区块" in html
    assert "<script>" not in html


def test_next_quarter_compares_with_the_last(
    district: tuple[Runtime, uuid.UUID, uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, one, _ = district
    first = run_now(runtime, one)
    now = clock.now()
    year, quarter = clock.quarter_of(now)
    later = clock.quarter_bounds(year, quarter)[1] + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)
    html = (service.folder_of(runtime, run_now(runtime, one)) / "report.html").read_text(encoding="utf-8")
    assert str(first) in html
    assert "主要指标与上季度对照" in html


def test_job_builds_once_and_asking_again_gives_the_same_run(district: tuple[Runtime, uuid.UUID, uuid.UUID]) -> None:
    from kernel.jobs import runner as jobs

    runtime, one, _ = district
    year, quarter = clock.quarter_of(clock.now())
    ask: Callable[[Session], uuid.UUID] = lambda session: service.build(  # noqa: E731
        session, SYSTEM, year=year, quarter=quarter, department_id=one).id
    run_id = runtime.database.run(ask)
    assert runtime.database.run(ask) == run_id
    claim = jobs.claim(runtime)
    assert claim is not None
    ctx = jobs.context_of(runtime, claim)
    jobs.execute(runtime, claim, ctx)
    with runtime.database.read() as session:
        run = session.get_one(ReportRun, run_id)
        assert run.state == "done", run.error
        job = session.get_one(Job, run.job_id)
        assert job.state == "done"
        assert job.result["run_root"] == run.run_root
        folder = service.folder_of(runtime, run_id)
    before = (folder / manifest.MANIFEST).read_bytes()
    assert runner.execute(runtime, SYSTEM, run_id, lambda *_: None)["run_root"] == run.run_root
    assert (folder / manifest.MANIFEST).read_bytes() == before


def test_interrupted_build_starts_the_same_run_again(
    district: tuple[Runtime, uuid.UUID, uuid.UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, one, _ = district
    year, quarter = clock.quarter_of(clock.now())
    run_id = runtime.database.run(
        lambda s: service.request(s, SYSTEM, year=year, quarter=quarter, department_id=one)[0].id)

    def die(*_: Any) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(runner, "_keep", die)
        with pytest.raises(KeyboardInterrupt):
            runner.execute(runtime, SYSTEM, run_id, lambda *_: None)
    runner.execute(runtime, SYSTEM, run_id, lambda *_: None)
    with runtime.database.read() as session:
        service.verify(session, SYSTEM, run_id=run_id)
    assert sorted(path.name for path in runtime.home.reports_dir.iterdir()) == [str(run_id)]


def test_damaged_files_are_refused_and_can_be_told_apart(district: tuple[Runtime, uuid.UUID, uuid.UUID]) -> None:
    runtime, one, _ = district
    run_id = run_now(runtime, one)
    folder = service.folder_of(runtime, run_id)
    good = (folder / "report.pdf").read_bytes()
    (folder / "report.pdf").write_bytes(good[:-1] + b"\0")
    with runtime.database.read() as session:
        for call in (service.verify, lambda *a, **k: service.read_artifact(*a, **k, name="report.pdf")):
            with pytest.raises(MulianError) as caught:
                call(session, SYSTEM, run_id=run_id)
            assert caught.value.code in ("analytics.verify.failed", "analytics.artifact.damaged")
        # inputs and manifest are whole: recomputing says which file differs
        result = service.reproduce(session, SYSTEM, run_id=run_id)
        assert result.files["report.pdf"] is False
        assert sum(not same for same in result.files.values()) == 1
    shutil.copy(folder / "inputs/entries.parquet", folder / "inputs/calls.parquet")
    with runtime.database.read() as session, pytest.raises(MulianError) as caught:
        service.reproduce(session, SYSTEM, run_id=run_id)
    assert caught.value.code == "analytics.verify.failed"


def test_future_quarter_is_refused(runtime: Runtime) -> None:
    with pytest.raises(MulianError) as caught, runtime.database.write() as session:
        service.request(session, SYSTEM, year=2099, quarter=4, department_id=None)
    assert caught.value.code == "analytics.period.future"


def test_only_own_department_and_only_scope_all_for_the_district(
    district: tuple[Runtime, uuid.UUID, uuid.UUID], make_actor: Callable[..., Actor]
) -> None:
    runtime, one, two = district
    run_one, run_all = run_now(runtime, one), run_now(runtime, None)
    with runtime.database.read() as session:
        own = make_actor("analytics.report.read", department_id=one)
        assert service.get(session, own, run_id=run_one).department_id == one
        assert [run.id for run in session.scalars(queries.listing(own))] == [run_one]
        whole = make_actor("analytics.report.read", scope="all")
        assert service.get(session, whole, run_id=run_all).department_id is None
        for actor, run_id in ((make_actor("analytics.report.read", department_id=two), run_one), (own, run_all)):
            with pytest.raises(MulianError) as caught:
                service.get(session, actor, run_id=run_id)
            assert caught.value.status == 404
        with pytest.raises(MulianError) as caught:
            service.get(session, make_actor(department_id=one), run_id=run_one)
        assert caught.value.status == 403


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_the_same_on_postgresql(database: Database) -> None:
    assert database.runtime is not None
    database.run(lambda session: entries(session, department(session, 1), 100, 3))
    run_id = run_now(database.runtime, None)
    with database.read() as session:
        assert service.verify(session, SYSTEM, run_id=run_id).state == "done"
    assert figures(database.runtime, run_id)["catalog.published|district|"]["numerator"] == 3
