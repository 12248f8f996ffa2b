"""DCAT: what a page means in all three forms, the application profile, paging, negotiation, entity tags."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDF, URIRef
from rdflib.compare import isomorphic
from rdflib.namespace import DCAT, DCTERMS, FOAF
from sqlalchemy import select

from catalog.dcat import routes, service, write
from catalog.dcat.graph import Graph, Node, Ref, Text
from catalog.dcat.periods import period
from catalog.feed import queries
from catalog.feed.site import web_address
from catalog.imports import samples
from catalog.imports.jobs import run_apply, run_check
from catalog.imports.service import upload
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import EDITABLE, KINDS
from catalog.nodes.models import DataEntry
from catalog.review import queries as reviews
from catalog.review import service as review
from catalog.usage.buffer import buffer_of
from kernel.db import Database
from kernel.identity.actor import system_actor
from kernel.identity.models import Department
from kernel.identity.service import create_department
from mulian.demo.catalog_steps import DATA
from tests.catalog import dcat_shapes
from tests.catalog.districts import District, Served, installed
from tests.support import loopback

FORMS = {
    "ttl": ("turtle", "text/turtle"), "jsonld": ("json-ld", "application/ld+json"),
    "xml": ("xml", "application/rdf+xml"),
}
HYDRA = rdflib.Namespace("http://www.w3.org/ns/hydra/core#")
# what the directory does not hold: nobody invents a bounding box or a period
UNKNOWN_HERE = {("Warning", "bbox"), ("Warning", "centroid"), ("Warning", "temporal"), ("Warning", "endDate")}


class Portal:
    """A served district and a plain client."""

    def __init__(self, database: Database, url: str) -> None:
        self.url, self.database = url, database
        self.district = District.make(database, 47, 24)
        self.district.seal()
        self.http = loopback.client(url)

    def graph(self, path: str, form: str) -> rdflib.Graph:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].split(";")[0] == FORMS[form][1]
        return rdflib.Graph().parse(data=answer.text, format=FORMS[form][0])

    def walk(self, path: str) -> list[str]:
        """Follow hydra from page to page as a harvester does: the ids of all datasets."""
        found: list[str] = []
        while path:
            page = self.graph(path, "ttl")
            found += [str(one).rsplit("/", 1)[1] for one in page.objects(None, DCAT.dataset)]
            node = next(page.subjects(RDF.type, HYDRA.PagedCollection))
            path = str(page.value(node, HYDRA.next) or "").removeprefix(self.url)
        return found


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Portal]:
    """One district for the module; tests compare with what is public at their moment."""
    with installed(tmp_path_factory.mktemp("dcat"), sqlite_template) as database, Served(database) as url:
        yield Portal(database, url)


def test_three_forms_of_a_page_mean_the_same(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 6)
    pages = {form: portal.graph(f"/catalog.{form}?page=1", form) for form in FORMS}
    for form, page in pages.items():
        page.remove((URIRef(f"{portal.url}/catalog.{form}?page=1"), None, None))
    assert isomorphic(pages["ttl"], pages["jsonld"]) and isomorphic(pages["ttl"], pages["xml"])
    assert len(list(pages["ttl"].subjects(RDF.type, DCAT.Dataset))) == 6
    one = sorted(portal.district.public())[0]
    alone = {form: portal.graph(f"/dataset/{one}.{form}", form) for form in FORMS}
    assert isomorphic(alone["ttl"], alone["jsonld"]) and isomorphic(alone["ttl"], alone["xml"])
    iri = URIRef(f"{portal.url}/dataset/{one}")
    assert (iri, RDF.type, DCAT.Dataset) in alone["ttl"]
    assert set(pages["ttl"].predicate_objects(iri)) == set(alone["ttl"].predicate_objects(iri)) - {
        pair for pair in alone["ttl"].predicate_objects(iri) if isinstance(pair[1], rdflib.BNode)
    } | {pair for pair in pages["ttl"].predicate_objects(iri) if isinstance(pair[1], rdflib.BNode)}


def test_a_harvester_follows_the_pages(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 5)
    public = portal.district.public()
    found = portal.walk("/catalog.ttl?page=1")
    assert set(found) == public and len(found) == len(public) > 5
    changed = sorted(public)[3]
    first = portal.graph("/catalog.ttl", "ttl")
    last = str(first.value(URIRef(f"{portal.url}/catalog"), DCTERMS.modified))
    portal.district.touch(uuid.UUID(changed))
    portal.district.seal()
    since = portal.walk(f"/catalog.ttl?modified_since={last}")
    assert changed in since and len(since) <= 2, "the change, and the one that had that stamp"


def test_the_demo_district_conforms_to_dcat_ap(sqlite_database: Database) -> None:
    """Core and range shapes without a finding; of the recommended only what the directory does not hold."""
    demo_district(sqlite_database)
    with Served(sqlite_database) as url, loopback.client(url, timeout=60) as http:
        data = rdflib.Graph().parse(data=http.get("/catalog.ttl").text, format="turtle")
        identifiers_resolve(http, url, data)
    datasets = list(data.subjects(RDF.type, DCAT.Dataset))
    assert len(datasets) >= 20 and list(data.subjects(RDF.type, DCAT.DataService))
    assert [one for one in dcat_shapes.findings(data, dcat_shapes.shapes()) if one[:2] not in UNKNOWN_HERE] == []
    for path in dcat_shapes.official():
        found = dcat_shapes.findings(data, rdflib.Graph().parse(path, format="turtle"))
        assert [one for one in found if one[:2] not in UNKNOWN_HERE] == [], path


def identifiers_resolve(http: httpx2.Client, url: str, data: rdflib.Graph) -> None:
    """Every address of ours that the catalog names answers in RDF that speaks of it, and as a page."""
    named = {str(one).split("#")[0] for triple in data for one in triple if str(one).startswith(f"{url}/")}
    named = {one for one in named if "?" not in one and not one.endswith(".html")}
    kinds = {one.removeprefix(f"{url}/").split("/")[0] for one in named}
    assert {"def", "service", "organization", "contact", "dataset"} <= kinds
    for iri in sorted(named):
        answer = http.get(iri, headers={"accept": "text/turtle"})
        assert answer.status_code == 200 and answer.headers["vary"] == "Accept", (iri, answer.text)
        said = rdflib.Graph().parse(data=answer.text, format="turtle")
        assert list(said.predicate_objects(URIRef(iri))), iri
    shown = [one for one in sorted(named) if "/dataset/" not in one]
    for one in shown[:3] + [one for one in shown if "/service/" in one][:1]:
        page = http.get(one, headers={"accept": "text/html"})
        assert page.status_code == 200 and page.headers["content-type"].startswith("text/html") and "<h1>" in page.text
    for path in ("/def/nothing", "/def/theme/nothing", "/def/region/x", "/service/x", f"/service/{uuid.UUID(int=0)}",
                 "/organization/nothing", "/def/format/" + "x" * 101, f"/dataset/{uuid.UUID(int=0)}/version/1"):
        assert http.get(path).status_code == 404, path


def test_earlier_versions_and_departments_resolve_while_public(portal: Portal) -> None:
    one = next(entry for entry in portal.district.ids if str(entry) in portal.district.public())
    portal.district._change(one)
    portal.district.approve()
    portal.district.write(one, online=True, level=1, open_type="unconditional")
    portal.district.seal()
    node = URIRef(f"{portal.url}/dataset/{one}")
    before = portal.graph(f"/dataset/{one}.ttl", "ttl").value(node, DCAT["previousVersion"])
    assert before is not None
    answer = portal.http.get(str(before), headers={"accept": "text/turtle"})
    said = rdflib.Graph().parse(data=answer.text, format="turtle")
    assert said.value(before, DCTERMS.isVersionOf) == node
    assert portal.http.get(f"/dataset/{one}/version/99").status_code == 404
    scheme = portal.http.get("/def/theme", headers={"accept": "application/ld+json"})
    assert scheme.status_code == 200 and "/def/theme/credit" in scheme.text
    assert portal.http.get("/organization", headers={"accept": "text/html"}).text.count("<h1>") == 1
    with portal.database.read() as session:
        known = session.scalars(select(Department.code).join(DataEntry, DataEntry.department_id == Department.id).where(
            DataEntry.id == one
        )).one()
    assert portal.http.get(f"/organization/{known}").status_code == 200
    with portal.database.write() as session:
        empty = create_department(session, system_actor("test"), name="无目录的部门", kind="bureau").code
    assert portal.http.get(f"/organization/{empty}").status_code == 404


def test_head_is_get_without_a_body(portal: Portal) -> None:
    one = sorted(portal.district.public())[0]
    paths = ("/catalog", "/catalog.ttl", f"/dataset/{one}", f"/dataset/{one}.xml", "/data.json", "/def/theme",
             "/oai?verb=Identify", "/api/3/action/status_show", "/api/action/package_list", "/catalog.pdf")
    counted = len(buffer_of(portal.database)._counts)
    for path in paths:
        head = portal.http.head(path)
        assert head.content == b"" and len(buffer_of(portal.database)._counts) == counted, path
        got = portal.http.get(path)
        assert got.content and head.status_code == got.status_code, path
        counted = len(buffer_of(portal.database)._counts)
        for name in ("content-type", "etag", "vary", "content-length", "x-content-type-options"):
            assert head.headers.get(name) == got.headers.get(name), (path, name)
    assert portal.http.head("/api/v1/catalog/public/count").status_code == 405
    assert portal.http.put("/catalog.ttl").status_code == 405


def test_our_shapes_can_fail() -> None:
    """A dataset without a title, a publisher that is no agent, a licence of the wrong class."""
    bad = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
        <urn:d> a dcat:Dataset ; dct:description "x" ; dct:publisher <urn:p> ; dct:issued "yesterday" ;
            dcat:distribution <urn:x> .
        <urn:x> a dcat:Distribution ; dct:license "free" ."""
    found = dcat_shapes.findings(rdflib.Graph().parse(data=bad, format="turtle"), dcat_shapes.shapes())
    violations = {(path, focus) for severity, path, focus in found if severity == "Violation"}
    assert {("title", "urn:d"), ("publisher", "urn:d"), ("issued", "urn:d"), ("license", "urn:x"),
            ("accessURL", "urn:x")} <= violations


