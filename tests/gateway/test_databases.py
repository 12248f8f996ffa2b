"""The same path on SQLite and PostgreSQL: publish, grant, call, quota, ship."""

from collections.abc import Callable

from gateway.broker import ledger
from gateway.calllog.ship import ship_all
from gateway.grants import queries as grants
from kernel import clock
from kernel.db import Database
from tests.gateway.support import Client, District, Script, Upstream, answer_json, field, http_definition, running

Start = Callable[[Script], Upstream]


def test_the_path_on_both_databases(database: Database, upstream: Start) -> None:
    runtime = database.runtime
    assert runtime is not None
    district = District(runtime)
    source = upstream(answer_json({"items": [{"street": "德胜", "note": "x"}]}))
    district.publish("streets", "/xc/streets", http_definition(source.url, [field("street", "街道")]))
    issued = district.app()
    district.demand(issued, {"街道": False}, calls_per_day=3)
    with running(runtime) as gateway:
        client = Client(gateway.port, issued)
        answers = [client.call("GET", "/xc/streets") for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[0].json == {"items": [{"street": "德胜"}]}
    with database.read() as session:
        grant, _ = grants.active(session)[0]
        today = clock.business_day(clock.now())
        assert ledger.used(session, grant_id=grant.id, day=today) == 3
    assert ship_all(runtime)["rows"] == 5
