"""Terms of others that DCAT-AP asks for, as stubs: the term's address, its class and its label.

A consumer need not fetch an authority table to know what a term is, and the range shapes hold on a page alone.
Source: EU Publications Office named authority lists, ADMS, IANA media types, as named by DCAT-AP 3.0.1.
"""

from typing import Final

from catalog.dcat.graph import Graph, Node, Ref, Text

_AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
_ADMS: Final = "http://purl.org/adms/"
_IANA: Final = "https://www.iana.org/assignments/media-types/"
PROFILE: Final = "http://data.europa.eu/r5r/"

_RIGHTS = {
    "unconditional": ("PUBLIC", "无条件共享"), "conditional": ("RESTRICTED", "有条件共享"),
    "none": ("NON_PUBLIC", "不予共享"),
}
_FREQUENCIES = {
    "realtime": "UPDATE_CONT", "daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "quarterly": "QUARTERLY",
    "semiannual": "ANNUAL_2", "annual": "ANNUAL", "irregular": "IRREG", "other": "OTHER",
}
_THEMES = {
    "economy": "ECON", "finance": "ECON", "business": "ECON", "shopping": "ECON", "credit": "ECON",
    "tourism": "ECON", "culture": "EDUC", "education": "EDUC", "transport": "TRAN", "catering": "HEAL",
    "health": "HEAL", "safety": "JUST", "life": "SOCI", "housing": "REGI", "government": "GOVE",
    "environment": "ENVI", "agriculture": "AGRI", "welfare": "SOCI", "employment": "SOCI", "weather": "ENVI",
}
_THEME_NAMES = {
    "ECON": "Economy and finance", "EDUC": "Education, culture and sport", "TRAN": "Transport", "HEAL": "Health",
    "JUST": "Justice, legal system and public safety", "SOCI": "Population and society", "REGI": "Regions and cities",
    "GOVE": "Government and public sector", "ENVI": "Environment",
    "AGRI": "Agriculture, fisheries, forestry and food",
}
_FORMATS = {
    "csv": ("CSV", "text/csv"), "xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "xls": ("XLS", "application/vnd.ms-excel"), "json": ("JSON", "application/json"), "xml": ("XML", "application/xml"),
    "pdf": ("PDF", "application/pdf"), "txt": ("TXT", "text/plain"), "doc": ("DOC", "application/msword"),
    "docx": ("DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "rdf": ("RDF", "application/rdf+xml"), "zip": ("ZIP", "application/zip"), "html": ("HTML", "text/html"),
    "geojson": ("GEOJSON", "application/geo+json"), "jpg": ("JPEG", "image/jpeg"), "png": ("PNG", "image/png"),
}


def _term(graph: Graph, scheme: str, name: str, kind: str, label: Text) -> Ref:
    """A term of an authority list: its class, its label, and the list it belongs to."""
    node = Node(f"{scheme}/{name}", (kind,)).add("rdfs:label", label)
    return graph.put(node.add("skos:inScheme", Ref(scheme)))


def concept(graph: Graph, iri: str, label: str, *, language: str = "en", scheme: str | None = None) -> Ref:
    """A skos:Concept with its label."""
    node = Node(iri, ("skos:Concept",)).add("skos:prefLabel", Text(label, language))
    return graph.put(node.add("skos:inScheme", Ref(scheme) if scheme else None))


def _scheme(graph: Graph, name: str) -> str:
    """A list of ADMS."""
    node = Node(f"{_ADMS}{name}/1.0", ("skos:ConceptScheme",)).add("dct:title", Text(f"ADMS {name}", "en"))
    return graph.put(node).iri


def language(graph: Graph) -> Ref:
    """Chinese."""
    return _term(graph, f"{_AUTHORITY}language", "ZHO", "dct:LinguisticSystem", Text.zh("中文"))


def access_rights(graph: Graph, share_type: str | None) -> Ref | None:
    """share_type as dct:accessRights: who in government may use it."""
    if share_type not in _RIGHTS:
        return None
    name, label = _RIGHTS[share_type]
    return _term(graph, f"{_AUTHORITY}access-right", name, "dct:RightsStatement", Text.zh(label))


def frequency(graph: Graph, cycle: str | None, label: str) -> Ref | None:
    """update_cycle as dct:accrualPeriodicity."""
    if cycle not in _FREQUENCIES:
        return None
    return _term(graph, f"{_AUTHORITY}frequency", _FREQUENCIES[cycle], "dct:Frequency", Text.zh(label))


def data_theme(graph: Graph, theme: str) -> Ref | None:
    """The EU data theme nearest to one of ours."""
    name = _THEMES.get(theme)
    if name is None:
        return None
    scheme = data_themes(graph)
    return concept(graph, f"{_AUTHORITY}data-theme/{name}", _THEME_NAMES[name], scheme=scheme.iri)


def data_themes(graph: Graph) -> Ref:
    """The scheme of the EU data themes."""
    node = Node(f"{_AUTHORITY}data-theme", ("skos:ConceptScheme",))
    return graph.put(node.add("dct:title", Text("Data theme", "en")))


def publisher_type(graph: Graph) -> Ref:
    """What kind of publisher a department is."""
    scheme = _scheme(graph, "publishertype")
    return concept(graph, f"{_ADMS}publishertype/LocalAuthority", "Local authority", scheme=scheme)


def status(graph: Graph) -> Ref:
    """The state of a catalog record: a published one is complete."""
    return concept(graph, f"{_ADMS}status/Completed", "Completed", scheme=_scheme(graph, "status"))


def availability(graph: Graph) -> Ref:
    """What 上线 means for a distribution."""
    scheme = f"{_AUTHORITY}planned-availability"
    return concept(graph, f"{scheme}/AVAILABLE", "Available", scheme=scheme)


def licence_type(graph: Graph) -> Ref:
    """The kind of terms that opening gives: the directory knows no more."""
    return concept(graph, f"{_ADMS}licencetype/UnknownIPR", "Unknown IPR", scheme=_scheme(graph, "licencetype"))


def standard(graph: Graph) -> Ref:
    """The application profile that a record follows."""
    return graph.put(Node(PROFILE, ("dct:Standard",)).add("dct:title", Text("DCAT-AP 3.0.1", "en")))


def file_type(graph: Graph, name: str, own: str) -> Ref:
    """dct:format of a format name; one that the EU list lacks gets an address below ``own``."""
    known = _FORMATS.get(name.lower())
    if known:
        return _term(graph, f"{_AUTHORITY}file-type", known[0], "dct:MediaTypeOrExtent", Text(known[0]))
    return own_format(graph, name, own)


def own_format(graph: Graph, name: str, own: str) -> Ref:
    """A format that the EU list lacks, below ``own``."""
    return _term(graph, own, name, "dct:MediaTypeOrExtent", Text.zh(name))


def media_type(graph: Graph, name: str) -> Ref | None:
    """dcat:mediaType where IANA has one."""
    known = _FORMATS.get(name.lower())
    if known is None:
        return None
    return graph.put(Node(_IANA + known[1], ("dct:MediaType",)).add("rdfs:label", Text(known[1])))
