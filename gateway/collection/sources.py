"""A task's source, opened: which adapter, with which secrets."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy.orm import Session

from crypto.replacement import queries as target_queries
from crypto.replacement import targets
from gateway.collection import paging, queries
from gateway.collection.errors import FILE_NEEDED, SOURCE
from gateway.collection.models import CollectionRun, CollectionTask, CollectionUpstream
from gateway.collection.port import Source
from gateway.collection.values import CONVERT
from kernel.errors import MulianError
from kernel.files import service as files
from kernel.identity.actor import system_actor
from kernel.outbound import guard
from kernel.outbound.rules import Allowed, origin_of
from kernel.runtime import Runtime, runtime_of

KINDS = ("http", "database", "file")
FILES = "collection_task"  # whose attachments uploaded files are
_TIMEOUT = 60.0
_PURPOSE = "collection.upstream"


def opened(session: Session, task: CollectionTask, run: CollectionRun | None) -> Source:
    """Open a task's source for a run, or for a preview from the start (None). Adapters are imported when met."""
    since = None if run is None or run.mode != "cursor" else task.cursor
    if task.kind == "file":
        from gateway.collection.adapters.file import FileSource

        if run is None or run.file_id is None:
            raise FILE_NEEDED()
        row, data = files.open_file(session, system_actor("collection"), file_id=run.file_id)
        return FileSource(data, row.name, task.source)
    if task.kind == "database":
        from gateway.collection.adapters.database import DatabaseSource

        target = target_queries.target(session, uuid.UUID(task.source["target_id"]))
        return DatabaseSource(target.product, targets.place_of(runtime_of(session), target), task.source, since=since)
    upstream = queries.upstream(session, uuid.UUID(task.source["upstream_id"]))
    return http(runtime_of(session), upstream, task.source, since=since)


def http(runtime: Runtime, upstream: CollectionUpstream, source: Mapping[str, Any], *, since: Any = None) -> Source:
    """Open an HTTP source of an upstream."""
    from gateway.collection.adapters import login, signed
    from gateway.collection.adapters.http import HttpSource, basic

    allowed, secret = guard.allowed_by(runtime.settings), open_secret(runtime, upstream)
    client = guard.client(allowed, timeout=_TIMEOUT)
    kind, how = upstream.login.get("kind", "none"), upstream.login
    headers = basic(secret) if kind == "basic" else {}
    if kind == "header":
        headers[str(how.get("header") or "authorization")] = secret.get("token", "")

    def fetch() -> tuple[str, float]:
        if kind == "signature" and not how.get("path"):
            return secret.get("token", ""), signed.FIXED_SECONDS
        own_headers = signed.presenting(how, renewing=True)(secret.get("token", "")) if kind == "signature" else {}
        with guard.client(allowed, timeout=_TIMEOUT) as own:
            url = upstream.base_url.rstrip("/") + "/" + str(how["path"]).lstrip("/")
            return login.fetch(own, url, how, secret, own_headers)

    keeper = login.keeper(upstream.id, upstream.version, fetch) if kind in ("token", "signature") else None
    present = signed.presenting(how) if kind == "signature" else _bearing(how)
    return HttpSource(client, upstream.base_url, source, headers=headers, keeper=keeper, present=present, since=since)


def _bearing(how: Mapping[str, Any]) -> Callable[[str], dict[str, str]]:
    header, prefix = str(how.get("header") or "authorization"), str(how.get("prefix", "Bearer "))
    return lambda token: {header: prefix + token}


def seal_secret(runtime: Runtime, upstream_id: uuid.UUID, secret: Mapping[str, str]) -> bytes:
    """Return an upstream's secrets as they are stored."""
    return runtime.box.seal(f"{_PURPOSE}:{upstream_id}", orjson.dumps(dict(secret)))


def open_secret(runtime: Runtime, upstream: CollectionUpstream) -> dict[str, str]:
    """Return an upstream's secrets."""
    found: dict[str, str] = orjson.loads(runtime.box.open(f"{_PURPOSE}:{upstream.id}", upstream.secret))
    return found


def check(session: Session, department_id: uuid.UUID, kind: str, source: Mapping[str, Any], mode: str) -> None:
    """Raise ``gateway.collection.source`` for settings that cannot work; what they name is the department's own."""
    if kind == "file":
        if mode != "full":
            raise SOURCE(field="mode")
        return
    named = "upstream_id" if kind == "http" else "target_id"
    try:
        owner = (queries.upstream if kind == "http" else target_queries.target)(session, uuid.UUID(source[named]))
    except (KeyError, ValueError, MulianError) as error:
        raise SOURCE(field=named) from error
    if owner.department_id != department_id:
        raise SOURCE(field=named)
    wrong = _http_fault(source, mode) if kind == "http" else _database_fault(source, mode)
    if wrong:
        raise SOURCE(field=wrong)


def _http_fault(source: Mapping[str, Any], mode: str) -> str:
    if source.get("form", "json") not in ("json", "xml") or source.get("method", "GET") not in ("GET", "POST"):
        return "form, method"
    if (source.get("paging") or {}).get("style", "none") not in paging.STYLES:
        return "paging.style"
    cursor = source.get("cursor")
    if (mode == "cursor") != bool(cursor) or (cursor and cursor.get("type", "text") not in CONVERT):
        return "cursor"
    path = str(source.get("path", ""))
    return "path" if "#" in path or "?" in path or "://" in path or ".." in path.split("/") else ""


def _database_fault(source: Mapping[str, Any], mode: str) -> str:
    for name in ("table", "key"):
        if not source.get(name):
            return name
    return "cursor" if (mode == "cursor") != bool(source.get("cursor")) else ""


def check_address(url: str) -> None:
    """Raise ``gateway.collection.source`` for what is no plain http(s) address."""
    try:
        origin_of(url, Allowed())
    except ValueError as error:
        raise SOURCE(field=f"base_url: {error}") from error
    if "?" in url or "#" in url:
        raise SOURCE(field="base_url")
