"""The six verbs as XML fragments."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from catalog.codes.lists import code_list
from catalog.feed import queries as feed
from catalog.feed.content import PublicEntry, Sealed
from catalog.feed.models import FeedRecord
from catalog.feed.site import Site, web_address
from catalog.feed.xml import element
from catalog.oai import queries
from catalog.oai.protocol import (
    PREFIX,
    OaiError,
    Token,
    check_prefix,
    date,
    entry_id_of,
    identifier,
    span_of,
)
from catalog.usage import buffer as usage
from kernel import clock

PAGE = 100
_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_OPEN = (
    f'<oai_dc:dc xmlns:oai_dc="{_DC}" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    f'xsi:schemaLocation="{_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd">'
)


def answer(session: Session, site: Site, verb: str, found: dict[str, str], *, counted: bool = True) -> str:
    """The content of ``<verb>``; raises :class:`OaiError`. ``counted``: a reader gets it, which is a download."""
    makers: dict[str, Callable[[], str]] = {
        "Identify": lambda: _identify(session, site),
        "ListMetadataFormats": lambda: _formats(session, found),
        "ListSets": lambda: _sets(session, found),
        "GetRecord": lambda: _record_of(session, site, found, counted=counted),
        "ListIdentifiers": lambda: _list(session, site, found, whole=False),
        "ListRecords": lambda: _list(session, site, found, whole=True),
    }
    return makers[verb]()


def _identify(session: Session, site: Site) -> str:
    return "".join((
        element("repositoryName", site.title), element("baseURL", f"{site.base}/oai"),
        element("protocolVersion", "2.0"), element("adminEmail", site.email),
        element("earliestDatestamp", date(queries.earliest(session) or clock.now())),
        element("deletedRecord", "persistent"), element("granularity", "YYYY-MM-DDThh:mm:ssZ"),
    ))


def _formats(session: Session, found: dict[str, str]) -> str:
    if "identifier" in found and queries.one(session, entry_id_of(found["identifier"])) is None:
        raise OaiError("idDoesNotExist", "没有该标识 / no such identifier")
    return "<metadataFormat>" + "".join((
        element("metadataPrefix", PREFIX), element("schema", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd"),
        element("metadataNamespace", _DC),
    )) + "</metadataFormat>"


def _sets(session: Session, found: dict[str, str]) -> str:
    if "resumptionToken" in found:
        raise OaiError("badResumptionToken", "ListSets 一次给出全部 / all sets are given at once")
    known = queries.sets(session)
    if not known:
        raise OaiError("noSetHierarchy", "尚无公开目录 / nothing is public yet")
    return "".join(
        f"<set>{element('setSpec', queries.SET + code)}{element('setName', name)}</set>" for code, name in known
    )


def _record_of(session: Session, site: Site, found: dict[str, str], *, counted: bool) -> str:
    entry_id = entry_id_of(found["identifier"])
    known = queries.one(session, entry_id)
    if known is None:
        raise OaiError("idDoesNotExist", "没有该标识 / no such identifier")
    check_prefix(found["metadataPrefix"])
    sealed = next(iter(feed.load(session, [entry_id])), None)
    if sealed is not None and counted:
        usage.note(session, entry_id, "downloads")
    return _record(*known, sealed, site)


def _list(session: Session, site: Site, found: dict[str, str], *, whole: bool) -> str:
    if "resumptionToken" in found:
        token = Token.read(found["resumptionToken"])
        if not queries.told(session, token.seq, token.at):
            raise OaiError("badResumptionToken", "变更序列已重新开始，请重新采集 / the feed began anew; harvest again")
    else:
        span = span_of(found)
        check_prefix(found["metadataPrefix"])
        token = Token(span, 0, 0, queries.total(session, span))
    rows = queries.page(session, token.span, token.seq, PAGE + 1)
    if not rows:
        raise OaiError("noRecordsMatch", "没有符合条件的记录 / no records match")
    shown = rows[:PAGE]
    return _rows(session, site, shown, whole) + _resumption(token, shown, more=len(rows) > PAGE)


def _rows(session: Session, site: Site, rows: list[tuple[FeedRecord, str]], whole: bool) -> str:
    if not whole:
        return "".join(_header(record, code) for record, code in rows)
    held = {one.entry.id: one for one in feed.load(session, [record.entry_id for record, _ in rows if record.public])}
    return "".join(_record(record, code, held.get(record.entry_id), site) for record, code in rows)


def _resumption(token: Token, shown: list[tuple[FeedRecord, str]], *, more: bool) -> str:
    done = token.done + len(shown)
    if not more and not token.done:
        return ""
    last = shown[-1][0]
    following = Token(token.span, last.seq, done, token.total, clock.to_micros(last.at)).text() if more else ""
    size = max(token.total, done)
    return element("resumptionToken", following, completeListSize=str(size), cursor=str(token.done))


def _header(record: FeedRecord, code: str) -> str:
    mark = "" if record.public else ' status="deleted"'
    inner = (
        element("identifier", identifier(record.entry_id)), element("datestamp", date(record.at)),
        element("setSpec", queries.SET + code),
    )
    return f"<header{mark}>{''.join(inner)}</header>"


def _record(record: FeedRecord, code: str, sealed: Sealed | None, site: Site) -> str:
    metadata = f"<metadata>{_OPEN}{dublin_core(sealed.entry, site)}</oai_dc:dc></metadata>" if sealed else ""
    return f"<record>{_header(record, code)}{metadata}</record>"


def dublin_core(entry: PublicEntry, site: Site) -> str:
    """The fifteen elements as far as the directory has them; what is empty is left out."""
    label = code_list
    rights = (label("open_type").label(entry.open_type), entry.open_condition)
    pairs = [
        ("title", entry.name), ("creator", entry.org.name), *(("subject", word) for word in entry.keywords),
        ("subject", label("theme").label(entry.theme)), ("description", entry.abstract), ("publisher", entry.org.name),
        ("date", date(entry.data_updated_at) if entry.data_updated_at else entry.published_on), ("type", "Dataset"),
        *(("format", one) for one in entry.formats), ("identifier", site.dataset(entry.id)),
        ("identifier", entry.code), ("source", web_address(entry.source_url)), ("language", "zh"),
        *(("relation", code) for code in entry.related_codes), ("coverage", entry.region),
        ("coverage", entry.data_range), ("rights", "：".join(filter(None, rights))),
    ]
    return "".join(element(f"dc:{name}", text) for name, text in pairs if text)

