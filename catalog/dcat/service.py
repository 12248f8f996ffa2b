"""Pages of the catalog, one dataset, and data.json."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from catalog.dcat import terms
from catalog.dcat.describe import (
    dataset,
    keywords,
    licence,
    location,
    moment,
    own_themes,
    page,
)
from catalog.dcat.graph import Graph, Node, Ref, Text
from catalog.dcat.periods import period
from catalog.feed import queries
from catalog.feed.content import Sealed
from catalog.feed.models import FeedRecord
from catalog.feed.site import Site, web_address
from catalog.nodes.models import DataEntry
from kernel import clock
from kernel.digest import sm3_hex

PAGE = 100
_SLICE = 500
_CYCLES = {
    "realtime": "R/PT1S", "daily": "R/P1D", "weekly": "R/P1W", "monthly": "R/P1M", "quarterly": "R/P3M",
    "semiannual": "R/P6M", "annual": "R/P1Y", "irregular": "irregular",
}


@dataclass(frozen=True)
class Asked:
    """A page of the catalog: from 1, in a form, perhaps only what changed since an instant."""

    page: int
    form: str
    since: datetime | None = None

    def address(self, site: Site, number: int) -> str:
        """The address of another page of the same list."""
        since = f"&modified_since={clock.iso(self.since)}" if self.since else ""
        return f"{site.base}/catalog.{self.form}?page={number}{since}"


def catalog(session: Session, site: Site, asked: Asked) -> Graph | None:
    """A page of the catalog as a graph; None past the last page."""
    where: list[ColumnElement[bool]] = [FeedRecord.at >= asked.since] if asked.since else []
    total = queries.count(session, *where)
    last = max(1, -(-total // PAGE))
    if asked.page > last:
        return None
    ids = queries.page_ids(session, *where, order=[DataEntry.id], limit=PAGE, offset=(asked.page - 1) * PAGE)
    graph = Graph()
    node = _catalog_node(session, graph, site)
    for sealed in queries.load(session, ids):
        found, record = dataset(graph, sealed, site)
        node.add("dcat:dataset", found).add("dcat:record", record)
    services = [one.iri for one in graph.nodes.values() if "dcat:DataService" in one.types]
    node.add("dcat:service", *(Ref(str(iri)) for iri in services))
    _paging(graph, site, asked, total, last)
    return graph


def _catalog_node(session: Session, graph: Graph, site: Site) -> Node:
    first, (_, last) = queries.first_at(session), queries.head(session)
    node = Node(f"{site.base}/catalog", ("dcat:Catalog",)).add("dct:title", Text.zh(site.title))
    node.add("dct:description", Text.zh(f"{site.title}：{site.publisher}公开的数据目录"))
    node.add("dct:publisher", publisher(graph, site))
    node.add("dct:language", terms.language(graph)).add("foaf:homepage", page(graph, f"{site.base}/catalog.html"))
    node.add("dcat:themeTaxonomy", own_themes(graph, site), terms.data_themes(graph))
    node.add("dct:license", licence(graph, "unconditional", site))
    node.add("dct:spatial", *(location(graph, region, site) for region in queries.regions(session)))
    if first and last:
        node.add("dct:issued", moment(first)).add("dct:modified", moment(last))
    graph.put(node)
    return node


def publisher(graph: Graph, site: Site) -> Ref:
    """Who publishes the catalog as a whole."""
    agent = Node(f"{site.base}/organization", ("foaf:Agent",)).add("foaf:name", Text.zh(site.publisher))
    return graph.put(agent.add("dct:type", terms.publisher_type(graph)))


def _paging(graph: Graph, site: Site, asked: Asked, total: int, last: int) -> None:
    """hydra, in its present words and in those that CKAN's DCAT harvester reads."""
    node = Node(asked.address(site, asked.page), ("hydra:PagedCollection", "hydra:PartialCollectionView"))
    node.add("hydra:totalItems", Text(str(total), kind="xsd:integer"))
    node.add("hydra:itemsPerPage", Text(str(PAGE), kind="xsd:integer"))
    numbers = {"first": 1, "last": last, "next": asked.page + 1, "previous": asked.page - 1}
    for name, number in numbers.items():
        if 1 <= number <= last:
            found = Ref(asked.address(site, number))
            node.add(f"hydra:{name}", found).add(f"hydra:{name}Page", found)
    graph.put(node)


