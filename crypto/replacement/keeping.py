"""The sealed secret of a job: what opens its undo file and its package, under a data key of the department."""

import json
import secrets
import uuid
from typing import Any

from sqlalchemy.orm import Session

from crypto.columns.service import Failure
from crypto.errors import VALUE_UNREADABLE
from crypto.keys.keyring import keyring_of
from crypto.replacement.models import SECRET_TABLE, CryptoReplacementSecret
from crypto.scopes import queries as scope_queries
from crypto.scopes import service as scopes
from crypto.scopes.rules import Scope
from kernel.identity.actor import system_actor


def make(session: Session, replacement_id: uuid.UUID, department_id: uuid.UUID, **more: str) -> None:
    """Keep a new undo key, and what else the job needs; the department's first job makes the scope."""
    scope = Scope(department_id, SECRET_TABLE, "secret_env")
    if scope_queries.named(session, scope) is None:
        scopes.declare(
            session, system_actor("crypto.replacement"), table=SECRET_TABLE, department_ids=[department_id],
            padded=True,
        )
    content = json.dumps({"undo": secrets.token_hex(16), **more})
    sealed = keyring_of(session).encrypt(session, scope, [(_number(replacement_id), content)])[0]
    session.add(CryptoReplacementSecret(id=_number(replacement_id), dept_id=department_id, secret_env=sealed))
    session.flush()


def read(session: Session, replacement_id: uuid.UUID, department_id: uuid.UUID) -> dict[str, Any]:
    """Return what is kept; raise ``crypto.sealed``, ``crypto.value.unreadable``."""
    row = session.get(CryptoReplacementSecret, _number(replacement_id), populate_existing=True)
    opened = None if row is None else keyring_of(session).decrypt(
        Scope(department_id, SECRET_TABLE, "secret_env"), [(row.id, row.secret_env)], session=session,
    )[0]
    if opened is None or isinstance(opened, Failure):
        raise VALUE_UNREADABLE(count=1)
    found: dict[str, Any] = json.loads(opened)
    return found


def forget(session: Session, replacement_id: uuid.UUID) -> None:
    """Drop what is kept: the undo file of the job opens no more."""
    row = session.get(CryptoReplacementSecret, _number(replacement_id))
    if row is not None:
        session.delete(row)
        session.flush()


def _number(replacement_id: uuid.UUID) -> int:
    """Encrypted tables have bigint keys: the 63 leading bits of the time-ordered id."""
    return replacement_id.int >> 65
