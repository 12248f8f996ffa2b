"""The drill: passes on a sound installation, fails where the fence or a value is not what it should be."""

import contextlib
import json
import os
import select
import time
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from typer.testing import CliRunner

from crypto.commands import app
from crypto.drill import copying, errors, processes, rules, service
from crypto.drill.copying import Copy
from crypto.drill.rules import Kill, Moment, Outcome
from crypto.keys.vault import ensure_dev_root
from crypto.rotation.rules import RotationState
from crypto.scopes import fences
from crypto.scopes.rules import Scope
from kernel.errors import MulianError
from kernel.home import LOCKED
from kernel.leases import holder as holders
from kernel.leases import service as leases
from kernel.runtime import Runtime
from tests.crypto.conftest import District
from tests.support.scale import Scale

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def runtime_of(district: District) -> Runtime:
    assert district.database.runtime is not None
    return district.database.runtime


def copied(district: District, request: pytest.FixtureRequest) -> str | None:
    """Return the address of a restored copy, as PostgreSQL needs one."""
    if district.database.dialect == "sqlite":
        return None
    server = request.getfixturevalue("postgres_server")
    district.database.close()
    name = str(district.database.engine.url.database)
    return str(server.create(f"{name}_copy", template=name))


@pytest.mark.requirement("S4-27")
def test_a_sound_home_passes_and_is_left_alone(
    district: District, request: pytest.FixtureRequest, scale: Scale,
) -> None:
    people = district.fill(scale.of(40, 2_000))
    runtime, scope = runtime_of(district), district.scope()
    # the home is in the middle of a rotation, whose worker lives
    running = district.rotation()
    held = district.database.run(
        lambda s: leases.acquire(s, f"crypto.rotation:{running}", holders.mine(), 600))
    with district.database.read() as session:
        before = [(row.key_column, row.name) for row in service.registry.tables()], fences.findings(session)
        keys = service.persons.read(session, [p.id for p in people])
    report = service.run(runtime, scope_ids=[scope.id], copy_url=copied(district, request))
    found = report["scopes"][0]
    assert report["passed"] and found["passed"] and found["rows"] == len(people) and not found["planted"], report
    assert found["checks"] == dict.fromkeys(rules._CHECKS, True) and found["writes"] > 0
    assert sum(kill["killed"] for kill in found["kills"]) >= 2 * len(rules.WORKING)
    assert [line for line in rules.lines(report) if "通过" in line] and people[0].id_number not in json.dumps(report)
    with district.database.read() as session:
        assert service.persons.read(session, [p.id for p in people]) == keys == people
        assert before[1] == fences.findings(session) == []
        still = service.rotations.open_of(session, scope.id)
        assert still is not None and (still.id, still.state) == (running, RotationState.PLANNED)
    assert held is not None and district.database.run(lambda s: leases.renew(s, held)).fence == 1
    assert not list(runtime.home.run_dir.glob("drill-*"))


def test_the_database_in_use_is_never_drilled(district: District) -> None:
    runtime = runtime_of(district)
    with pytest.raises(MulianError) as caught, copying.make(runtime, district.database.url):
        pass
    assert caught.value.kind is errors.SAME_DATABASE
    copy = runtime.home.run_dir / "drill-of-another"
    copy.mkdir()
    with runtime.home.lock("drill"), pytest.raises(MulianError) as caught, copying.make(runtime, district.database.url):
        pass
    assert caught.value.kind is LOCKED and copy.is_dir()
    copy.rmdir()
    if district.database.dialect == "postgresql":
        with pytest.raises(MulianError) as caught:
            service.run(runtime)
        assert caught.value.kind is errors.COPY_NEEDED
    assert not list(runtime.home.run_dir.glob("drill-*"))


def test_writers_end_with_the_drill_that_was_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_put", lambda *_: None)
    copy, journal = cast(Copy, SimpleNamespace(open=contextlib.nullcontext)), tmp_path / "journal"
    end, inherited = os.pipe()  # ends when the last fork has

    def drill() -> None:
        processes.write(copy, Scope(uuid.uuid4(), "t", "c"), [1], b"", journal)
        time.sleep(60)

    pid = processes.fork(drill)
    os.close(inherited)
    while not processes.read_journal(journal):
        time.sleep(0.005)
    processes.kill(pid)
    assert select.select([end], [], [], 10)[0] and os.read(end, 1) == b""
    os.close(end)


