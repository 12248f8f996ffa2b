"""A dataset, its record, distributions, services and publisher as RDF (DCAT-AP 3.0.1)."""

from datetime import datetime

from catalog.codes.lists import code_list
from catalog.dcat import terms
from catalog.dcat.graph import Graph, Node, Ref, Text
from catalog.dcat.periods import period
from catalog.feed.content import PublicEntry, PublicOrg, PublicSystem, Sealed
from catalog.feed.site import Site, web_address
from kernel import clock
from kernel.digest import sm3_hex


def moment(at: datetime) -> Text:
    """An instant as xsd:dateTime."""
    return Text(clock.iso(at), kind="xsd:dateTime")


def dataset(graph: Graph, sealed: Sealed, site: Site) -> tuple[Ref, Ref]:
    """Put a dataset and its catalog record; returns the references to both."""
    entry, iri = sealed.entry, site.dataset(sealed.entry.id)
    themes = _themes(graph, entry, site)
    node = Node(iri, ("dcat:Dataset",))
    node.add("dct:title", Text.zh(entry.name)).add("dct:description", Text.zh(entry.abstract or entry.name))
    node.add("dct:identifier", Text(str(entry.id)), Text(entry.code))
    node.add("dcat:keyword", *(Text.zh(word) for word in keywords(entry)))
    node.add("dcat:theme", *themes).add("dct:publisher", organization(graph, entry.org, site))
    node.add("dcat:contactPoint", contact(graph, entry.org.name, site))
    node.add("dct:accessRights", terms.access_rights(graph, entry.share_type))
    label = code_list("update_cycle").label(entry.update_cycle)
    node.add("dct:accrualPeriodicity", terms.frequency(graph, entry.update_cycle, label))
    node.add("dct:spatial", location(graph, entry.region or entry.org.region, site))
    node.add("dct:temporal", _temporal(entry.data_range)).add("dct:language", terms.language(graph))
    node.add("dct:issued", _day(entry.published_on) or moment(sealed.first_at)).add("dct:modified", moment(sealed.at))
    node.add("dcat:version", Text(str(entry.version)))
    node.add("dcat:previousVersion", Ref(f"{iri}/version/{sealed.previous[0]}") if sealed.previous else None)
    node.add("dcat:landingPage", page(graph, f"{iri}.html"))
    services = [service(graph, one, entry, site, themes) for one in entry.systems]
    node.add("dcat:distribution", *distributions(graph, entry, sealed, site, services))
    return graph.put(node), record(graph, sealed, site)


def record(graph: Graph, sealed: Sealed, site: Site) -> Ref:
    """The catalog record: when the description changed, and the digest by which a proof of the chain finds it."""
    iri = site.dataset(sealed.entry.id)
    node = Node(f"{iri}#record", ("dcat:CatalogRecord",))
    node.add("foaf:primaryTopic", Ref(iri)).add("dct:issued", moment(sealed.first_at))
    node.add("dct:modified", moment(sealed.at)).add("dct:conformsTo", terms.standard(graph))
    node.add("adms:status", terms.status(graph)).add("dct:language", terms.language(graph))
    if sealed.entry.entry_hash:
        checksum = Node(None, ("spdx:Checksum",)).add("spdx:algorithm", algorithm(graph, site))
        node.add("spdx:checksum", checksum.add(
            "spdx:checksumValue", Text(sealed.entry.entry_hash.upper(), kind="xsd:hexBinary")
        ))
    return graph.put(node)


def algorithm(graph: Graph, site: Site) -> Ref:
    """SM3, which SPDX does not list."""
    node = Node(f"{site.base}/def/algorithm/sm3", ("spdx:ChecksumAlgorithm",))
    return graph.put(node.add("rdfs:label", Text("SM3")))


def keywords(entry: PublicEntry) -> list[str]:
    """The keywords, or else the theme in words."""
    words = [word.strip() for word in entry.keywords if word.strip()]
    theme = entry.theme_text or code_list("theme").label(entry.theme)
    return list(dict.fromkeys(words)) or ([theme] if theme else [])


def _themes(graph: Graph, entry: PublicEntry, site: Site) -> list[Ref | None]:
    if entry.theme is None:
        return []
    return [own_theme(graph, entry.theme, site), terms.data_theme(graph, entry.theme)]


def own_theme(graph: Graph, theme: str, site: Site) -> Ref:
    """A theme of our own list."""
    label = code_list("theme").label(theme)
    iri = f"{site.base}/def/theme/{theme}"
    return terms.concept(graph, iri, label, language="zh", scheme=own_themes(graph, site).iri)


def own_themes(graph: Graph, site: Site) -> Ref:
    """The scheme of our own themes."""
    node = Node(f"{site.base}/def/theme", ("skos:ConceptScheme",))
    return graph.put(node.add("dct:title", Text.zh("数据主题")))


