"""One public set: CKAN, DCAT, data.json, OAI-PMH, public pages, search counts and the definition itself, always.

And nothing else of an entry leaves: every field of every answer is on a list kept here by hand.
"""

import re
import uuid
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import httpx2
import orjson
import pytest

from catalog.dcat import service as dcat
from catalog.feed.content import PublicEntry, PublicItem, PublicOrg, PublicSystem
from catalog.nodes.models import DataEntry, DataItem
from catalog.oai import service as oai
from kernel.db import Database
from tests.catalog.districts import District, Served
from tests.support import loopback
from tests.support.scale import Scale

OAI = "{http://www.openarchives.org/OAI/2.0/}"
ID = "([0-9a-f-]{36})"
NEXT = r"hydra:next <[^>]*(/catalog[^>]+)>"
DATASET = re.compile(f"(?:/dataset/|urn:uuid:){ID}")


class Views:
    """A served district as each protocol shows it; each view walks all its pages."""

    def __init__(self, database: Database, url: str) -> None:
        self.district = District.make(database, 53, 20)
        self.http = loopback.client(url, timeout=60)

    def all(self) -> dict[str, set[str]]:
        """View → ids."""
        return {
            "ckan list": set(self.action("package_list")),
            "ckan search": {one["id"] for one in self.pages_of_search()},
            "ckan organizations": {
                one["id"] for name in self.action("organization_list")
                for one in self.action("organization_show", id=name, include_datasets=True)["packages"]
            },
            "dcat ttl": self.pages("/catalog.ttl?page=1", NEXT, rf"<[^>]*/dataset/{ID}> a dcat:Dataset"),
            "dcat jsonld": set(re.findall(rf'"@id":"[^"]*/dataset/{ID}","@type":\["dcat:Dataset"', self.jsonld())),
            "data.json": {one["identifier"].rsplit("/", 1)[1] for one in self.get("/data.json").json()["dataset"]},
            "oai": self.oai(),
            "public pages": self.pages("/catalog.html", r'rel="next" href="([^"]+)"', rf"/dataset/{ID}\.html"),
        }

    def counts(self) -> dict[str, int]:
        """Counts that are shown beside the lists."""
        rdf = self.get("/catalog.ttl").text
        page = self.get("/catalog.html").text
        return {
            "ckan search": self.action("package_search", rows=0)["count"],
            "ckan facet": sum(self.facet("open_type").values()),
            "dcat": int(re.search(r'hydra:totalItems "(\d+)"', rdf)[1]),  # type: ignore[index]
            "public page": int(re.search(r"共 (\d+) 个", page)[1]),  # type: ignore[index]
            "count": self.get("/api/v1/catalog/public/count").json()["total"],
        }

    def get(self, path: str, **query: Any) -> httpx2.Response:
        answer = self.http.get(path, params=query or None)
        assert answer.status_code == 200, (path, answer.text[:300])
        return answer

    def action(self, name: str, **query: Any) -> Any:
        return self.get(f"/api/3/action/{name}", **query).json()["result"]

    def facet(self, name: str) -> dict[str, int]:
        return dict(self.action("package_search", rows=0, **{"facet.field": f'["{name}"]'})["facets"][name])

    def pages_of_search(self) -> Iterator[dict[str, Any]]:
        start = 0
        while page := self.action("package_search", rows=7, start=start, sort="id asc")["results"]:
            yield from page
            start += 7

    def pages(self, path: str, following: str, ids: str) -> set[str]:
        found: set[str] = set()
        while path:
            text = self.get(path.replace("&amp;", "&")).text
            found |= set(re.findall(ids, text))
            step = re.search(following, text)
            path = step[1] if step else ""
        return found

    def jsonld(self) -> str:
        text, number = "", 1
        while (answer := self.http.get(f"/catalog.jsonld?page={number}")).status_code == 200:
            text, number = text + answer.text, number + 1
        return text

    def oai(self) -> set[str]:
        found: set[str] = set()
        query = "verb=ListRecords&metadataPrefix=oai_dc"
        while query:
            root = ElementTree.fromstring(self.get(f"/oai?{query}").content)
            for header in root.iter(f"{OAI}header"):
                name = header.findtext(f"{OAI}identifier").removeprefix("urn:uuid:")  # type: ignore[union-attr]
                (found.discard if header.get("status") == "deleted" else found.add)(name)
            token = root.findtext(f".//{OAI}resumptionToken")
            query = f"verb=ListRecords&resumptionToken={token}" if token else ""
        return found


