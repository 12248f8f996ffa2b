"""What DCAT-AP 3.0.1 asks of the classes that we write, in our own table, as SHACL for pyshacl.

A line is ``property min..max kind class``: L a literal, R a resource, D a date (xsd:date, dateTime, gYear or
gYearMonth), or a datatype; the class is that of the range. Properties under ``!`` are recommended: a warning.
The official shapes are used besides these where MULIAN_DCAT_AP_SHAPES names a folder with them (ADR 0152).
"""

import os
from pathlib import Path
from typing import Any

import pyshacl
import rdflib
from rdflib import RDF, XSD, BNode, Literal, URIRef
from rdflib.collection import Collection
from rdflib.namespace import SH

from catalog.dcat.graph import PREFIXES

SHAPES = {
    "dcat:Catalog": """
        dct:title 1.. L | dct:description 1.. L | dct:publisher 1..1 R foaf:Agent | dcat:dataset 0.. R dcat:Dataset
        dct:license 0..1 R dct:LicenseDocument | dct:language 0.. R dct:LinguisticSystem | dct:issued 0..1 D
        dct:modified 0..1 D | dct:spatial 0.. R dct:Location | dcat:record 0.. R dcat:CatalogRecord
        dcat:themeTaxonomy 0.. R skos:ConceptScheme | foaf:homepage 0..1 R foaf:Document
        dcat:service 0.. R dcat:DataService
        ! dct:language 1.. | dct:issued 1.. | dct:license 1.. | dct:modified 1.. | dcat:themeTaxonomy 1..
        ! foaf:homepage 1..""",
    "dcat:Dataset": """
        dct:title 1.. L | dct:description 1.. L | dct:publisher 0..1 R foaf:Agent | dct:identifier 0.. L
        dcat:keyword 0.. L | dcat:theme 0.. R skos:Concept | dcat:contactPoint 0.. R vcard:Kind
        dct:accessRights 0..1 R dct:RightsStatement | dct:accrualPeriodicity 0..1 R dct:Frequency
        dct:spatial 0.. R dct:Location | dct:temporal 0.. R dct:PeriodOfTime | dct:language 0.. R dct:LinguisticSystem
        dct:issued 0..1 D | dct:modified 0..1 D | dcat:version 0..1 L | dcat:landingPage 0.. R foaf:Document
        dcat:distribution 0.. R dcat:Distribution
        ! dcat:contactPoint 1.. | dcat:distribution 1.. | dcat:keyword 1.. | dct:publisher 1.. | dct:spatial 1..
        ! dct:temporal 1.. | dcat:theme 1..""",
    "dcat:Distribution": """
        dcat:accessURL 1.. R | dct:title 0.. L | dct:description 0.. L | dct:format 0..1 R dct:MediaTypeOrExtent
        dcat:mediaType 0..1 R dct:MediaType | dct:license 0..1 R dct:LicenseDocument
        dct:rights 0..1 R dct:RightsStatement | dcatap:availability 0..1 R skos:Concept | dct:issued 0..1 D
        dct:modified 0..1 D | dct:language 0.. R dct:LinguisticSystem | dcat:accessService 0.. R dcat:DataService
        spdx:checksum 0..1 R spdx:Checksum
        ! dct:description 1.. | dcatap:availability 1.. | dct:format 1.. | dct:license 1..""",
    "dcat:CatalogRecord": """
        foaf:primaryTopic 1..1 R dcat:Dataset | dct:modified 1..1 D | dct:issued 0..1 D
        dct:conformsTo 0..1 R dct:Standard | adms:status 0..1 R skos:Concept | dct:language 0.. R dct:LinguisticSystem
        ! dct:conformsTo 1.. | dct:issued 1.. | adms:status 1..""",
    "dcat:DataService": """
        dct:title 1.. L | dcat:endpointURL 1.. R | dcat:endpointDescription 0.. R | dct:publisher 0..1 R foaf:Agent
        dcat:servesDataset 0.. R dcat:Dataset | dcat:theme 0.. R skos:Concept | dcat:keyword 0.. L
        dcat:contactPoint 0.. R vcard:Kind | dct:conformsTo 0.. R dct:Standard
        ! dcat:servesDataset 1.. | dcat:endpointDescription 1.. | dcat:contactPoint 1.. | dct:publisher 1..
        ! dcat:theme 1.. | dct:conformsTo 1.. | dcat:keyword 1..""",
    "foaf:Agent": "foaf:name 1.. L | dct:type 0..1 R skos:Concept\n! dct:type 1..",
    "skos:Concept": "skos:prefLabel 1.. L",
    "skos:ConceptScheme": "dct:title 1.. L",
    "spdx:Checksum": "spdx:algorithm 1..1 R | spdx:checksumValue 1..1 xsd:hexBinary",
    "dct:LicenseDocument": "dct:type 0.. R skos:Concept\n! dct:type 1..",
    "dct:PeriodOfTime": "dcat:startDate 0..1 D | dcat:endDate 0..1 D\n! dcat:startDate 1.. | dcat:endDate 1..",
    "dct:Location": "dcat:bbox 0..1 L | dcat:centroid 0..1 L\n! dcat:bbox 1.. | dcat:centroid 1..",
}
_DATES = (XSD.date, XSD.dateTime, XSD.gYear, XSD.gYearMonth)


