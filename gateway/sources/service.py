"""Declared tables and key-using policies, run in threads beside the event loop."""

import contextlib
import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from gateway import errors
from gateway.policy import rules as policy_rules
from gateway.policy.rules import DECRYPT, DECRYPT_MASK, KEEP, Policy, PolicyFailed
from gateway.snapshot.rules import Grant, Route
from gateway.sources.table_rules import ParameterFault, TableQuery, build, plain_value
from kernel.db import Database
from kernel.errors import ErrorKind, MulianError

THREADS = 2
_log = logging.getLogger("gateway.source")
_PROGRESS_STEPS = 2000


class StaleRead(Exception):
    """A rotation finished after these rows were read: read them again."""


class Decipher(Protocol):
    """Opens envelopes of one encrypted column and masks clear text (filled by gateway.sources.adapters.keyring)."""

    def open(
        self, table: str, column: str, department_id: uuid.UUID, keys: Sequence[int],
        envelopes: Sequence[bytes | str | None],
    ) -> list[str | None]:
        """Return clear text per row, of envelopes in either form.

        Raises ``crypto.sealed``, StaleRead, or PolicyFailed when a row does not open.
        """

    def mask(self, kind: str, text: str) -> str:
        """Return the masked form."""


class TableSources:
    """Runs queries with a deadline, in a read-only unit of work; implements the handler's ``Sources``."""

    def __init__(self, database: Database, decipher: Decipher) -> None:
        self._database = database
        self._decipher = decipher
        self._threads = ThreadPoolExecutor(THREADS, "gateway-source")

    def query(self, route: Route, grant: Grant, query: bytes) -> "Future[bytes]":
        """Answer a call to a declared table."""
        return self._threads.submit(self._query, route, grant.policy, query)

    def reduce(self, policy: Policy, body: bytes) -> "Future[bytes]":
        """Apply a policy that is large or needs keys."""
        return self._threads.submit(policy_rules.apply, policy, body, self.mask, _no_envelopes)

    def mask(self, kind: str, text: str) -> str:
        """Mask a clear value."""
        return self._decipher.mask(kind, text)

    def _query(self, route: Route, policy: Policy, query: bytes) -> bytes:
        ready = build(route.source, policy, query)
        try:
            return self._page(route, policy, ready)
        except StaleRead:  # the rows were older than a rotation that has just finished
            return self._page(route, policy, ready)

    def _page(self, route: Route, policy: Policy, ready: TableQuery) -> bytes:
        with self._database.read() as session, _deadline(session, self._database.dialect, route.timeout):
            rows = session.execute(ready.statement).all()
        more, rows = len(rows) > ready.size, rows[:ready.size]
        records = self._records(route.source, policy, ready, rows)
        return orjson.dumps({"items": records, "next": str(rows[-1][0]) if more else None})

    def _records(
        self, source: Mapping[str, Any], policy: Policy, ready: TableQuery, rows: Sequence[Any],
    ) -> list[dict[str, Any]]:
        keys = [row[0] for row in rows]
        rules = {rule.name: rule for rule in policy.rules}
        columns: list[list[Any]] = []
        for index, name in enumerate(ready.names):
            declared, rule = source["columns"][name], rules[name]
            values = [row[index + 1] for row in rows]
            if declared["type"] == "envelope":
                if rule.action not in (DECRYPT, DECRYPT_MASK):
                    raise PolicyFailed("envelope without a rule")
                department = uuid.UUID(source["department"]["id"])
                values = self._decipher.open(source["table"], declared["column"], department, keys, values)
                if rule.action == DECRYPT_MASK:
                    values = [None if value is None else self.mask(rule.mask, value) for value in values]
            else:
                values = [plain_value(declared["type"], value) for value in values]
                if rule.action != KEEP:
                    values = [None if value is None else self.mask(rule.mask, str(value)) for value in values]
            columns.append(values)
        return [dict(zip(ready.names, row, strict=True)) for row in zip(*columns, strict=True)] if columns else [
            {} for _ in rows
        ]

    def fault(self, error: BaseException) -> tuple[ErrorKind, str]:
        """Return the problem for a failed query; nothing of the error's text leaves. The text names a parameter."""
        if isinstance(error, ParameterFault):
            return errors.PARAMETER, error.name[:60]
        # PolicyFailed says why without data; of anything else only the type is safe to write down
        reason = error.reason if isinstance(error, PolicyFailed) else type(error).__name__
        _log.warning("a declared table could not answer: %s", reason)
        if isinstance(error, MulianError) and error.code == "crypto.sealed":
            return errors.SEALED, ""
        if isinstance(error, DBAPIError):
            slow = "interrupt" in str(error.orig) or "statement timeout" in str(error.orig)
            return (errors.TABLE_SLOW if slow else errors.UPSTREAM_DOWN), ""
        return errors.POLICY, ""

    def close(self) -> None:
        """Let running queries end."""
        self._threads.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _deadline(session: Session, dialect: str, seconds: float) -> Iterator[None]:
    """Bound the statements of a read unit in time."""
    if dialect == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        yield
        return
    raw: Any = session.connection().connection.driver_connection
    end = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() > end, _PROGRESS_STEPS)
    try:
        yield
    finally:
        raw.set_progress_handler(None, 0)


def _no_envelopes(column: str, key: object, envelope: str) -> str:
    raise PolicyFailed("envelopes of an upstream are not opened here")
