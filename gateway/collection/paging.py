"""How an upstream parts its answer: which query comes next, and where an answer says so. Pure.

Styles: none · page (number and size) · offset (offset and limit) · cursor (the answer names the next one) · link
(RFC 8288, rel="next"). A position is JSON: {"page": n}, {"offset": n}, {"cursor": text}, {"link": url}, {} for none.
"""

import re
from collections.abc import Mapping
from typing import Any

STYLES = ("none", "page", "offset", "cursor", "link")
_LINK = re.compile(r'<([^<>]{1,2000})>((?:\s*;\s*[\w*!-]+\s*=\s*(?:"[^"]*"|[^\s",;]+))*)')
_NEXT = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s",;]+))', re.IGNORECASE)
DEFAULTS = {"style": "none", "page_param": "page", "size_param": "size", "offset_param": "offset",
            "limit_param": "limit", "cursor_param": "cursor", "cursor_path": "next", "size": 500, "first": 1}


def start(paging: Mapping[str, Any]) -> dict[str, Any]:
    """Return the position of the first request."""
    style = paging.get("style", "none")
    return {"page": int(setting(paging, "first"))} if style == "page" else {"offset": 0} if style == "offset" else {}


def setting(paging: Mapping[str, Any], name: str) -> Any:
    """Return a setting or what is usual."""
    given = paging.get(name)
    return DEFAULTS[name] if given in (None, "") else given


def query(paging: Mapping[str, Any], position: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that ask for the page at a position."""
    style = paging.get("style", "none")
    if style == "page":
        return {setting(paging, "page_param"): str(position["page"]),
                setting(paging, "size_param"): str(setting(paging, "size"))}
    if style == "offset":
        return {setting(paging, "offset_param"): str(position["offset"]),
                setting(paging, "limit_param"): str(setting(paging, "size"))}
    if style == "cursor":
        asked = {setting(paging, "size_param"): str(setting(paging, "size"))} if paging.get("size_param") else {}
        return asked | ({setting(paging, "cursor_param"): str(position["cursor"])} if position.get("cursor") else {})
    return {}


def following(
    paging: Mapping[str, Any], position: Mapping[str, Any], *, rows: int, total: int | None, cursor: Any,
    link: str | None,
) -> dict[str, Any] | None:
    """Return the position after a page of ``rows``, None where it was the last.

    A page that is not full, or empty, is the last one; so is a cursor that names the same page again.
    """
    style, size = paging.get("style", "none"), int(setting(paging, "size"))
    if style == "page":
        reached = (int(position["page"]) - int(setting(paging, "first")) + 1) * size
        return {"page": int(position["page"]) + 1} if _more(rows, size, reached, total) else None
    if style == "offset":
        reached = int(position["offset"]) + rows
        return {"offset": reached} if _more(rows, size, reached, total) else None
    if style == "cursor":
        named = None if cursor in (None, "", False) else str(cursor)
        return {"cursor": named} if named is not None and named != position.get("cursor") else None
    return {"link": link} if style == "link" and link and link != position.get("link") else None


def _more(rows: int, size: int, reached: int, total: int | None) -> bool:
    return bool(rows) and (reached < total if total is not None else rows >= size)


def next_link(header: str | None) -> str | None:
    """Return the target of rel="next" in a Link header (RFC 8288), None without one."""
    for target, parameters in _LINK.findall(header or ""):
        found = _NEXT.search(parameters)
        if found and "next" in (found[1] or found[2]).lower().split():
            return str(target)
    return None
