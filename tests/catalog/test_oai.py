"""OAI-PMH over real HTTP: Sickle harvests all and sees tombstones; every error; XML that always parses."""

import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sickle import Sickle
from sickle.oaiexceptions import BadArgument, IdDoesNotExist, NoRecordsMatch

from catalog.feed.xml import element, legal
from catalog.oai import service
from catalog.oai.protocol import OaiError, Span, Token, arguments
from kernel.db import Database
from tests.catalog.districts import District, Served, installed
from tests.support import loopback

OAI = "{http://www.openarchives.org/OAI/2.0/}"
URN = "urn:uuid:"


class Repository:
    """A served district and clients of it."""

    def __init__(self, database: Database, url: str) -> None:
        self.url = f"{url}/oai"
        self.district = District.make(database, 43, 24)
        self.district.seal()
        self.sickle = Sickle(self.url, timeout=30)
        self.http = loopback.client(url)

    def harvest(self, **given: Any) -> dict[str, bool]:
        """Entry id → deleted, by Sickle; a second record of an entry replaces the first, as harvesters do."""
        records = self.sickle.ListRecords(metadataPrefix="oai_dc", **given)
        return {one.header.identifier.removeprefix(URN): one.deleted for one in records}

    def ask(self, query: str) -> ElementTree.Element:
        answer = self.http.get(f"{self.url}?{query}")
        assert answer.status_code == 200, answer.text
        return ElementTree.fromstring(answer.content)

    def error(self, query: str) -> str | None:
        found = self.ask(query).find(f"{OAI}error")
        return None if found is None else found.get("code")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pages, so that a small district has many."""
    monkeypatch.setattr(service, "PAGE", 4)


@pytest.fixture
def fresh(database: Database) -> Iterator[Repository]:
    """A new district on each database."""
    with Served(database) as url:
        yield Repository(database, url)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Repository]:
    """One district for the module."""
    with installed(tmp_path_factory.mktemp("oai"), sqlite_template) as database, Served(database) as url:
        yield Repository(database, url)


def test_sickle_harvests_all_and_sees_tombstones(fresh: Repository) -> None:
    repository = fresh
    district = repository.district
    before = district.public()
    assert repository.harvest() == dict.fromkeys(before, False) and len(before) > 8
    gone = sorted(before)[0]
    district.write(uuid.UUID(gone), online=False)
    # not told yet: neither shown as it was nor as deleted
    assert repository.harvest() == dict.fromkeys(before - {gone}, False)
    district.seal()
    assert repository.harvest() == {**dict.fromkeys(before, False), gone: True}
    record = repository.sickle.GetRecord(identifier=URN + gone, metadataPrefix="oai_dc")
    assert record.deleted and b"<metadata>" not in record.raw.encode()
    district.write(uuid.UUID(gone), online=True)
    district.seal()
    assert repository.harvest() == dict.fromkeys(before, False)
    sets = {one.setSpec for one in repository.sickle.ListSets()}
    by_set = [repository.harvest(set=spec) for spec in sets]
    assert sum(len(found) for found in by_set) == len(before) and set().union(*by_set) == before


def test_harvesting_what_changed_ends_where_harvesting_all_does(fresh: Repository) -> None:
    """Each run asks from the second of the last answer; changes go on, some of them between two pages."""
    repository, district = fresh, fresh.district
    held = repository.harvest()
    last = repository.ask("verb=Identify").findtext(f"{OAI}responseDate")
    for _ in range(10):
        district.step()
        if district.chance.random() < 0.6:
            district.seal()
        answered = repository.ask("verb=Identify").findtext(f"{OAI}responseDate")
        try:
            held |= repository.harvest(**{"from": last})
        except NoRecordsMatch:
            pass
        last = answered
    district.seal()
    held |= repository.harvest(**{"from": last})
    assert {one for one, deleted in held.items() if not deleted} == district.public()
    assert held == repository.harvest()


def test_a_list_is_stable_while_the_directory_changes(repository: Repository) -> None:
    """Between two pages entries change, leave and come: nothing that was there all the time is missed."""
    district = repository.district
    before = district.public()
    records = iter(repository.sickle.ListIdentifiers(metadataPrefix="oai_dc"))
    seen = [next(records).identifier for _ in range(3)]
    moved, left = sorted(before - {one.removeprefix(URN) for one in seen})[:2]
    district.touch(uuid.UUID(moved))
    district.write(uuid.UUID(left), open_type="none")
    district.seal()
    rest = {one.identifier.removeprefix(URN): one.deleted for one in records}
    found = {one.removeprefix(URN) for one in seen} | set(rest)
    assert before <= found and rest[left] and not rest[moved]


def test_identify_and_formats(repository: Repository) -> None:
    said = repository.sickle.Identify()
    assert said.deletedRecord == "persistent" and said.granularity == "YYYY-MM-DDThh:mm:ssZ"
    assert said.baseURL == repository.url and said.protocolVersion == "2.0"
    assert re.fullmatch(r"\S+@(\S+\.)+\S+", said.adminEmail)
    one = sorted(repository.district.public())[0]
    for asked in ({}, {"identifier": URN + one}):
        assert [f.metadataPrefix for f in repository.sickle.ListMetadataFormats(**asked)] == ["oai_dc"]
    record = repository.sickle.GetRecord(identifier=URN + one, metadataPrefix="oai_dc")
    assert record.metadata["type"] == ["Dataset"] and record.metadata["publisher"][0].startswith("区")
    assert record.header.datestamp >= said.earliestDatestamp


ERRORS = {
    "": "badVerb", "verb=Nonsense": "badVerb", "verb=Identify&verb=Identify": "badVerb",
    "verb=Identify&x=1": "badArgument",
    "verb=ListRecords": "badArgument", "verb=GetRecord&metadataPrefix=oai_dc": "badArgument",
    "verb=ListRecords&metadataPrefix=marc": "cannotDisseminateFormat",
    "verb=ListRecords&metadataPrefix=%E5%AD%97": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&from=yesterday": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01T00:00:00": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&from=2026-01-01&until=2026-01-01T00:00:00Z": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&from=2027-01-01&until=2026-01-01": "badArgument",
    "verb=ListRecords&metadataPrefix=oai_dc&until=2001-01-01": "noRecordsMatch",
    "verb=ListRecords&metadataPrefix=oai_dc&from=9999-12-31&until=9999-12-31": "noRecordsMatch",
    "verb=ListRecords&metadataPrefix=oai_dc&set=org:none": "noRecordsMatch",
    "verb=ListRecords&metadataPrefix=oai_dc&set=%20": "badArgument",
    "verb=ListRecords&resumptionToken=abc": "badResumptionToken",
    "verb=ListRecords&resumptionToken=%E5%AD%97": "badResumptionToken",
    "verb=ListRecords&resumptionToken=abc&metadataPrefix=oai_dc": "badArgument",
    "verb=ListSets&resumptionToken=abc": "badResumptionToken",
    "verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:uuid:nonsense": "idDoesNotExist",
    "verb=GetRecord&metadataPrefix=oai_dc&identifier=%01": "badArgument",
    f"verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:uuid:{uuid.UUID(int=0)}": "idDoesNotExist",
    f"verb=GetRecord&metadataPrefix=x&identifier=urn:uuid:{uuid.UUID(int=0)}": "idDoesNotExist",
    f"verb=ListMetadataFormats&identifier=urn:uuid:{uuid.UUID(int=0)}": "idDoesNotExist",
    "verb=Identify&" + "&".join(f"a{n}=1" for n in range(40)): "badArgument",
}


def test_every_malformed_request_gets_the_protocols_own_error(repository: Repository) -> None:
    for query, code in ERRORS.items():
        assert repository.error(query) == code, query
    posted = repository.http.post(repository.url, data={"verb": "Identify"})
    assert ElementTree.fromstring(posted.content).find(f"{OAI}Identify") is not None
    for error, asked in ((BadArgument, {"metadataPrefix": "oai_dc", "from": "x"}),
                         (NoRecordsMatch, {"metadataPrefix": "oai_dc", "until": "2001-01-01"})):
        with pytest.raises(error):
            repository.sickle.ListRecords(**asked)
    with pytest.raises(IdDoesNotExist):
        repository.sickle.GetRecord(identifier="urn:uuid:x", metadataPrefix="oai_dc")


def test_characters_that_xml_cannot_hold(repository: Repository) -> None:
    one = uuid.UUID(sorted(repository.district.public())[0])
    repository.district.write(one, name="𠮷\u0001<&>\"'\u000b\ufffe 表", abstract="甲\u0008乙\r\n丙")
    repository.district.seal()
    record = repository.sickle.GetRecord(identifier=f"{URN}{one}", metadataPrefix="oai_dc")
    assert record.metadata["title"] == ["𠮷\ufffd<&>\"'\ufffd\ufffd 表"]
    assert record.metadata["description"] == ["甲\ufffd乙\r\n丙"]


@pytest.mark.pure
@given(st.text())
def test_any_text_survives_xml(text: str) -> None:
    found = ElementTree.fromstring(element("a", text, b=text).encode("utf-8", "strict"))
    kept = legal(text)
    assert (found.text or "") == kept
    assert found.get("b") == re.sub("[\t\n]", " ", kept), "a parser folds white space in attributes"


@pytest.mark.pure
@given(st.integers(0, 2**50), st.integers(0, 10**9), st.one_of(st.none(), st.datetimes(timezones=st.just(UTC))),
       st.one_of(st.none(), st.from_regex(r"org:[A-Z0-9-]{1,30}", fullmatch=True)))
def test_a_token_carries_the_whole_request(seq: int, done: int, low: datetime | None, spec: str | None) -> None:
    token = Token(Span(low, None, spec), seq, done, done + 1)
    assert Token.read(token.text()) == token
    assert re.fullmatch(r"[\w-]+", token.text())


@pytest.mark.pure
@given(st.text(max_size=80))
def test_any_other_token_is_refused(text: str) -> None:
    with pytest.raises(OaiError) as caught:
        Token.read(text)
    assert caught.value.code == "badResumptionToken"


@pytest.mark.pure
@given(st.lists(st.tuples(st.sampled_from(["verb", "from", "set", "x"]), st.text(max_size=10)), max_size=4))
def test_arguments_are_understood_or_refused(given_: list[tuple[str, str]]) -> None:
    try:
        arguments(given_)
    except OaiError as error:
        assert error.code in ("badVerb", "badArgument")


def test_what_fails_at_the_edge_is_an_answer_of_the_protocol(repository: Repository) -> None:
    large = b"x" * (4 * 1024 * 1024 + 1)
    cases = [
        (405, repository.http.put(repository.url)), (404, repository.http.get(f"{repository.url}/nothing")),
        (413, repository.http.post(repository.url, content=large, headers={"content-type": "application/json"})),
    ]
    for status, answer in cases:
        assert answer.status_code == status and answer.headers["content-type"].startswith("text/xml"), answer.text
        root = ElementTree.fromstring(answer.content)
        said = root.find(f"{OAI}error")
        assert said is not None and said.get("code") == "badArgument" and said.text
        assert root.findtext(f"{OAI}request") == repository.url and root.findtext(f"{OAI}responseDate")
