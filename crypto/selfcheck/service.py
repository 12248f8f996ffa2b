"""Scanning an installation for clear values, and the inventory of algorithms, keys and places."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.keys import queries as keys
from crypto.keys import views
from crypto.keys.keyring import keyring_of
from crypto.keys.rules import KeyState
from crypto.keys.vault import vault_of
from crypto.rotation.queries import ScopeRows
from crypto.scopes import queries as scopes
from crypto.scopes import registry
from crypto.selfcheck.rules import Hit, needles, search, search_bytes
from crypto.servicekeys import service as servicekeys
from crypto.sm import sm2
from kernel.db import Base, Database
from kernel.runtime import Runtime, runtime_of

_LONG_MASKS = {"id_number", "phone"}  # values long enough not to occur by chance
Progress = Callable[[int, int, str], None]


def samples(session: Session, per_scope: int) -> list[str]:
    """Return clear values of randomly chosen rows of each scope with long values: what must lie nowhere.

    Raises ``crypto.sealed``. The values stay in memory.
    """
    keyring, found = keyring_of(session), []
    for scope in session.scalars(scopes.listing(None)):
        table = registry.table_of(scope.table_name)
        if table.column(scope.column_name).mask not in _LONG_MASKS:
            continue
        name = scopes.name_of(scope)
        page = ScopeRows(table, name).page(session, None, 50 * per_scope)
        chosen = random.sample(page, min(per_scope, len(page)))
        opened = keyring.decrypt(name, chosen, session=session)
        found += [value.decode() for value in opened if isinstance(value, bytes) and len(value) >= 6]
    return found


def scan(runtime: Runtime, values: Sequence[str], progress: Progress = lambda *_: None) -> dict[str, Any]:
    """Look for values in every file of the home and, on PostgreSQL, in every text and binary column.

    Returns files and bytes looked at, and hits by place and offset, never the values themselves.
    """
    wanted = needles(values)
    files = sorted(path for path in runtime.home.root.rglob("*") if path.is_file() and not path.is_symlink())
    hits: list[Hit] = []
    size = 0
    for number, path in enumerate(files):
        place = str(path.relative_to(runtime.home.root))
        progress(number, len(files), place)
        try:
            size += path.stat().st_size
            with path.open("rb") as source:
                hits += search(place, source, wanted)
        except FileNotFoundError:
            continue  # a journal that was removed while we looked
    columns = 0
    if runtime.database.dialect == "postgresql":
        for place, value in _postgresql_values(runtime.database):
            columns += 1
            hits += search_bytes(place, value, wanted)
    return {
        "canaries": len(values), "files": len(files), "bytes": size, "column_pages": columns,
        "hits": [{"place": hit.place, "offset": hit.offset, "value": hit.mark,
            "encoding": hit.encoding} for hit in hits],
    }


def inventory(session: Session) -> dict[str, Any]:
    """Return what is encrypted with which algorithm, where keys come from, and what is overdue (S3-26, 密评)."""
    runtime = runtime_of(session)
    vault = vault_of(runtime)
    listed = views.scopes(session, list(session.scalars(scopes.listing(None))))
    used = [
        {"use": "重要字段加密", "algorithm": "SM4-GCM (GB/T 32907, RFC 8998)", "implementation": "OpenSSL (cryptography)"},
        {"use": "密钥封装", "algorithm": "SM4-GCM", "implementation": "OpenSSL (cryptography)"},
        {"use": "盲索引", "algorithm": "SM4-CMAC", "implementation": "OpenSSL (cryptography)"},
        {"use": "摘要与完整性", "algorithm": "SM3, HMAC-SM3 (GB/T 32905)", "implementation": "hashlib (OpenSSL)"},
        {"use": "签名", "algorithm": "SM2 (GB/T 32918)", "implementation": sm2.engine()},
    ]
    active = list(session.execute(keys.listing(None, KeyState.ACTIVE)))
    return {
        "algorithms": used,
        "root": {"provider": vault.provider.label, "certified_product": vault.provider.certified,
                 "profile": runtime.settings.profile, "sealed": not vault.provider.is_open()},
        "service_keys": servicekeys.names(runtime.home),
        "active_data_keys": len(active),
        "overdue": [f"{item.department} {item.label}" for item in listed if item.overdue],
        "columns": [
            {"department": item.department, "table": item.table, "column": item.column, "label": item.label,
             "algorithm": item.algorithm, "mode": item.mode, "key_source": vault.provider.label,
             "key_id": item.key_id, "since": item.key_since, "due": item.due_at, "overdue": item.overdue,
             "compromised_key_id": item.compromised_key_id}
            for item in listed
        ],
    }


def _postgresql_values(database: Database) -> Iterator[tuple[str, bytes]]:
    """Yield every text and binary column in pages of joined values: the server's files are not ours to read."""
    with database.read() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if getattr(column.type, "python_type", None) is int:
                    continue
                place = f"{table.name}.{column.name}"
                rows = session.execute(select(column).execution_options(yield_per=5_000)).partitions()
                for page in rows:
                    yield place, b"\0".join(_raw(row[0]) for row in page)


def _raw(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return b"" if value is None else str(value).encode()
