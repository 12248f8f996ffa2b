"""A holder that was stopped past its lease and continued writes nothing; a dead one is replaced at once."""

import os
import signal
import time

import pytest

from kernel import clock
from kernel.db import Database
from kernel.errors import MulianError
from kernel.leases import holder, service
from kernel.leases.fenced import FencedDatabase
from kernel.leases.models import Lease
from kernel.leases.rules import Held
from tests.kernel import processes


def _acquire(database: Database, ttl: float = 30.0, who: str = "me") -> Held | None:
    return database.run(lambda session: service.acquire(session, "test", who, ttl))


@pytest.mark.one_database
def test_stopped_holder_writes_nothing_after_takeover(database: Database) -> None:
    processes.prepare(database)
    with processes.child(database, "between") as old:
        processes.expect(old, "held")
        assert old.stdin is not None
        old.stdin.write("go\n")
        old.stdin.flush()
        processes.expect(old, "written")
        os.kill(old.pid, signal.SIGSTOP)
        mine = processes.eventually(lambda: _acquire(database))
        assert mine.fence == 2
        os.kill(old.pid, signal.SIGCONT)
        old.stdin.write("go\n")
        old.stdin.flush()
        processes.expect(old, "kernel.lease.lost")
    assert processes.effects(database) == [("old", "")]


@pytest.mark.parametrize("dialect", ["postgresql"])
def test_holder_stopped_inside_a_transaction_rolls_back(database: Database, dialect: str) -> None:
    """On SQLite an open write unit keeps everybody out, so this can happen on PostgreSQL only."""
    processes.prepare(database)
    with processes.child(database, "inside") as old:
        processes.expect(old, "inside")
        os.kill(old.pid, signal.SIGSTOP)
        time.sleep(1.1)
        assert _acquire(database) is not None
        os.kill(old.pid, signal.SIGCONT)
        assert old.stdin is not None
        old.stdin.write("go\n")
        old.stdin.flush()
        processes.expect(old, "kernel.lease.lost")
    assert processes.effects(database) == []


@pytest.mark.one_database
def test_lease_of_a_killed_process_is_taken_at_once(database: Database) -> None:
    processes.prepare(database)
    with processes.child(database, "between", "600") as old:
        processes.expect(old, "held")
        assert _acquire(database) is None, "its ten minutes are not over"
        old.kill()
        old.wait(10)
        taken = _acquire(database)
        assert taken is not None
        assert taken.fence == 2


def test_renew_release_and_late_renewal(database: Database) -> None:
    held = _acquire(database, ttl=0.05)
    assert held is not None
    time.sleep(0.1)
    held = database.run(lambda session: service.renew(session, held))
    assert held.expires_at > clock.now()
    database.run(lambda session: service.release(session, held))
    other = _acquire(database, who="other")
    assert other is not None
    assert other.fence == held.fence + 1
    for late in (service.renew, service.assert_fence):
        with pytest.raises(MulianError) as error:
            database.run(lambda session, late=late: late(session, held))
        assert error.value.code == "kernel.lease.lost"
    database.run(lambda session: service.release(session, held))
    assert _acquire(database, who="third") is None, "releasing a lost lease does not free the new holder's"


def test_fenced_database_refuses_every_commit_after_takeover(database: Database) -> None:
    processes.prepare(database)
    held = _acquire(database, ttl=0.01)
    assert held is not None
    fenced = FencedDatabase(database, lambda session: service.assert_fence(session, held))
    fenced.run(lambda session: processes.note(session, "first"))
    with fenced.write() as session:
        processes.note(session, "second")
    time.sleep(0.05)
    assert _acquire(database, who="other") is not None
    with pytest.raises(MulianError):
        fenced.run(lambda session: processes.note(session, "third"))
    with pytest.raises(MulianError), fenced.write() as session:
        processes.note(session, "fourth")
    with fenced.read() as session:
        assert session.get(Lease, "test") is not None
    assert sorted(who for who, _ in processes.effects(database)) == ["first", "second"]


def test_holder_names() -> None:
    me = holder.mine()
    assert not holder.certainly_dead(me)
    place, pid, start = me.rsplit("/", 2)
    assert pid == str(os.getpid())
    assert holder.certainly_dead(f"{place}/{pid}/{int(start) - 1}"), "the pid was given to a younger process"
    assert holder.certainly_dead(f"{place}/4194305/1")
    assert not holder.certainly_dead(f"other-boot/{pid}/{int(start) - 1}"), "elsewhere only the clock decides"
    assert not holder.certainly_dead("nonsense")
