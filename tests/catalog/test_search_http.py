"""Search and codes over real HTTP, the public count, and the index of a database from before."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import select, text

from catalog.entries import service as entries
from catalog.nodes.models import DataEntry
from catalog.public.queries import public
from catalog.public.rules import is_public
from catalog.search import everywhere, queries
from kernel import ids
from kernel.db import Database
from kernel.home import Home
from mulian.migrations import run
from tests.catalog.conftest import Town
from tests.catalog.test_http import Office


@pytest.fixture
def office(live_server: Any) -> Office:
    """See the class."""
    return Office(live_server)


def test_search_pick_and_save_over_http(office: Office) -> None:
    path, _ = office.created()
    found = office.officer.get("/catalog/search", params={"q": "婚姻", "facets": True}).json()
    assert found["total"] == 1 and not found["capped"] and found["complete"]
    assert found["items"][0]["kind"] == "data_entry" and found["items"][0]["path"].endswith(path.split("/")[-1])
    assert found["facets"]["department"][0]["label"] == "区民政局"
    assert office.stranger.get("/catalog/search", params={"q": "婚姻"}).json()["total"] == 0
    one = office.officer.get("/catalog/search", params={"q": "婚"}).json()
    assert one["scanned"] and one["total"] == 1
    assert office.officer.get("/catalog/search", params={"q": "民政局"}).json()["departments"] == {}
    assert office.officer.get("/catalog/search", params={"q": "区民政局"}).json()["total"] == 1
    assert office.officer.get("/catalog/search", params={"q": "，"}).json()["total"] == 0
    picked = office.officer.get("/catalog/pick", params={"kind": "data_entry", "q": "hydj"}).json()
    assert [row["name"] for row in picked] == ["婚姻登记信息"]
    assert office.officer.get("/catalog/pick", params={"kind": "department", "q": "mz"}).json()[0]["name"] == "区民政局"
    body = {"name": "婚姻", "q": "婚姻", "filters": {"status": "draft"}, "notify": True}
    kept = office.officer.post("/catalog/saved-searches", body)
    assert kept.status_code == 201, kept.text
    where = f"/catalog/saved-searches/{kept.json()['id']}"
    assert office.officer.send("PUT", where, json={**body, "notify": False}).status_code == 428
    changed = office.officer.send(
        "PUT", where, json={**body, "notify": False}, headers={"If-Match": kept.headers["ETag"]}
    )
    assert changed.status_code == 200 and changed.json()["version"] == 2
    assert office.stranger.get(where).status_code == 404
    wrong = office.officer.post("/catalog/saved-searches", {**body, "name": "x", "filters": {"department_id": "x"}})
    assert wrong.status_code == 422 and wrong.json()["code"] == "catalog.search.saved_filter"
    assert office.officer.send("DELETE", where).status_code == 204
    assert office.officer.get("/catalog/saved-searches").json() == []


def test_codes_over_http(office: Office) -> None:
    path, etag = office.created()
    region = office.officer.get("/catalog/codes/regions/110104").json()
    assert not region["current"] and region["successors"][0]["new"] == "110102"
    lost = office.officer.get("/catalog/codes/regions/119999")
    assert lost.status_code == 422 and lost.json()["code"] == "catalog.codes.region_unknown"
    assert len(office.officer.get("/catalog/codes/regions", params={"parent": "110000"}).json()["items"]) == 16
    bad = office.officer.send("PATCH", path, json={"region": "110104"}, headers={"If-Match": etag})
    assert bad.status_code == 422 and "110102" in bad.json()["detail"]
    body = {"zh": "市平台", "source": "接口说明", "body": {"lists": {"share_type": {"1": "none"}}}}
    assert office.officer.send("PUT", "/catalog/codes/profiles/numbers/city", json=body).status_code == 403
    assert office.bureau.send("PUT", "/catalog/codes/profiles/numbers/city", json=body).status_code == 200
    assert "city" in office.officer.get("/catalog/code-lists").json()["number_profiles"]
    assert {"city", "default"} <= {row["key"] for row in office.officer.get("/catalog/codes/profiles").json()}
    loaded = office.bureau.post("/catalog/codes/classes", {"text": "3,部门\n307,民政\n307001,婚姻\n", "source": "分类表"})
    assert loaded.json()["added"] == 3
    assert [row["code"] for row in office.officer.get("/catalog/codes/classes").json()] == ["3"]
    code = office.officer.get(path).json()["entry"]["code"]
    assert office.officer.get("/catalog/codes/resolve", params={"code": code}).json()["items"][0]["past"] is False
    assert office.stranger.get("/catalog/codes/resolve", params={"code": code}).status_code == 404
    credit = office.officer.get("/catalog/codes/credit", params={"code": "91110000802100433C"}).json()
    assert not credit["valid"] and "校验码" in credit["reason"]
    assert len(office.officer.get("/catalog/codes/departments-pending").json()) == 2


def test_a_public_search_counts_what_is_public(database: Database, town: Town) -> None:
    with database.write() as session:
        for at in range(24):
            made = entries.create(
                session, town.bureau, {
                    "name": f"婚姻登记{at}", "open_type": ("none", "conditional", "unconditional")[at % 3],
                    "level": 1 + at % 4,
                }, department_id=town.civil,
            )
            made.status, made.online = ("draft", "published", "withdrawn")[at % 5 % 3], at % 7 != 0
    with database.read() as session:
        everyone = list(session.scalars(select(DataEntry)))
        wanted = {entry.id for entry in everyone if is_public(entry)}
        found = everywhere.public_ranking(session, "婚姻登记")
        assert 0 < len(wanted) < 12 and found.count(99) == len(wanted)
        assert {node_id for _, node_id in found.top(99)} == wanted
        matching = queries.matching(session, queries.parse("婚姻登记"), "婚姻登记")
        assert set(session.scalars(select(DataEntry.id).where(public(), DataEntry.id.in_(matching)))) == wanted


def test_documents_from_before_are_carried_over(dialect: str, request: pytest.FixtureRequest, home: Home) -> None:
    if dialect == "sqlite":
        database = Database.sqlite(Path(home.root) / "before.db")
    else:
        database = Database(request.getfixturevalue("postgres_server").create("t_before"))
    config = run._config()
    with database.session(write=True) as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0011")
        session.commit()
    department, node = ids.new(), ids.new()
    values = {
        "d": department.hex if dialect == "sqlite" else department, "n": node.hex if dialect == "sqlite" else node,
    }
    with database.write() as session:
        session.execute(text(
            "INSERT INTO department (id, code, name, kind, aliases, sort, valid_from, version) "
            "VALUES (:d, 'N-1', '区民政局', 'bureau', '[]', 0, 0, 1)"
        ), values)
        session.execute(text(
            "INSERT INTO search_doc (node_id, node_kind, department_id, code, title, body) "
            "VALUES (:n, 'data_entry', :d, 'p-n-1-000001', '婚姻登记信息', '旧的正文 gb t4754')"
        ), values)
    run.upgrade(database)
    with database.read() as session:
        for q in ("婚姻登记", "旧的正文", "475", "p-n-1-000001"):
            assert [hit[1] for hit in queries.ranking(session, q).top(5)] == [node], q
        assert session.execute(text("SELECT initials FROM search_doc")).scalar_one() == "hydjxx"
    database.close()
