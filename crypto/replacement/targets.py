"""Use cases on departments' databases: list one, take one off the list, open a connection to it."""

import uuid
from pathlib import Path

from sqlalchemy.orm import Session

from crypto.replacement import queries
from crypto.replacement.adapters.connecting import Place, Tls
from crypto.replacement.errors import DIALECT_REFUSED, TARGET_IN_USE, TARGET_UNREACHABLE, TLS_UNSERVED
from crypto.replacement.models import CryptoTarget
from crypto.replacement.port import Source
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic
from kernel.identity.actor import Actor, require
from kernel.outbound import guard
from kernel.runtime import Runtime, runtime_of

READ, MANAGE = "crypto.replacement.read", "crypto.replacement.manage"
PRODUCTS = {"mysql": "MySQL / MariaDB", "postgresql": "PostgreSQL / KingbaseES / openGauss"}
_PURPOSE = "crypto.target"


def products(runtime: Runtime) -> dict[str, str]:
    """Return the kinds of databases that may be named: our adapters, and the dialects of the settings."""
    named = [part.strip() for part in runtime.settings.replacement_dialects.split(",") if part.strip()]
    return PRODUCTS | {name: f"SQLAlchemy {name}" for name in named}


def register(
    session: Session, actor: Actor, *, department_id: uuid.UUID, name: str, product: str, host: str, port: int,
    database: str, username: str, password: str, tls: Tls = "verify", authority: str = "",
) -> CryptoTarget:
    """List a department's database; its password is sealed and never shown again.

    Raises 403, 404, ``crypto.target.dialect``, ``crypto.target.tls``. No connection is made yet.
    """
    require(actor, MANAGE, department_id=department_id)
    runtime = runtime_of(session)
    if product not in products(runtime):
        raise DIALECT_REFUSED(dialect=product)
    _secured(product, tls, authority)
    target_id = ids.new()
    audit_id = record(
        session, actor, action="crypto.target.register", object_type="crypto_target", object_id=str(target_id),
        detail={"name": name, "product": product, "host": host, "port": port, "database": database,
                "username": username, "tls": tls}, department_id=department_id,
    )
    row = CryptoTarget(
        id=target_id, department_id=department_id, name=name, product=product, host=host, port=port,
        database=database, username=username, tls=tls, authority=authority,
        secret=runtime.box.seal(_purpose(target_id), password.encode()), created_by=actor.name,
        created_at=clock.now(), removed_at=None, audit_id=audit_id,
    )
    session.add(row)
    session.flush([row])
    return row


def remove(session: Session, actor: Actor, *, target_id: uuid.UUID) -> None:
    """Take a database off the list and forget its password; raise ``crypto.target.in_use`` while a job needs it."""
    row = queries.target(session, target_id)
    require(actor, MANAGE, department_id=row.department_id)
    if queries.open_on(session, row.id):
        raise TARGET_IN_USE()
    row.removed_at, row.secret = clock.now(), b""
    row.audit_id = record(
        session, actor, action="crypto.target.remove", object_type="crypto_target", object_id=str(row.id),
        detail={"name": row.name}, department_id=row.department_id,
    )
    session.flush([row])


def columns(session: Session, actor: Actor, *, target_id: uuid.UUID) -> list[tuple[str, str, str]]:
    """Return (table, column, type) of a database; raise 403, 404, ``crypto.target.unreachable``."""
    row = queries.target(session, target_id)
    require(actor, MANAGE, department_id=row.department_id)
    return columns_of(session, row)


def columns_of(session: Session, row: CryptoTarget) -> list[tuple[str, str, str]]:
    """Return the same of a database to which the caller has checked the right."""
    source = connect(runtime_of(session), row)
    try:
        return source.columns()
    finally:
        source.close()


def connect(runtime: Runtime, row: CryptoTarget) -> Source:
    """Open a connection through the outbound guard.

    Raises ``kernel.outbound.*``, ``crypto.target.dialect``, ``crypto.target.tls``, ``crypto.target.unreachable``
    (without what the server said about the account: drivers quote it).
    """
    place = place_of(runtime, row)
    try:
        return _open(row.product, place)
    except MulianError:
        raise
    except Exception as error:
        raise TARGET_UNREACHABLE(name=row.name, reason=type(error).__name__) from None


def place_of(runtime: Runtime, row: CryptoTarget) -> Place:
    """Return where a listed database is and how it is entered.

    Raises ``crypto.target.dialect``, ``crypto.target.tls``.
    """
    if row.product not in products(runtime):
        raise DIALECT_REFUSED(dialect=row.product)
    _secured(row.product, row.tls, row.authority)
    return Place(
        row.host, row.port, row.database, row.username, runtime.box.open(_purpose(row.id), row.secret).decode(),
        guard.allowed_by(runtime.settings), "verify" if row.tls == "verify" else _weaker(row.tls),
        _authority(runtime, row),
    )


def _open(product: str, place: Place) -> Source:
    """Drivers are heavy: imported when a database is met."""
    if product == "mysql":
        from crypto.replacement.adapters.mysql import MySQL

        return MySQL(place)
    if product == "postgresql":
        from crypto.replacement.adapters.postgresql import PostgreSQL

        return PostgreSQL(place)
    from crypto.replacement.adapters.generic import Generic

    return Generic(product, place)


def _secured(product: str, tls: str, authority: str) -> None:
    """Refuse what would not be done: a dialect's driver is not told about TLS, libpq has no authorities of its own."""
    if product not in PRODUCTS and tls != "off":
        raise TLS_UNSERVED(reason=f"{product}, {tls}")
    if product == "postgresql" and tls == "verify" and not authority.strip():
        raise TLS_UNSERVED(reason="CA 证书为空 / no CA certificate")


def _weaker(tls: str) -> Tls:
    return "require" if tls == "require" else "off"


def _authority(runtime: Runtime, row: CryptoTarget) -> Path | None:
    """libpq takes certificates of authorities from a file only."""
    if not row.authority:
        return None
    path = runtime.home.run_dir / f"target-{row.id.hex}.pem"
    write_atomic(path, row.authority.encode(), 0o600)
    return path


def _purpose(target_id: uuid.UUID) -> str:
    return f"{_PURPOSE}:{target_id}"