@pytest.fixture
def plain(sqlite_database: Database) -> Iterator[Views]:
    """What does not depend on the kind of database."""
    with Served(sqlite_database) as url:
        yield Views(sqlite_database, url)


@pytest.fixture
def views(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Views]:
    monkeypatch.setattr(dcat, "PAGE", 7)
    monkeypatch.setattr(oai, "PAGE", 7)
    with Served(database) as url:
        yield Views(database, url)


def test_every_view_shows_the_same_public_set(views: Views, scale: Scale) -> None:
    """After each of many changes of chance: before the sealer what left is gone everywhere, after it all is equal."""
    district = views.district
    district.seal()
    for number in range(scale.of(2, 150)):
        before = district.public()
        names = [district.step() for _ in range(4)]
        now = district.public()
        for view, ids in views.all().items():
            assert ids == before & now, (number, names, view, "before the sealer")
        district.seal()
        for view, ids in views.all().items():
            assert ids == now, (number, names, view)
        assert set(views.counts().values()) == {len(now)}, views.counts()


def test_search_counts_are_of_the_same_set(views: Views) -> None:
    district = views.district
    district.seal()
    for word in ("婚姻", "𠮷字", "西城", "没有这样的词", "预算公开"):
        found = {one["id"] for one in views.action("package_search", q=word, rows=1000)["results"]}
        assert found <= district.public()
        assert views.get("/api/v1/catalog/public/count", q=word).json()["total"] == len(found)
        assert f"共 {len(found)} 个" in views.get("/catalog.html", q=word).text
        assert views.action("package_search", q=word, rows=0)["count"] == len(found)
    everything = {one["id"] for one in views.action("package_search", q="西城", rows=1000)["results"]}
    assert everything == district.public(), "the word stands in every entry"
    api = "/api/v1/catalog/public"
    for path in (
        "/organization/%00", "/def/theme/%00", "/def/region/%00", "/service/%00", "/dataset/%00",
        "/dataset/%00/version/1", "/catalog.html?q=%00", "/catalog.ttl?modified_since=%00",
        "/api/3/action/package_show?id=%00", "/api/3/action/organization_show?id=%00",
        "/api/3/action/package_search?fq=organization:%00", f"{api}/count?q=%00", f"{api}/changes?epoch=%00",
        f"{api}/changes?cursor=%00", "/oai?verb=ListRecords&metadataPrefix=oai_dc&set=%00",
        "/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:uuid:%00",
        "/oai?verb=ListRecords&resumptionToken=%00",
    ):
        assert views.http.get(path).status_code < 500, f"{path}: PostgreSQL takes no NUL"


def test_the_feed_over_http(plain: Views) -> None:
    views, district = plain, plain.district
    district.seal()
    for _ in range(10):
        district.step()
    district.seal()
    held: set[str] = set()
    after = 0
    while True:
        page = views.get("/api/v1/catalog/public/changes", after=after, limit=7).json()
        for one in page["items"]:
            assert one["seq"] == after + 1 and set(one) == {"seq", "op", "entry_id", "code", "version", "digest", "at"}
            after = one["seq"]
            (held.add if one["op"] == "upsert" else held.discard)(one["entry_id"])
        if page["next"] == page["head"]:
            break
    assert held == district.public()
    assert views.http.get("/api/v1/catalog/public/changes", params={"after": after + 1}).status_code == 422


