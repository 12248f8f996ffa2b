"""Scanning an installation for clear values, and the inventory of algorithms, keys and places."""

import random
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from crypto.identifiers import queries as identifiers
from crypto.keys import queries as keys
from crypto.keys import views
from crypto.keys.keyring import keyring_of
from crypto.keys.rules import KeyState
from crypto.keys.vault import vault_of
from crypto.rotation.queries import ScopeRows
from crypto.scopes import queries as scopes
from crypto.scopes import registry
from crypto.scopes.rules import FORMAT, TOKEN
from crypto.selfcheck.rules import needles
from crypto.selfcheck.scanning import KINDS, Progress, Scan
from crypto.servicekeys import service as servicekeys
from crypto.sm import sm2
from kernel.runtime import Runtime, runtime_of

_HISTORY = {"key_id", "department", "table", "column", "purpose", "version", "state", "compromised_at", "replaced_at",
            "retired_at", "destroyed_at"}
_LONG_MASKS = {"id_number", "phone"}  # values long enough not to occur by chance


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
        rows, width = ScopeRows(table, name), 50 * per_scope
        page = rows.at(session, random.randrange(max(rows.count(session) - width, 0) + 1), width)
        chosen = random.sample(list(page), min(per_scope, len(page)))
        opened = keyring.decrypt(name, chosen, session=session)
        found += [value.decode() for value in opened if isinstance(value, bytes) and len(value) >= 6]
    return found


def scan(
    runtime: Runtime, values: Sequence[str], progress: Progress = lambda *_: None, extra: Sequence[Path] = (),
) -> dict[str, Any]:
    """Look for values in every file of the home and of ``extra``, and on PostgreSQL in every column.

    Returns what was looked at by kind of place, hits by place and offset (never the values), and what was unreadable.
    """
    scanned = Scan(needles(values))
    scanned.files(runtime.home.root, extra, progress)
    if runtime.database.dialect == "postgresql":
        scanned.columns(runtime.database)
    places = list(scanned.places.values())
    files = [place for place in places if place.kind != "columns"]
    return {
        "canaries": len(values), "files": sum(place.files for place in files),
        "bytes": sum(place.bytes for place in files),
        "column_pages": sum(place.files for place in places if place.kind == "columns"),
        "places": [{"kind": place.kind, "zh": KINDS[place.kind], "files": place.files, "bytes": place.bytes,
                    "hits": place.hits} for place in places],
        "unreadable": scanned.unreadable,
        "hits": [{"place": hit.place, "offset": hit.offset, "value": hit.mark,
            "encoding": hit.encoding} for hit in scanned.hits],
    }


def inventory(session: Session, department_id: uuid.UUID | None = None) -> dict[str, Any]:
    """Return what is encrypted with which algorithm, where keys come from, and what is overdue (S3-26, 密评).

    ``department_id`` None means every department.
    """
    runtime = runtime_of(session)
    vault = vault_of(runtime)
    listed = views.scopes(session, list(session.scalars(scopes.listing(department_id))))
    used = [
        {"use": "重要字段加密", "algorithm": "SM4-GCM (GB/T 32907, RFC 8998)", "implementation": "OpenSSL (cryptography)"},
        {"use": "密钥封装", "algorithm": "SM4-GCM", "implementation": "OpenSSL (cryptography)"},
        {"use": "盲索引", "algorithm": "SM4-CMAC", "implementation": "OpenSSL (cryptography)"},
        {"use": "摘要与完整性", "algorithm": "SM3, HMAC-SM3 (GB/T 32905)", "implementation": "hashlib (OpenSSL)"},
        {"use": "签名", "algorithm": "SM2 (GB/T 32918)", "implementation": sm2.engine()},
    ]
    active = list(session.execute(keys.listing(department_id, KeyState.ACTIVE)))
    return {
        "algorithms": used,
        "root": {"provider": vault.provider.label, "certified_product": vault.provider.certified,
                 "device": vault.provider.state().method == "pin", "profile": runtime.settings.profile,
                 "sealed": not vault.provider.is_open()},
        "service_keys": servicekeys.names(runtime.home),
        "active_data_keys": len(active),
        "overdue": [f"{item.department} {item.label}" for item in listed if item.overdue],
        "columns": [
            {"scope_id": item.id, "department": item.department, "table": item.table, "column": item.column,
             "label": item.label, "padded": item.padded, "blind_index": item.blind_index is not None,
             "algorithm": item.algorithm, "mode": item.mode, "key_source": vault.provider.label,
             "key_id": item.key_id, "since": item.key_since, "due": item.due_at, "overdue": item.overdue,
             "compromised_key_id": item.compromised_key_id}
            for item in listed
        ],
        "compromised": _compromised(session, department_id),
    }


def _compromised(session: Session, department_id: uuid.UUID | None) -> list[dict[str, Any]]:
    """Return the history of compromised keys, the newest first.

    ``identifiers``: how many values have identifiers of the key's epoch; None for keys that make none.
    """
    rows = [(row[0], row[1]) for row in session.execute(keys.compromised_ever(department_id))]
    found = []
    for key, (dek, scope) in zip(views.keys(session, rows), rows, strict=True):
        identifying = dek.purpose in (TOKEN, FORMAT)
        left = identifiers.of_epoch(session, scope.department_id, dek.version) if identifying else None
        found.append(key.model_dump(include=_HISTORY, mode="json") | {"identifiers": left})
    return found