def test_a_fence_that_lets_old_keys_in_fails_the_drill(
    sqlite_district: District, monkeypatch: pytest.MonkeyPatch,
) -> None:
    sqlite_district.fill(12)
    gone = text("DROP TRIGGER IF EXISTS mulian_fence_protected_person_update")
    monkeypatch.setattr(fences, "rebuild", lambda session, table: session.execute(gone))  # the switch leaves none
    monkeypatch.setattr(rules, "moments", lambda: [Moment(RotationState.SCAN, "inside")])
    report = service.run(runtime_of(sqlite_district), scope_ids=[sqlite_district.scope().id])
    checks = report["scopes"][0]["checks"]
    assert not report["passed"] and "不通过" in rules.lines(report)[0]
    assert not checks["fence_in_place"] and not checks["old_key_refused"] and not checks["killed_everywhere"]
    assert checks["all_rows_right"] and checks["one_active_key"]


def test_the_command_plants_what_an_empty_home_lacks_and_its_status_is_stable(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch,
) -> None:
    ensure_dev_root(runtime)
    monkeypatch.setattr(rules, "moments", lambda: [Moment(RotationState.VERIFY, "inside", 4)])
    home = ["--home", str(runtime.home.root)]
    done = CliRunner().invoke(app, ["drill", "--plant", "20", "--json", *home])
    report: dict[str, Any] = json.loads(done.stdout)
    checks = report["scopes"][0]["checks"]
    # one moment alone is no drill: all is well, and it is not called passed
    assert done.exit_code == 3 and [name for name, good in checks.items() if not good] == ["killed_everywhere"]
    assert report["scopes"][0]["planted"] and report["scopes"][0]["rows"] == 20
    missing = CliRunner().invoke(app, ["drill", "--scope", "00000000-0000-0000-0000-000000000000", *home])
    assert isinstance(missing.exception, MulianError) and missing.exception.kind is errors.NOTHING
    with runtime.database.read() as session:
        assert service.persons.count(session) == 0


@pytest.mark.pure
@given(st.lists(st.tuples(st.sampled_from(["try", "done"]), st.sampled_from("abc"))))
def test_a_row_may_hold_what_was_acknowledged_last_or_begun_since(journal: list[tuple[str, str]]) -> None:
    found = rules.allowed("x", journal)
    done = [at for at, (kind, _) in enumerate(journal) if kind == "done"]
    last = journal[done[-1]][1] if done else "x"
    begun = {mark for _, mark in journal[done[-1] + 1 if done else 0:]}
    assert found == {last} | begun and found <= rules.ever("x", journal)
    assert rules.wrong(found, None) and rules.wrong(None, "x") and rules.wrong(found, "nobody's")


@pytest.mark.pure
def test_one_bad_row_or_one_check_left_out_fails_an_outcome() -> None:
    kills = [Kill(moment, True, 5, 0) for moment in rules.moments()]
    good = dict.fromkeys(rules._CHECKS, True)
    assert Outcome("d", "t", "c", "l", 5, False, kills, 1, good).passed and rules.everywhere(kills)
    assert not Outcome("d", "t", "c", "l", 5, False, [Kill(kills[0].moment, True, 5, 1)], 1, good).passed
    assert not Outcome("d", "t", "c", "l", 5, False, kills, 1, good | {"finished": False}).passed
    assert not Outcome("d", "t", "c", "l", 5, False, kills, 1, {"finished": True}).passed
    assert not rules.everywhere(kill for kill in kills if kill.moment.state != RotationState.SCAN)
    assert not rules.report([], started="", finished="", database="sqlite")["passed"]


def test_a_journal_cut_short_counts_to_its_last_whole_line(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    journal.write_text("try 3 aa\ndone 3 aa\ntry 4 b")
    assert processes.read_journal(journal) == {3: [("try", "aa"), ("done", "aa")]}
    assert processes.read_journal(tmp_path / "none") == {}