PACKAGE = {
    "id", "name", "title", "notes", "type", "state", "private", "url", "version", "owner_org", "organization", "author",
    "author_email", "maintainer", "maintainer_email", "license_id", "license_title", "isopen", "metadata_created",
    "metadata_modified", "tags", "num_tags", "groups", "resources", "num_resources", "extras",
    "relationships_as_subject", "relationships_as_object",
}
RESOURCE = {
    "id", "package_id", "name", "description", "format", "url", "position", "state", "url_type", "resource_type",
    "mimetype", "mimetype_inner", "size", "hash", "cache_url", "cache_last_updated", "created", "last_modified",
    "metadata_modified",
}
EXTRAS = {
    "resource_code", "share_type", "share_condition", "share_mode", "share_method", "open_type", "open_condition",
    "update_cycle", "update_cycle_text", "format_class", "theme_text", "class_code", "region", "data_range",
    "use_scene", "published_on", "data_updated_at", "record_count", "related_codes", "level",
    "entry_hash", "data_items", "systems",
}
CONTENT = {
    PublicEntry: {
        "id", "code", "name", "org", "region", "class_code", "abstract", "keywords", "theme", "theme_text", "formats",
        "format_class", "share_type", "share_condition", "share_mode", "share_method", "open_type", "open_condition",
        "update_cycle", "update_cycle_text", "published_on", "data_updated_at", "related_codes", "level", "data_range",
        "use_scene", "record_count", "source_url", "version", "entry_hash", "valid_from", "items", "systems",
    },
    PublicItem: {"name", "data_type", "length", "precision", "code_set", "is_key"},
    PublicOrg: {"id", "code", "name", "kind", "region"},
    PublicSystem: {"id", "code", "name", "org"},
}
# what of the row of an entry stays inside; a new column belongs on one of the two lists before it can leave
INSIDE = {
    "office", "storage", "no_share_basis", "authoritative", "legacy_code", "source", "status", "revision", "online",
    "batch_id", "created_by", "created_at", "updated_by", "updated_at", "audit_id", "valid_to", "department_id",
    "data_update_source",
}


@pytest.mark.pure
def test_the_lists_of_fields_are_these() -> None:
    for kind, names in CONTENT.items():
        assert set(kind.__dataclass_fields__) == names, kind
    columns = set(DataEntry.__table__.c.keys())
    assert INSIDE <= columns and not INSIDE & CONTENT[PublicEntry]
    assert CONTENT[PublicEntry] - {"org", "items", "systems"} <= columns


def test_nothing_internal_leaves(plain: Views) -> None:
    """Every inner column of a public entry holds a mark; no answer of any protocol holds it."""
    views, district = plain, plain.district
    entry_id = next(one for one in district.ids if str(one) in district.public())
    marks = {
        name: f"MARK-{name}" for name in ("office", "storage", "no_share_basis", "legacy_code", "data_update_source")
    }
    marks["data_update_source"] = "MARK-src"
    someone = dict.fromkeys(("created_by", "updated_by", "batch_id"), uuid.UUID(int=7))
    district.write(entry_id, **marks, **someone)
    with district.database.write() as session:
        for item in session.query(DataItem).where(DataItem.entry_id == entry_id):
            if item.open_type == "none":
                item.name = "MARK-item"
    district.seal()
    shown = [
        views.get(path).text for path in (
            f"/api/3/action/package_show?id={entry_id}", "/api/3/action/package_search?rows=1000",
            "/api/3/action/current_package_list_with_resources", f"/dataset/{entry_id}.ttl",
            f"/dataset/{entry_id}.jsonld", f"/dataset/{entry_id}.xml", f"/dataset/{entry_id}.html", "/data.json",
            "/catalog.html",
            "/oai?verb=ListRecords&metadataPrefix=oai_dc",
            f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:uuid:{entry_id}",
            "/api/v1/catalog/public/changes?limit=1000",
        )
    ]
    assert any(str(entry_id) in text for text in shown)
    for text in shown:
        assert "MARK" not in text and str(uuid.UUID(int=7)) not in text and "audit" not in text
    for one in views.action("package_search", rows=1000)["results"]:
        assert set(one) == PACKAGE and {extra["key"] for extra in one["extras"]} <= EXTRAS
        assert all(set(resource) == RESOURCE for resource in one["resources"])
    drafts = {str(one) for one in district.ids} - district.public()
    named = {found for text in shown for found in DATASET.findall(text)}
    assert named and not named & drafts
    assert orjson.loads(shown[0])["success"]
