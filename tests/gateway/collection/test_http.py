"""Rows of HTTP upstreams: log-in and refresh, paging by cursor and link, GBK and XML, what is refused."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from gateway.collection.adapters.login import Keeper
from gateway.collection.models import CollectionTask
from gateway.collection.tasks import Plan
from kernel.errors import MulianError
from tests.gateway.collection.support import Collecting, Upstream

COLUMNS: list[dict[str, Any]] = [{"name": "code", "type": "integer", "key": True}, {"name": "name", "title": "名"}]
Answer = tuple[int, dict[str, str], bytes]


def collected(here: Collecting, url: str, source: dict[str, Any], login: dict[str, Any] | None = None,
              **more: Any) -> CollectionTask:
    table = here.table("things", COLUMNS)
    secret = more.pop("secret", {})
    source |= {"upstream_id": str(here.upstream(url, login, **secret))}
    task = here.task(table, Plan("东西", "http", source, {"name": more.pop("field", "name")}, **more), "things")
    here.carry(here.queue(task))
    return task


def stored(here: Collecting) -> list[tuple[Any, ...]]:
    return here.rows("SELECT code, name FROM collected_things_live ORDER BY code")


def test_a_token_is_fetched_once_and_anew_after_a_refusal(lite: Collecting, serve: Callable[..., Upstream]) -> None:
    logins: list[str] = []

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        if path == "/auth/login":
            logins.append(path)
            return 200, {}, json.dumps({"data": {"token": f"t{len(logins)}", "ttl": 3600}}).encode()
        if headers.get("x-token") != f"T {'t2' if query['page'] != '1' else 't1'}":  # the first token ends early
            return 401, {}, b""
        rows = [{"code": int(query["page"]) * 10 + at, "name": "甲"} for at in range(2)]
        return 200, {}, json.dumps(rows if int(query["page"]) < 3 else rows[:1]).encode()

    login = {"kind": "token", "path": "auth/login", "body": {"u": "{username}", "p": "{password}"},
             "token_path": "data.token", "expires_path": "data.ttl", "header": "x-token", "prefix": "T "}
    collected(lite, serve(answer).url, {"paging": {"style": "page", "size": 2}}, login,
              secret={"username": "u", "password": "geheim-8"})
    assert len(logins) == 2 and [code for code, _ in stored(lite)] == [10, 11, 20, 21, 30]
    with lite.database.read() as session:
        assert "geheim-8" not in str(session.connection().exec_driver_sql(
            "SELECT login, secret FROM collection_upstream").all())


def test_callers_that_were_refused_together_share_one_log_in() -> None:
    fetched = list[int]()

    def fetch() -> tuple[str, float]:
        fetched.append(1)
        return f"t{len(fetched)}", 3600.0

    keeper, got = Keeper(fetch), list[str]()
    first = keeper.token()
    barrier = threading.Barrier(8)

    def refused() -> None:
        barrier.wait()
        got.append(keeper.token(first.number).value)

    threads = [threading.Thread(target=refused) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert got == ["t2"] * 8 and len(fetched) == 2


def test_gbk_xml_by_cursor(lite: Collecting, serve: Callable[..., Upstream]) -> None:
    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        at = int(query.get("cursor", "0"))
        rows = "".join(f"<row><code>{at + one}</code><名>赵{at + one}</名></row>" for one in (1, 2))
        more = f"<next>{at + 2}</next>" if at < 4 else ""
        return 200, {"content-type": "text/xml"}, \
            f'<?xml version="1.0" encoding="GBK"?><r><rows>{rows}</rows>{more}</r>'.encode("gbk")

    collected(lite, serve(answer).url, {
        "form": "xml", "rows_path": "r.rows.row", "paging": {"style": "cursor", "cursor_path": "r.next"}}, field="名")
    assert stored(lite) == [(number, f"赵{number}") for number in range(1, 7)]


def test_links_stay_on_their_origin(lite: Collecting, serve: Callable[..., Upstream]) -> None:
    other = serve(lambda path, query, headers: (200, {}, b"[]"))

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        page = int(query.get("p", "1"))
        target = f"?p={page + 1}" if page < 3 else f"{other.url}/x?p=4"
        return 200, {"link": f'<{target}>; rel="next"'}, json.dumps([{"code": page, "name": "x"}]).encode()

    with pytest.raises(MulianError, match="another origin"):
        collected(lite, serve(answer).url, {"paging": {"style": "link"}})
    assert not other.seen


def test_a_task_by_cursor_goes_on_where_it_was_and_changes_what_changed(
    lite: Collecting, serve: Callable[..., Upstream],
) -> None:
    rows = {1: (10, "甲"), 2: (20, "乙"), 3: (20, "")}

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        found = [{"code": code, "name": name, "v": version} for code, (version, name) in rows.items()
                 if version >= int(query.get("since", "0"))]
        return 200, {}, json.dumps(found).encode()

    upstream = serve(answer)
    table = lite.table("things", [COLUMNS[0], COLUMNS[1] | {"required": True}])
    task = lite.task(table, Plan("东西", "http", {
        "upstream_id": str(lite.upstream(upstream.url)), "cursor": {"param": "since", "field": "v", "type": "integer"},
    }, mode="cursor"), "things")
    lite.carry(lite.queue(task))
    assert stored(lite) == [(1, "甲"), (2, "乙")]
    rows[2] = (30, "丙")
    lite.carry(lite.queue(task))
    assert upstream.seen[-1][1] == {"since": "20"}
    assert stored(lite) == [(1, "甲"), (2, "丙")]
    assert lite.rows("SELECT number FROM collection_problem") == [(3,)], "the same bad row is there once"
    rows[3] = (31, "丁")
    lite.carry(lite.queue(task))
    assert stored(lite) == [(1, "甲"), (2, "丙"), (3, "丁")]
    assert lite.rows("SELECT count(*) FROM collected_things") == [(3,)]


@pytest.mark.parametrize(("status", "body", "reason"), [
    (500, b"", "HTTP 500"), (200, b"<html>", "not JSON"), (200, b"\xff\xfe\xff", "encoding"),
])
def test_an_upstream_that_fails_says_so_without_its_words(
    lite: Collecting, serve: Callable[..., Upstream], status: int, body: bytes, reason: str,
) -> None:
    with pytest.raises(MulianError, match=reason):
        collected(lite, serve(lambda path, query, headers: (status, {}, body)).url, {})


def test_an_upstream_that_is_busy_is_asked_again(lite: Collecting, serve: Callable[..., Upstream]) -> None:
    states = [503, 429, 200]

    def answer(path: str, query: dict[str, str], headers: Any) -> Answer:
        return states.pop(0), {"retry-after": "0"}, b'[{"code": 1, "name": "x"}]'

    collected(lite, serve(answer).url, {})
    assert stored(lite) == [(1, "x")] and not states


def test_an_address_that_nobody_declared_is_not_asked(lite: Collecting) -> None:
    with pytest.raises(MulianError) as refused:
        collected(lite, "http://10.9.8.7/api", {})
    assert refused.value.code == "kernel.outbound.address_refused"
