"""The CKAN Action API over real HTTP: CKAN's own client, the requests of CKAN's own harvester, every error."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ckanapi
import httpx2
import pytest
from sqlalchemy import select

from catalog.feed.models import FeedChange
from catalog.nodes.models import DataEntry, NodeChange
from catalog.review.models import ReviewCase
from catalog.usage.buffer import buffer_of
from kernel import clock
from kernel.db import Database
from kernel.identity import registry, service, sessions
from kernel.identity.actor import system_actor
from kernel.identity.roles import seed_roles
from tests.catalog.districts import District, Served, installed
from tests.catalog.harvest import CkanHarvester, PagingFailed
from tests.support import loopback
from tests.support.accounts import PASSWORD


class Site:
    """A served district, CKAN's client of it, and officers' tokens."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url = database, url
        self.district = District.make(database, 41, 30)
        self.district.seal()
        self.public = self.district.public()
        self.http = loopback.client(url)
        self.ckan = ckanapi.RemoteCKAN(url)

    def token(self, role: str, department: Any = None, permissions: list[str] | None = None) -> str:
        """An API token of a new user."""
        def unit(session: Any) -> str:
            seed_roles(session, system_actor("test"), dict(registry.grants()))
            held, _ = service.create_user(
                session, system_actor("test"), username=f"u{uuid.uuid4().hex[:10]}", display_name="测试",
                role_keys=[role], department_id=department, password=PASSWORD,
            )
            session.flush()
            actor = sessions.actor_of_user(session, held)
            return sessions.issue_token(
                session, actor, name="ckan", permissions=permissions or sorted(actor.permissions)
            )[1]

        return self.database.run(unit)

    def entry(self, entry_id: str) -> DataEntry:
        with self.database.read() as session:
            return session.get_one(DataEntry, uuid.UUID(entry_id))

    def get(self, action: str, **query: Any) -> httpx2.Response:
        return self.http.get(f"/api/3/action/{action}", params=query)


@pytest.fixture
def site(sqlite_database: Database) -> Iterator[Site]:
    """A district of its own, for tests that write."""
    with Served(sqlite_database) as url:
        yield Site(sqlite_database, url)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """One district for the tests that only read."""
    with installed(tmp_path_factory.mktemp("ckan"), sqlite_template) as database, Served(database) as url:
        yield Site(database, url)


@pytest.mark.requirement("S4-26")
def test_ckanapi_dumps_every_public_dataset(still: Site) -> None:
    names = still.ckan.action.package_list()
    assert set(names) == still.public and len(names) == len(set(names)) > 5
    for name in names:
        shown = still.ckan.action.package_show(id=name)
        assert shown["id"] == shown["name"] == name and shown["state"] == "active" and not shown["private"]
        assert shown["organization"]["title"] in ("区民政局", "区卫生健康委")
        for resource in shown["resources"]:
            assert still.ckan.action.resource_show(id=resource["id"]) == resource
            assert resource["url"].startswith("http")
    whole = still.ckan.action.current_package_list_with_resources(limit=1000)
    assert {one["id"] for one in whole} == still.public


def test_ckanapi_searches(still: Site) -> None:
    shown = still.ckan.action.package_show(id=sorted(still.public)[0])
    found = still.ckan.action.package_search(q=shown["title"])
    assert shown["id"] in {one["id"] for one in found["results"]} and found["count"] == len(found["results"])
    org = shown["organization"]["name"]
    facets = {"facet.field": ["organization", "groups", "tags", "res_format"], "rows": 0}
    counted = still.ckan.call_action("package_search", facets)
    assert sum(counted["facets"]["organization"].values()) == counted["count"] == len(still.public)
    mine = still.ckan.action.package_search(fq=f"organization:{org}", rows=1000)
    assert mine["count"] == counted["facets"]["organization"][org] == len(mine["results"])
    assert still.ckan.action.package_search(fq=f"-organization:{org}")["count"] == len(still.public) - mine["count"]
    for name, count in counted["facets"]["tags"].items():
        words = json.dumps(name, ensure_ascii=False)
        assert still.ckan.action.package_search(fq=f"tags:{words}", rows=0)["count"] == count, name
    for name, count in counted["facets"]["res_format"].items():
        assert still.ckan.action.package_search(fq=f'res_format:"{name}"', rows=0)["count"] == count, name


