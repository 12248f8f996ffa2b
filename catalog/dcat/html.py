"""Plain pages for people: the list of public datasets with search, one dataset, and what an identifier names."""

from collections.abc import Sequence
from urllib.parse import urlencode

from catalog.codes.lists import code_list
from catalog.dcat.graph import Graph, Node, Ref, Text, Value
from catalog.feed.content import Sealed
from catalog.feed.site import Site, web_address
from catalog.feed.xml import escape
from kernel import clock

FORMS = ("ttl", "jsonld", "xml")


def _page(title: str, body: str) -> bytes:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    ).encode()


def catalog(site: Site, found: Sequence[Sealed], *, q: str, total: int, number: int, last: int) -> bytes:
    """A page of the list; ``q`` narrows it."""
    rows = "".join(
        f'<li><a href="/dataset/{one.entry.id}.html">{escape(one.entry.name)}</a> — {escape(one.entry.org.name)}</li>'
        for one in found
    )
    turns = "　".join(
        f'<a rel="{name}" href="/catalog.html?{escape(urlencode({"q": q, "page": to}))}">{label}</a>'
        for name, to, label in (("prev", number - 1, "上一页 Previous"), ("next", number + 1, "下一页 Next"))
        if 1 <= to <= last
    )
    links = "　".join(f'<a href="/catalog.{form}">{form}</a>' for form in FORMS)
    body = (
        '<form method="get" action="/catalog.html" role="search"><label>检索 Search '
        f'<input name="q" maxlength="200" value="{escape(q)}"></label> <button>检索</button></form>'
        f"<p>共 {total} 个公开数据目录；第 {number} / {last} 页。</p><ol>{rows}</ol><nav>{turns}</nav>"
        f'<p>机器可读：{links}　<a href="/data.json">data.json</a>　<a href="/oai?verb=Identify">OAI-PMH</a>'
        '　<a href="/api/3/action/status_show">CKAN API</a></p>'
    )
    return _page(site.title, body)


def dataset(site: Site, sealed: Sealed) -> bytes:
    """One dataset with what the public may know of it."""
    entry = sealed.entry
    label = code_list
    rows = [
        ("编码", entry.code), ("提供部门", entry.org.name), ("摘要", entry.abstract), ("关键字", "、".join(entry.keywords)),
        ("主题", label("theme").label(entry.theme) or entry.theme_text), ("格式", "、".join(entry.formats)),
        ("开放类型", label("open_type").label(entry.open_type)), ("开放条件", entry.open_condition),
        ("共享类型", label("share_type").label(entry.share_type)), ("共享条件", entry.share_condition),
        ("更新周期", label("update_cycle").label(entry.update_cycle) or entry.update_cycle_text),
        ("数据范围", entry.data_range), ("应用场景", entry.use_scene), ("数据项", "、".join(one.name for one in entry.items)),
        ("版本", str(entry.version)), ("目录摘要值 SM3", entry.entry_hash), ("最近变更", clock.iso(sealed.at)),
    ]
    cells = "".join(f"<tr><th scope=\"row\">{name}</th><td>{escape(text)}</td></tr>" for name, text in rows if text)
    source = web_address(entry.source_url)
    link = f'<p><a rel="noopener nofollow" href="{escape(source)}">数据来源</a></p>' if source else ""
    forms = "　".join(f'<a href="/dataset/{entry.id}.{form}">{form}</a>' for form in FORMS)
    body = f'<table>{cells}</table>{link}<p>机器可读：{forms}　<a href="/catalog.html">全部公开数据目录</a></p>'
    return _page(entry.name, body)


_NAMES = ("dct:title", "skos:prefLabel", "foaf:name", "vcard:fn", "rdfs:label")


def node(graph: Graph, iri: str) -> bytes:
    """What an identifier names, and the nodes that the same graph says of it, property by property."""
    first = graph.nodes[iri]
    others = [_node(one, heading=True) for one in graph.nodes.values() if one is not first]
    back = '<p><a href="/catalog.html">全部公开数据目录</a></p>'
    return _page(_name(first) or iri, _node(first, heading=False) + "".join(others) + back)


def _node(one: Node, *, heading: bool) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{_value(value)}</td></tr>' for name, value in one.pairs
    )
    title = f"<h2>{escape(_name(one) or str(one.iri))}</h2>" if heading else ""
    return f"{title}<p><code>{escape(str(one.iri))}</code>　{escape('、'.join(one.types))}</p><table>{rows}</table>"


def _name(one: Node) -> str:
    held = {name: value.value for name, value in one.pairs if isinstance(value, Text)}
    return next((held[name] for name in _NAMES if name in held), "")


def _value(value: Value) -> str:
    if isinstance(value, Ref):
        address = web_address(value.iri)
        shown = escape(value.iri)
        return f'<a rel="nofollow" href="{escape(address)}">{shown}</a>' if address else shown
    if isinstance(value, Node):
        return "；".join(f"{escape(name)} {_value(inner)}" for name, inner in value.pairs)
    return escape(value.value)
