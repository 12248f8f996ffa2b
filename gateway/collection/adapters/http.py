"""Rows of an HTTP upstream: log-in, pages, encodings. Every request goes through the outbound guard."""

import base64
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from gateway.collection import bodies, paging
from gateway.collection.adapters.login import Keeper, Token, limited
from gateway.collection.errors import READ_FAILED
from gateway.collection.port import Page
from gateway.collection.values import CONVERT, Bad

BODY_LIMIT = 32 * 1024 * 1024  # of one page, unpacked
_TRIES = 3
_LONGEST_PAUSE = 5.0
_RETRIED = frozenset({429, 502, 503, 504})


class HttpSource:
    """``source``: path, method, query, body, form (json or xml), encoding, rows_path, total_path, paging, cursor.

    ``cursor``: {"param", "field", "type"}: the field that grows, the parameter that asks for what is not older.
    ``keeper`` gives tokens where the upstream wants one; ``headers`` are sent with every request.
    """

    def __init__(
        self, client: httpx2.Client, base_url: str, source: Mapping[str, Any], *, headers: Mapping[str, str],
        keeper: Keeper | None = None, present: Callable[[str], dict[str, str]] | None = None, since: Any = None,
    ) -> None:
        self._client, self._source, self._headers = client, source, dict(headers)
        self._base = base_url
        self._url = base_url.rstrip("/") + "/" + str(source.get("path", "")).lstrip("/")
        self._keeper, self._present = keeper, present or (lambda token: {})
        self._paging: Mapping[str, Any] = source.get("paging") or {}
        self._cursor: Mapping[str, Any] = source.get("cursor") or {}
        self._since = since

    def pages(self, position: dict[str, Any] | None) -> Iterator[Page]:
        """Yield the upstream's pages from a position on; a run that goes on asks with the cursor it began with."""
        if position is not None and position.get("end"):
            return
        place = (position or {}).get("place") or paging.start(self._paging)
        newest = (position or {}).get("newest", self._since)
        while True:
            answer, found = self._asked(place)
            rows = _rows(found, str(self._source.get("rows_path", "")))
            newest = self._newest(rows, newest)
            total = _whole(bodies.at(found, self._source["total_path"])) if self._source.get("total_path") else None
            following = paging.following(
                self._paging, place, rows=len(rows), total=total, link=self._link(answer),
                cursor=bodies.at(found, paging.setting(self._paging, "cursor_path")),
            )
            yield Page(rows, {"place": following, "newest": newest, "end": following is None},
                       newest if self._cursor else None, total)
            if following is None:
                return
            place = following

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _asked(self, place: Mapping[str, Any]) -> tuple[httpx2.Response, Any]:
        token: Token | None = self._keeper.token() if self._keeper else None
        for attempt in range(_TRIES):
            try:
                answer, body = self._once(place, token)
            except httpx2.HTTPError as error:
                if attempt + 1 == _TRIES:
                    raise READ_FAILED(reason=type(error).__name__) from None
                _pause(attempt, None)
                continue
            except bodies.Unreadable as error:
                raise READ_FAILED(reason=str(error)) from None
            if answer.status_code == 401 and self._keeper and token and attempt == 0:
                token = self._keeper.token(token.number)
            elif answer.status_code not in _RETRIED or attempt + 1 == _TRIES:
                return answer, self._parsed(answer, body)
            else:
                _pause(attempt, answer.headers.get("retry-after"))
        raise READ_FAILED(reason=f"HTTP {answer.status_code}")

    def _once(self, place: Mapping[str, Any], token: Token | None) -> tuple[httpx2.Response, bytes]:
        query = dict(self._source.get("query") or {}) | paging.query(self._paging, place)
        if self._cursor and self._since is not None:
            query[str(self._cursor.get("param") or self._cursor["field"])] = str(self._since)
        headers = self._headers | (self._present(token.value) if token else {})
        body = self._source.get("body")
        sent: dict[str, Any] = {"params": query} if "link" not in place else {}
        if body:
            sent["content"] = str(body).encode()
            headers.setdefault("content-type", "application/xml" if self._form == "xml" else "application/json")
        url = place.get("link") or self._url
        with self._client.stream(str(self._source.get("method", "GET")), url, headers=headers, **sent) as answer:
            return answer, limited(answer, BODY_LIMIT) if answer.status_code < 300 else b""

    def _parsed(self, answer: httpx2.Response, body: bytes) -> Any:
        if answer.status_code >= 300:
            raise READ_FAILED(reason=f"HTTP {answer.status_code}")
        try:
            text = bodies.decoded(body, answer.headers.get("content-type", ""),
                                  str(self._source.get("encoding", "auto")))
            return bodies.parsed(text, self._form)
        except bodies.Unreadable as error:
            raise READ_FAILED(reason=str(error)) from None

    @property
    def _form(self) -> str:
        return str(self._source.get("form", "json"))

    def _link(self, answer: httpx2.Response) -> str | None:
        """Return the next page's address; one on another origin would carry our token there and is refused."""
        target = paging.next_link(answer.headers.get("link"))
        if target is None:
            return None
        url = urljoin(self._url, target)
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise READ_FAILED(reason="the next page is on another origin")
        return url

    def _newest(self, rows: list[Any], newest: Any) -> Any:
        if not self._cursor:
            return None
        convert = CONVERT[str(self._cursor.get("type", "text"))]
        best, ranked = newest, None if newest is None else convert(newest)
        for row in rows:
            given = bodies.at(row, str(self._cursor["field"]))
            found = convert(given)
            if found is not None and not isinstance(found, Bad) and (ranked is None or found > ranked):
                best, ranked = given, found
        return best


def _pause(attempt: int, asked: str | None) -> None:
    """Wait as long as the upstream asks for in seconds, at most five, else a little longer each time."""
    time.sleep(min(float(asked), _LONGEST_PAUSE) if asked and asked.isascii() and asked.isdigit() else 0.2 * 4**attempt)


def _rows(found: Any, path: str) -> list[Any]:
    rows = bodies.at(found, path)
    if rows is None or rows == "":
        return []
    return rows if isinstance(rows, list) else [rows]


def _whole(value: Any) -> int | None:
    found = CONVERT["integer"](value)
    return found if isinstance(found, int) and found >= 0 else None


def basic(secret: Mapping[str, str]) -> dict[str, str]:
    """Return the header of HTTP basic authentication."""
    pair = f"{secret.get('username', '')}:{secret.get('password', '')}".encode()
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}