def demo_district(database: Database) -> None:
    """The sample directory of the demo, published, opened, sealed."""
    from sqlalchemy import update

    from catalog.feed.jobs import seal_all
    from tests.catalog.conftest import ALL, person

    maker, checker = person("a", None, *ALL, scope="all"), person("b", None, *ALL, scope="all")
    with database.write() as session:
        for one in samples.departments(DATA):
            create_department(session, system_actor("test"), **one)
    batch = database.run(lambda s: upload(
        s, maker, filename="x.xlsx", data=samples.four_level_workbook(DATA), profile="four-level"
    ).id)
    run_check(database, maker, batch)
    run_apply(database, maker, batch, accept_partial=True)

    def publish(session: Any) -> None:
        for key, kind in KINDS.items():
            ids = nodes.ids_where(session, kind, kind.model.status.in_(EDITABLE))
            if ids:
                review.submit(session, maker, key, ids)

    def approve(session: Any) -> None:
        cases = list(session.scalars(reviews.queue(checker, state="open", kind=None, department_id=None, mine=False)))
        review.decide_cases(session, checker, cases, "approve", secrecy=review.Secrecy("pass", "样例"))

    database.run(publish)
    database.run(approve)
    with database.write() as session:
        session.execute(update(DataEntry).values(level=1, open_type="unconditional", online=True))
    seal_all(database)