def test_lists_of_organizations_groups_and_tags(still: Site) -> None:
    orgs = still.ckan.action.organization_list(all_fields=True)
    assert sum(org["package_count"] for org in orgs) == len(still.public)
    for org in orgs:
        shown = still.ckan.action.organization_show(id=org["name"], include_datasets=True)
        assert len(shown["packages"]) == org["package_count"] and shown["id"] == org["id"]
    for name in still.ckan.action.group_list():
        group = still.ckan.action.group_show(id=name)
        assert group["package_count"] == still.ckan.action.package_search(fq=f"groups:{name}", rows=0)["count"]
    tags = still.ckan.action.tag_list()
    assert "西城" in tags and still.ckan.action.tag_list(query="西") == ["西城"]
    assert len(still.ckan.action.tag_show(id="西城", include_datasets=True)["packages"]) == len(still.public)
    assert still.ckan.action.status_show()["ckan_version"] and "id" in still.ckan.action.help_show(name="package_show")


def test_the_requests_of_ckans_own_harvester(still: Site) -> None:
    began = datetime.now(UTC)
    harvester = CkanHarvester(still.url)
    assert {one["id"] for one in harvester.gather()} == still.public
    org = still.ckan.action.organization_list()[0]
    included = CkanHarvester(still.url, {"organizations_filter_include": [org]}).gather()
    excluded = CkanHarvester(still.url, {"organizations_filter_exclude": [org]}).gather()
    assert {one["id"] for one in included} | {one["id"] for one in excluded} == still.public
    assert included and excluded and not {one["id"] for one in included} & {one["id"] for one in excluded}
    both = CkanHarvester(still.url, {"organizations_filter_include": still.ckan.action.organization_list()}).gather()
    assert {one["id"] for one in both} == still.public
    assert harvester.organization(org)["name"] == org
    themed = next(one for one in both if one["groups"])
    assert harvester.group(themed["groups"][0]["id"])["name"] == themed["groups"][0]["name"]
    # nothing changed in the hour before the last run, except that everything was made just now
    assert {one["id"] for one in harvester.gather(began)} == still.public
    assert harvester.gather(began + timedelta(hours=2)) == []


def test_the_harvester_pages_through_all_and_sees_changes(site: Site) -> None:
    """More than two pages of 100, one change after the harvest."""
    with site.database.write() as session:
        plain = {"level": 1, "open_type": "unconditional"}
        more = [site.district.draft(session, **plain).id for _ in range(215)]
    site.district.publish(more)
    site.district.seal()
    harvester = CkanHarvester(site.url)
    assert {one["id"] for one in harvester.gather()} == site.district.public()
    assert len(harvester.asked) >= 4 and len(site.district.public()) > 215
    with site.database.read() as session:
        at = session.scalars(select(FeedChange.at).order_by(FeedChange.seq.desc())).first()
    site.district.touch(more[7])
    site.district.seal()
    since = harvester._search([f"metadata_modified:[{at.isoformat().replace('+00:00', '')}Z TO *]"])
    assert str(more[7]) in {one["id"] for one in since} and len(since) <= 2