def organization(graph: Graph, org: PublicOrg, site: Site) -> Ref:
    """A department as foaf:Agent; its identifier is its credit code."""
    node = Node(f"{site.base}/organization/{org.code}", ("foaf:Agent",)).add("foaf:name", Text.zh(org.name))
    return graph.put(node.add("dct:identifier", Text(org.code)).add("dct:type", terms.publisher_type(graph)))


def contact(graph: Graph, name: str, site: Site) -> Ref:
    """Where to ask: the department, by the directory's address."""
    node = Node(f"{site.base}/contact#{sm3_hex(name.encode())[:16]}", ("vcard:Kind", "vcard:Organization"))
    return graph.put(node.add("vcard:fn", Text.zh(name)).add("vcard:hasEmail", Ref(f"mailto:{site.email}")))


def location(graph: Graph, region: str | None, site: Site) -> Ref | None:
    """An administrative division by its code (GB/T 2260)."""
    if not region:
        return None
    node = Node(f"{site.base}/def/region/{region}", ("dct:Location",)).add("dct:identifier", Text(region))
    return graph.put(node.add("skos:prefLabel", Text.zh(f"行政区划 {region}")))


def page(graph: Graph, iri: str) -> Ref:
    """A page for people."""
    return graph.put(Node(iri, ("foaf:Document",)))


def _temporal(text: str | None) -> Node | None:
    found = period(text)
    if found is None:
        return None
    (start, kind), end = found
    node = Node(None, ("dct:PeriodOfTime",)).add("dcat:startDate", Text(start, kind=kind))
    return node.add("dcat:endDate", Text(end[0], kind=end[1]) if end else None)


def _day(text: str | None) -> Text | None:
    found = period(text) if text else None
    return Text(found[0][0], kind=found[0][1]) if found else None


def distributions(
    graph: Graph, entry: PublicEntry, sealed: Sealed, site: Site, services: list[Ref]
) -> list[Ref]:
    """One distribution a format; without a format one whose page says how to get the data."""
    iri = site.dataset(entry.id)
    found = []
    for name in dict.fromkeys(entry.formats or ("",)):
        node = Node(f"{iri}#distribution-{sm3_hex(name.encode())[:8]}", ("dcat:Distribution",))
        node.add("dct:title", Text.zh(f"{entry.name}（{name}）" if name else entry.name))
        node.add("dct:description", Text.zh(entry.abstract or entry.name))
        node.add("dcat:accessURL", Ref(web_address(entry.source_url) or iri))
        if name:
            node.add("dct:format", terms.file_type(graph, name, f"{site.base}/def/format"))
            node.add("dcat:mediaType", terms.media_type(graph, name))
        node.add("dct:license", licence(graph, entry.open_type, site)).add("dct:rights", _rights(entry))
        node.add("dcatap:availability", terms.availability(graph)).add("dct:issued", moment(sealed.first_at))
        node.add("dct:modified", moment(entry.data_updated_at) if entry.data_updated_at else None)
        node.add("dct:language", terms.language(graph))
        node.add("dcat:accessService", *(services if entry.share_method == "api" else ()))
        found.append(graph.put(node))
    return found


def licence(graph: Graph, open_type: str | None, site: Site) -> Ref | None:
    """open_type as the terms of use: the directory knows no other licence."""
    if open_type is None:
        return None
    node = Node(f"{site.base}/def/open_type/{open_type}", ("dct:LicenseDocument",))
    node.add("dct:title", Text.zh(code_list("open_type").label(open_type)))
    return graph.put(node.add("dct:type", terms.licence_type(graph)))


def _rights(entry: PublicEntry) -> Node | None:
    if not entry.open_condition:
        return None
    return Node(None, ("dct:RightsStatement",)).add("rdfs:label", Text.zh(entry.open_condition))


def service(graph: Graph, system: PublicSystem, entry: PublicEntry, site: Site, themes: list[Ref | None]) -> Ref:
    """A system that serves interfaces as dcat:DataService; its end point is the interface gateway.

    Datasets of a page that have the same service are added to it.
    """
    iri = f"{site.base}/service/{system.id}"
    if not graph.has(iri):
        node = Node(iri, ("dcat:DataService",)).add("dct:title", Text.zh(system.name))
        node.add("dct:identifier", Text(system.code)).add("dcat:endpointURL", Ref(f"{site.gateway}/"))
        node.add("dcat:endpointDescription", Ref(f"{site.base}/catalog.html"))
        node.add("dct:publisher", organization(graph, system.org, site)).add("dct:conformsTo", terms.standard(graph))
        graph.put(node.add("dcat:contactPoint", contact(graph, system.org.name, site)))
    node = graph.nodes[iri]
    node.add("dcat:servesDataset", Ref(site.dataset(entry.id)))
    held = {value for name, value in node.pairs if not isinstance(value, Node)}
    node.add("dcat:theme", *(one for one in themes if one not in held))
    words = dict.fromkeys(Text.zh(word) for word in keywords(entry))
    node.add("dcat:keyword", *(one for one in words if one not in held))
    return Ref(iri)