def one(session: Session, site: Site, entry_id: uuid.UUID) -> tuple[Graph, Sealed] | None:
    """The graph of one dataset."""
    found = queries.load(session, [entry_id])
    if not found:
        return None
    graph = Graph()
    dataset(graph, found[0], site)
    return graph, found[0]


def data_json(session: Session, site: Site) -> Iterator[bytes]:
    """The whole catalog as DCAT-US 1.1, in pieces: memory does not grow with the directory."""
    head = {
        "@context": "https://project-open-data.cio.gov/v1.1/schema/catalog.jsonld", "@id": f"{site.base}/data.json",
        "@type": "dcat:Catalog", "conformsTo": "https://project-open-data.cio.gov/v1.1/schema",
        "describedBy": "https://project-open-data.cio.gov/v1.1/schema/catalog.json",
    }
    yield orjson.dumps(head)[:-1] + b',"dataset":['
    after: uuid.UUID | None = None
    comma = b""
    while True:
        where = [DataEntry.id > after] if after else []
        ids = queries.page_ids(session, *where, order=[DataEntry.id], limit=_SLICE)
        if not ids:
            break
        parts = [orjson.dumps(_us_dataset(sealed, site)) for sealed in queries.load(session, ids)]
        if parts:
            yield comma + b",\n".join(parts)
            comma = b",\n"
        after = ids[-1]
    yield b"]}"


def _us_dataset(sealed: Sealed, site: Site) -> dict[str, Any]:
    entry, iri = sealed.entry, site.dataset(sealed.entry.id)
    levels = {"unconditional": "public", "conditional": "restricted public"}
    span = period(entry.data_range)
    values: dict[str, Any] = {
        "@type": "dcat:Dataset", "identifier": iri, "title": entry.name, "description": entry.abstract or entry.name,
        "keyword": keywords(entry) or [entry.org.name], "modified": clock.iso(sealed.at),
        "publisher": {"@type": "org:Organization", "name": entry.org.name},
        "contactPoint": {"@type": "vcard:Contact", "fn": entry.org.name, "hasEmail": f"mailto:{site.email}"},
        "accessLevel": levels.get(entry.open_type or "", "non-public"), "rights": entry.open_condition,
        "license": f"{site.base}/def/open_type/{entry.open_type}",
        "issued": entry.published_on or clock.iso(sealed.first_at),
        "landingPage": f"{iri}.html", "language": ["zh-CN"], "spatial": entry.region or entry.org.region,
        "temporal": f"{span[0][0]}/{span[1][0]}" if span and span[1] else None,
        "theme": [entry.theme] if entry.theme else None, "accrualPeriodicity": _CYCLES.get(entry.update_cycle or ""),
        "distribution": [_us_distribution(sealed, name, site) for name in dict.fromkeys(entry.formats)] or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _us_distribution(sealed: Sealed, name: str, site: Site) -> dict[str, Any]:
    entry = sealed.entry
    return {
        "@type": "dcat:Distribution", "title": f"{entry.name}（{name}）", "format": name,
        "accessURL": web_address(entry.source_url) or site.dataset(entry.id),
    }


def tag(session: Session, *parts: str) -> str | None:
    """An entity tag of what the feed says; None while a change waits for its number."""
    if queries.is_dirty(session):
        return None
    seq, at = queries.head(session)
    # the stamp too: a number of a state that was restored is given a second time
    return f'"{sm3_hex("|".join((str(seq), str(at), *parts)).encode())[:32]}"'