ACCEPT = {
    "text/turtle": "text/turtle", "application/ld+json": "application/ld+json",
    "application/rdf+xml": "application/rdf+xml",
    "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8": "text/html", "*/*": "text/html",
    "application/rdf+xml;q=0.5, text/turtle;q=0.9": "text/turtle",
    "text/turtle;q=0, application/json": "application/ld+json",
}


def test_negotiation(portal: Portal) -> None:
    one = sorted(portal.district.public())[0]
    for path in ("/catalog", f"/dataset/{one}"):
        for accept, media in ACCEPT.items():
            answer = portal.http.get(path, headers={"accept": accept})
            assert answer.status_code == 200 and answer.headers["content-type"].startswith(media), (accept, answer.text)
            assert answer.headers["vary"] == "Accept"
        refused = portal.http.get(path, headers={"accept": "image/png"})
        assert refused.status_code == 406 and "text/turtle" in refused.text


def test_entity_tags(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    one = sorted(portal.district.public())[0]
    for path in ("/catalog.ttl", "/catalog.jsonld?page=1", f"/dataset/{one}.xml", "/data.json"):
        tag = portal.http.get(path).headers["etag"]
        assert portal.http.get(path, headers={"if-none-match": tag}).status_code == 304
        assert portal.http.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    with portal.database.read() as session:
        _, stamp = queries.head(session)
    assert stamp is not None
    monkeypatch.setattr(routes, "clock", SimpleNamespace(now=lambda: stamp))
    assert "last-modified" not in portal.http.get(f"/dataset/{one}.ttl").headers, "its second is not over"
    monkeypatch.setattr(routes, "clock", SimpleNamespace(now=lambda: stamp + timedelta(seconds=10)))
    answer = portal.http.get(f"/dataset/{one}.ttl")
    tag, date = answer.headers["etag"], answer.headers["last-modified"]
    assert portal.http.get(f"/dataset/{one}.ttl", headers={"if-modified-since": date}).status_code == 304
    portal.district.write(uuid.UUID(one), open_type="none")
    # gone at once, although the sealer has not told it yet
    for headers in ({"if-none-match": tag}, {"if-modified-since": date}, {}):
        assert portal.http.get(f"/dataset/{one}.ttl", headers=headers).status_code == 404
    portal.district.seal()
    assert portal.http.get(f"/dataset/{one}.ttl").status_code == 410
    assert portal.http.get("/catalog.ttl", headers={"if-modified-since": date}).status_code == 200


def test_data_json(portal: Portal) -> None:
    data = portal.http.get("/data.json").json()
    assert data["conformsTo"] == "https://project-open-data.cio.gov/v1.1/schema"
    needed = {"title", "description", "keyword", "modified", "publisher", "contactPoint", "identifier", "accessLevel"}
    for one in data["dataset"]:
        assert needed <= set(one) and one["keyword"] and one["publisher"]["name"] and one["contactPoint"]["hasEmail"]
        assert one["accessLevel"] in ("public", "restricted public") and one["identifier"] == one["landingPage"][:-5]
        for part in one.get("distribution", ()):
            assert part["accessURL"].startswith("http")
    assert {one["identifier"].rsplit("/", 1)[1] for one in data["dataset"]} == portal.district.public()


def test_pages_for_people(portal: Portal) -> None:
    one = sorted(portal.district.public())[0]
    portal.district.write(uuid.UUID(one), name="<script>alert(1)</script>馆藏", source_url="javascript:alert(1)")
    portal.district.seal()
    shown = portal.http.get(f"/dataset/{one}.html").text
    assert "<script" not in shown and "&lt;script&gt;" in shown and "javascript:" not in shown
    listed = portal.http.get("/catalog.html").text
    assert f"共 {len(portal.district.public())} 个" in listed and "<script" not in listed
    assert portal.http.get("/catalog.html", params={"q": "没有这样的词"}).text.count("<li>") == 0
    assert '" onload="' not in portal.http.get("/catalog.html", params={"q": '" onload="'}).text


BAD = {
    "/catalog.ttl?page=0": 400, "/catalog.ttl?page=x": 400, "/catalog.ttl?page=-1": 400, "/catalog.ttl?page=²": 400,
    "/catalog.ttl?page=" + "9" * 40: 400, "/catalog.ttl?page=9999": 404, "/catalog.html?page=9999": 404,
    "/catalog.ttl?modified_since=yesterday": 400, "/catalog.ttl?modified_since=0001-01-01T00:00:00%2B23:00": 400,
    "/catalog.pdf": 404, "/dataset/x.ttl": 404, f"/dataset/{uuid.UUID(int=0)}.ttl": 404,
    f"/dataset/{uuid.UUID(int=0)}": 404,
    "/catalog.html?q=" + "x" * 300: 400, "/catalog.html?q=audit_id:1": 400,
}


def test_every_malformed_request_is_refused_in_plain_text(portal: Portal) -> None:
    for path, status in BAD.items():
        answer = portal.http.get(path)
        assert answer.status_code == status and answer.headers["content-type"].startswith("text/plain"), path
    assert portal.http.get("/catalog.ttl?modified_since=2026-01-01T00:00:00+08:00").status_code == 200
    assert portal.http.get("/catalog.ttl?modified_since=2026-01-01").status_code == 200


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30)


