"""Use cases on identified fields: declare one for a department, with the keys of its identifiers."""

import uuid

from sqlalchemy.orm import Session

from crypto.errors import IDENTIFIER_FIELD_EXISTS, IDENTIFIER_FIELD_INVALID, IDENTIFIER_FULL
from crypto.identifiers import queries
from crypto.identifiers.models import COLUMN, TABLE, IdentifierField
from crypto.identifiers.rules import Kind
from crypto.keys.service import create_key
from crypto.masking import rules as masking
from crypto.scopes import queries as scope_queries
from crypto.scopes import service as scopes
from crypto.scopes.rules import FORMAT, TOKEN, Scope
from kernel import clock
from kernel.audit.service import record
from kernel.identity.actor import Actor, require

READ, MANAGE, ISSUE = "crypto.identifier.read", "crypto.identifier.manage", "crypto.identifier.issue"
_MASKS = {Kind.ID_NUMBER: "id_number", Kind.PHONE: "phone", Kind.TEXT: "all"}
_MAX = 0xFFFF


def scope_of(department_id: uuid.UUID) -> Scope:
    """Return the encryption scope of a department's identified values."""
    return Scope(department_id, TABLE, COLUMN)


def declare(
    session: Session, actor: Actor, *, department_id: uuid.UUID, name: str, kind: Kind, mask: str | None = None,
) -> IdentifierField:
    """Declare an identified field; the department's first one makes the scope and keys of its identifiers.

    ``mask``: how a masked look-up shows its values (``crypto.masking``), by default after the kind. Raises 403, 404,
    ``crypto.identifier.field_exists``, ``crypto.identifier.field_invalid``, ``crypto.sealed``.
    """
    require(actor, MANAGE, department_id=department_id)
    clean = " ".join(name.split())
    if not clean or len(clean) > 60:
        raise IDENTIFIER_FIELD_INVALID(reason="名称为 1 到 60 字", reason_en="a name has 1 to 60 characters")
    shown = mask or _MASKS[kind]
    if shown not in masking.kinds():
        raise IDENTIFIER_FIELD_INVALID(reason=f"没有脱敏方式 {shown}", reason_en=f"there is no mask {shown}")
    if queries.named(session, department_id, clean) is not None:
        raise IDENTIFIER_FIELD_EXISTS(name=clean)
    number = queries.next_number(session)
    department_number = queries.department_number(session, department_id)
    if max(number, department_number) > _MAX:
        raise IDENTIFIER_FULL()
    _ready(session, actor, department_id)
    audit_id = record(
        session, actor, action="crypto.identifier.declare", object_type="identifier_field", object_id=str(number),
        detail={"name": clean, "kind": kind, "mask": shown}, department_id=department_id,
    )
    row = IdentifierField(
        number=number, department_id=department_id, department_number=department_number, name=clean, kind=kind,
        mask=shown, issued=0, created_at=clock.now(), audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def _ready(session: Session, actor: Actor, department_id: uuid.UUID) -> None:
    """Make the department's scope with its keys where it has none yet."""
    if scope_queries.named(session, scope_of(department_id)) is not None:
        return
    for scope in scopes.declare(session, actor, table=TABLE, department_ids=[department_id]):
        for purpose in (TOKEN, FORMAT):
            create_key(session, actor, scope, purpose)