def iri(short: str) -> URIRef:
    """The IRI of prefix:name."""
    prefix, _, name = short.partition(":")
    return URIRef(PREFIXES[prefix] + name)


def shapes() -> rdflib.Graph:
    """The table as SHACL."""
    graph = rdflib.Graph()
    for target, text in SHAPES.items():
        shape = URIRef(f"urn:shape:{target}")
        graph.add((shape, RDF.type, SH.NodeShape))
        graph.add((shape, SH.targetClass, iri(target)))
        for line in text.strip().splitlines():
            warns = line.strip().startswith("!")
            for part in line.strip().removeprefix("!").split("|"):
                graph.add((shape, SH.property, _property(graph, part.split(), warns)))
    return graph


def _property(graph: rdflib.Graph, words: list[str], warns: bool) -> BNode:
    node = BNode()
    low, _, high = words[1].partition("..")
    graph.add((node, SH.path, iri(words[0])))
    graph.add((node, SH.minCount, Literal(int(low))))
    if high:
        graph.add((node, SH.maxCount, Literal(int(high))))
    if warns:
        graph.add((node, SH.severity, SH.Warning))
    kind = words[2] if len(words) > 2 else ""
    if kind == "D":
        options = [BNode() for _ in _DATES]
        for option, datatype in zip(options, _DATES, strict=True):
            graph.add((option, SH.datatype, datatype))
        head = BNode()
        Collection(graph, head, options)
        graph.add((node, SH["or"], head))
    elif kind in ("L", "R"):
        graph.add((node, SH.nodeKind, SH.Literal if kind == "L" else SH.BlankNodeOrIRI))
    elif kind:
        graph.add((node, SH.datatype, iri(kind)))
    if len(words) > 3:
        graph.add((node, SH["class"], iri(words[3])))
    return node


def official() -> list[Path]:
    """The official shape files, where this machine has them."""
    folder = os.environ.get("MULIAN_DCAT_AP_SHAPES")
    names = ("shapes.ttl", "range.ttl", "shapes_recommended.ttl")
    return [Path(folder) / name for name in names if (Path(folder) / name).is_file()] if folder else []


def findings(data: rdflib.Graph, by: rdflib.Graph) -> list[tuple[str, str, str]]:
    """(severity, path, focus node) of everything that does not conform."""
    _, report, _ = pyshacl.validate(data, shacl_graph=by, inference="none", advanced=False)
    assert isinstance(report, rdflib.Graph)

    def last(value: Any) -> str:
        return str(value).rsplit("#", 1)[-1].rsplit("/", 1)[-1]

    return sorted(
        (last(report.value(one, SH.resultSeverity)), last(report.value(one, SH.resultPath)),
         str(report.value(one, SH.focusNode)))
        for one in report.subjects(RDF.type, SH.ValidationResult)
    )