@pytest.mark.pure
@settings(max_examples=20)
@given(st.lists(st.tuples(TEXTS, TEXTS, st.sampled_from([None, "zh"])), min_size=1, max_size=4))
def test_any_text_survives_all_three_forms(rows: list[tuple[str, str, str | None]]) -> None:
    graph = Graph()
    for number, (first, second, language) in enumerate(rows):
        inner = Node(None, ("foaf:Agent",)).add("foaf:name", Text.zh(second))
        node = Node(f"urn:n:{number}:{first}", ("dcat:Dataset",)).add("dct:title", Text(Text.zh(first).value, language))
        graph.put(node.add("dct:publisher", inner).add("dct:relation", Ref(f"urn:r:{second}")))
    read = [
        rdflib.Graph().parse(data=writer(graph).decode(), format=name)
        for writer, name in ((write.turtle, "turtle"), (write.json_ld, "json-ld"), (write.rdf_xml, "xml"))
    ]
    titles = [sorted(str(one) for one in each.objects(None, DCTERMS.title)) for each in read]
    names = [sorted(str(one) for one in each.objects(None, FOAF.name)) for each in read]
    if len(rows) == 1:
        assert titles[0] == [Text.zh(rows[0][0]).value]
    assert titles[0] == titles[1] == titles[2] and names[0] == names[1] == names[2]
    assert len(read[0]) == len(read[1]) == len(read[2])


@pytest.mark.pure
def test_periods() -> None:
    year, month, day = "xsd:gYear", "xsd:gYearMonth", "xsd:date"
    assert period("2020年至2025年") == (("2020", year), ("2025", year))
    assert period("2020-01-01 ~ 2025-12-31") == (("2020-01-01", day), ("2025-12-31", day))
    assert period("2019年3月到2020年11月") == (("2019-03", month), ("2020-11", month))
    assert period("2020.5至今") == (("2020-05", month), None)
    assert period("2024年度") == (("2024", year), ("2024", year))
    for text in (None, "", "全区", "2020年以来", "2025年至2020年", "2020-13-01", "2020-02-30至2021-01-01", "约2020年"):
        assert period(text) is None, text


@pytest.mark.pure
def test_only_web_addresses_are_passed_on() -> None:
    refused = ("javascript:alert(1)", "ftp://x/y", "//x", "http://", "http://a b", "http://x/<", "sample://a/1",
               "http://[x")
    for text in (*refused, None):
        assert web_address(text) is None, text
    assert web_address("https://data.example.cn/数据?a=1") == "https://data.example.cn/数据?a=1"