def test_a_failure_of_ours_is_not_an_answer(still: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harvester would take JSON without a result as "0 datasets"."""
    from catalog.ckan import actions

    def broken(call: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setitem(actions.ACTIONS, "package_search", actions.Action(broken))
    answer = still.get("package_search")
    assert answer.status_code == 500 and answer.headers["content-type"].startswith("text/plain")
    assert "secret" not in answer.text and not answer.text.startswith("{")
    with pytest.raises(PagingFailed):
        CkanHarvester(still.url).gather()


@pytest.mark.requirement("S4-26")
def test_without_a_key_nothing_is_written(still: Site) -> None:
    for name in ("package_create", "package_update", "package_patch", "package_delete"):
        with pytest.raises(ckanapi.NotAuthorized):
            still.ckan.call_action(name, {"id": sorted(still.public)[0], "title": "x", "owner_org": "区民政局"})
    with pytest.raises(ckanapi.NotAuthorized):
        ckanapi.RemoteCKAN(still.url, apikey="mlt_wrong").action.package_create(title="x", owner_org="区民政局")
    reader = ckanapi.RemoteCKAN(still.url, apikey=still.token("leader"))
    with pytest.raises(ckanapi.NotAuthorized):
        reader.action.package_create(title="x", owner_org="区民政局")
    assert set(still.ckan.action.package_list()) == still.public


def test_a_dataset_created_lands_as_a_draft(site: Site) -> None:
    officer = ckanapi.RemoteCKAN(site.url, apikey=site.token("data_officer", site.district.town.civil))
    made = officer.action.package_create(
        name="marriage", title="婚姻登记机构名录", notes="包括名称、地址", owner_org="区民政局",
        tags=[{"name": "婚姻"}, {"name": "民政"}], groups=[{"name": "government"}],
        resources=[{"format": "CSV", "url": "https://data.example.cn/m.csv"}],
        extras=[{"key": "share_type", "value": "无条件共享"}, {"key": "open_type", "value": "unconditional"}],
    )
    assert made["state"] == "draft" and made["private"] and made["title"] == "婚姻登记机构名录"
    held = site.entry(made["id"])
    assert (held.status, held.formats) == ("draft", ["csv"])
    assert (held.share_type, held.open_type) == ("unconditional", "unconditional")
    assert held.source_url == "https://data.example.cn/m.csv" and held.keywords == ["婚姻", "民政"]
    with pytest.raises(ckanapi.NotFound):
        site.ckan.action.package_show(id=made["id"])
    assert officer.action.package_show(id=made["id"])["state"] == "draft"
    assert made["id"] not in site.ckan.action.package_list()
    patched = officer.action.package_patch(id=made["id"], notes="包括名称、地址、电话")
    assert patched["notes"].endswith("电话") and patched["title"] == made["title"]
    site.district.publish([held.id])
    site.district.seal()
    assert site.ckan.action.package_show(id=made["id"])["state"] == "active"


def test_editing_a_published_dataset_opens_a_change(site: Site) -> None:
    """A client reads, changes a field and sends the whole back; readers keep seeing what was approved."""
    bureau = ckanapi.RemoteCKAN(site.url, apikey=site.token("bureau_admin"))
    shown = bureau.action.package_show(id=sorted(site.public)[0])
    proposed = bureau.call_action("package_update", {**shown, "title": "改名"})
    assert proposed["title"] == "改名" and proposed["state"] == "draft"
    assert site.ckan.action.package_show(id=shown["id"]) == shown
    entry = site.entry(shown["id"])
    assert entry.status == "change_draft"
    with site.database.read() as session:
        fields = session.get_one(NodeChange, entry.id).proposed["fields"]
    assert fields["name"] == "改名" and fields["abstract"] == entry.abstract
    assert fields["share_type"] == entry.share_type and fields["formats"] == entry.formats
    assert fields["source_url"] in (entry.source_url, None) and fields["keywords"] == entry.keywords


def test_deleting_a_published_dataset_asks_for_its_withdrawal(site: Site) -> None:
    bureau = ckanapi.RemoteCKAN(site.url, apikey=site.token("bureau_admin"))
    name = sorted(site.public)[1]
    assert bureau.action.package_delete(id=name) is None
    assert site.ckan.action.package_show(id=name)["id"] == name, "until a reviewer has decided"
    with site.database.read() as session:
        subjects = list(session.scalars(select(ReviewCase.subject).where(
            ReviewCase.node_id == site.entry(name).id, ReviewCase.decision.is_(None)
        )))
    assert subjects == ["withdraw"]
    site.district.approve()
    with pytest.raises(ckanapi.NotFound):
        site.ckan.action.package_show(id=name)


def test_a_foreign_department_is_refused(site: Site) -> None:
    officer = ckanapi.RemoteCKAN(site.url, apikey=site.token("data_officer", site.district.town.civil))
    with pytest.raises(ckanapi.ValidationError) as caught:
        officer.action.package_create(title="x", owner_org="区卫生健康委")
    assert "owner_org" in caught.value.error_dict
    foreign = next(one for one in site.public if site.entry(one).department_id == site.district.town.health)
    for name in ("package_patch", "package_delete"):
        with pytest.raises(ckanapi.NotFound):
            officer.call_action(name, {"id": foreign, "notes": "x"} if name == "package_patch" else {"id": foreign})


BAD = [
    ("nonsense", {}, 400, "Bad Request"),
    ("package_show", {}, 409, "Validation Error"),
    ("package_show", {"id": "没有"}, 404, "Not Found Error"),
    ("package_show", {"id": "a\0b"}, 409, "Validation Error"),
    ("resource_show", {"id": "x"}, 404, "Not Found Error"),
    ("organization_show", {"id": "没有"}, 404, "Not Found Error"),
    ("group_show", {"id": "没有"}, 404, "Not Found Error"),
    ("tag_show", {"id": "没有"}, 404, "Not Found Error"),
    ("help_show", {"name": "没有"}, 404, "Not Found Error"),
    ("package_search", {"rows": "x"}, 409, "Validation Error"),
    ("package_search", {"rows": "-1"}, 409, "Validation Error"),
    ("package_search", {"start": "1e3"}, 409, "Validation Error"),
    ("package_search", {"start": "9" * 30}, 409, "Validation Error"),
    ("package_search", {"facet": "maybe"}, 409, "Validation Error"),
    ("package_search", {"facet.field": "[1"}, 409, "Validation Error"),
    ("package_search", {"facet.field": '["password"]'}, 400, "Search Query Error"),
    ("package_search", {"fq": "no_such_field:1"}, 400, "Search Query Error"),
    ("package_search", {"fq": "metadata_modified:[yesterday TO *]"}, 400, "Search Query Error"),
    ("package_search", {"fq": "metadata_modified:[2026 TO"}, 400, "Search Query Error"),
    ("package_search", {"fq": "(" * 30 + "id:1" + ")" * 30}, 400, "Search Query Error"),
    ("package_search", {"fq": "organization:a OR"}, 400, "Search Query Error"),
    ("package_search", {"fq": "audit_id:*"}, 400, "Search Query Error"),
    ("package_search", {"q": "字" * 300}, 400, "Search Query Error"),
    ("package_search", {"sort": "password asc"}, 400, "Search Query Error"),
    ("package_search", {"sort": "id up"}, 400, "Search Query Error"),
    ("package_create", {"title": "x"}, 400, "Bad Request"),
]


def test_every_malformed_parameter_gets_ckans_own_error(still: Site) -> None:
    for action, query, status, kind in BAD:
        answer = still.get(action, **query)
        body = answer.json()
        assert answer.status_code == status, (action, query, answer.text)
        assert body["success"] is False and body["error"]["message"]
        assert body["error"]["__type"] == kind, (action, query)
        assert set(body) == {"help", "success", "error"}
    for content, kind in ((b"[1]", "Bad Request"), (b"{", "Bad Request"), (b'{"id": {}}', "Validation Error")):
        answer = still.http.post(
            "/api/3/action/package_show", content=content, headers={"content-type": "application/json"}
        )
        assert answer.json()["error"]["__type"] == kind and answer.status_code < 500


def test_rows_are_limited_and_pages_end(still: Site) -> None:
    assert len(still.get("package_search", rows=5000).json()["result"]["results"]) == len(still.public)
    past = still.get("package_search", rows=10, start=10_000).json()["result"]
    assert past["results"] == [] and past["count"] == len(still.public)
    pages = [still.get("package_search", rows=3, start=at, sort="id asc").json()["result"] for at in (0, 3, 6)]
    ids = [one["id"] for page in pages for one in page["results"]]
    assert ids == sorted(still.public)[:9]


def test_both_paths_both_methods_one_answer(still: Site) -> None:
    def plain(answer: httpx2.Response) -> Any:
        return answer.json()["result"]

    asked = {"q": "", "rows": 2, "sort": "id asc"}
    answers = [
        plain(still.http.get(f"{path}/package_search", params=asked)) for path in ("/api/3/action", "/api/action")
    ] + [plain(still.http.post(f"{path}/package_search", json=asked)) for path in ("/api/3/action", "/api/action")]
    assert all(answer == answers[0] for answer in answers)


def test_what_fails_at_the_edge_is_said_in_ckans_form(still: Site) -> None:
    large = {"q": "x" * (5 * 1024 * 1024)}
    deep, as_json = b"[" * 70 + b"]" * 70, {"content-type": "application/json"}
    cases = [
        (413, still.http.post("/api/3/action/package_search", json=large)),
        (400, still.http.post("/api/3/action/package_search", content=deep, headers=as_json)),
        (405, still.http.delete("/api/3/action/package_show")), (404, still.http.get("/api/3/nothing")),
        (405, still.http.put("/api/action/package_show")),
    ]
    for status, answer in cases:
        assert answer.status_code == status and answer.headers["content-type"] == "application/json", answer.text
        said = answer.json()
        assert said["success"] is False and said["error"]["message"], said
        assert said["error"]["__type"] == ("Not Found Error" if status == 404 else "Bad Request")
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["x-request-id"]
    with pytest.raises(ckanapi.CKANAPIError):
        still.ckan.call_action("package_search", large)
    own = still.http.put("/api/v1/catalog/public/count")
    assert own.status_code == 405 and own.headers["content-type"].startswith("application/problem+json")
    assert own.headers["allow"]


def test_private_datasets_are_not_searched(still: Site) -> None:
    found = still.ckan.action.package_search(include_private=True, rows=1000)
    assert {one["id"] for one in found["results"]} == still.public, "a stranger's private datasets are none, as in CKAN"
    with pytest.raises(ckanapi.CKANAPIError):
        still.ckan.action.package_search(include_private="perhaps")
    keyed = ckanapi.RemoteCKAN(still.url, apikey=still.token("data_officer", still.district.town.civil))
    for name in ("include_private", "include_drafts", "include_deleted"):
        with pytest.raises(ckanapi.SearchQueryError, match=name):
            keyed.call_action("package_search", {name: True})
    assert keyed.action.package_search(include_private=False, rows=0)["count"] == len(still.public)


def test_single_datasets_are_counted_as_downloads(still: Site) -> None:
    full = still.ckan.action.current_package_list_with_resources()
    one, resource = next((entry["id"], entry["resources"][0]["id"]) for entry in full if entry["resources"])
    key = (uuid.UUID(one), clock.business_day(clock.now()).isoformat(), "downloads")
    counts = buffer_of(still.database)._counts
    before = counts[key]
    still.ckan.action.package_show(id=one)
    assert counts[key] == before + 1
    still.http.head(f"/api/3/action/package_show?id={one}")
    still.ckan.action.package_search(rows=1000)
    still.ckan.action.current_package_list_with_resources()
    assert counts[key] == before + 1, "neither heads nor whole lists"
    oai = f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:uuid:{one}"
    for path in (oai, f"/dataset/{one}.ttl"):
        still.http.head(path)
        assert still.http.get(path).status_code == 200
    still.ckan.action.resource_show(id=resource)
    assert counts[key] == before + 4
