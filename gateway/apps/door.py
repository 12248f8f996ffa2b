"""Applications at the door of look-ups (``crypto.lookups.port``): the gateway's signatures, checked in the platform.

The nonce is not remembered here: the door keeps it with the look-up, in one transaction. Signatures are bound to the
path, so one made for the gateway opens nothing here and the other way round.
"""

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from crypto.lookups.port import Caller, Listed, SignedCall
from gateway import errors
from gateway.apps import queries
from gateway.apps.models import App, Credential
from gateway.signing import rules as signing
from gateway.snapshot.follow import PURPOSE
from kernel import clock
from kernel.runtime import runtime_of


class SignedApps:
    """Fills the port."""

    def verify(self, session: Session, call: SignedCall) -> Caller:
        """Return the caller of a signed request; raise ``gateway.call.signature_fields`` and its neighbours (401)."""
        key, version, timestamp, nonce, signature = (call.headers.get(name, b"") for name in (
            signing.HEADER_KEY, signing.HEADER_VERSION, signing.HEADER_TIMESTAMP, signing.HEADER_NONCE,
            signing.HEADER_SIGNATURE,
        ))
        fault = signing.shape_fault(timestamp, nonce, signature)
        if fault:
            raise errors.SIGNATURE_FIELDS(field=fault)
        if signing.timestamp_fault(int(timestamp), clock.now().timestamp()):
            raise errors.TIMESTAMP()
        found = session.execute(
            select(App, Credential).join(Credential, Credential.app_id == App.id).where(
                App.app_key == key.decode("latin-1"), App.state == "active", Credential.state == "active",
                Credential.key_version == (int(version) if version.isdigit() and len(version) < 6 else 0),
            )
        ).one_or_none()
        if found is None:
            raise errors.KEY_UNKNOWN()
        app, credential = found
        secret = runtime_of(session).box.open(PURPOSE, credential.sealed)
        text = signing.string_to_sign(call.method, call.path, call.query, call.body, timestamp, nonce, key, version)
        if not signing.matches(secret, text, signature):
            raise errors.SIGNATURE()
        return Caller(app.id, app.name, nonce)

    def names(self, session: Session, app_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        """Return the names of applications by id, of those that exist."""
        return dict(session.execute(select(App.id, App.name).where(App.id.in_(app_ids))).tuples().all())

    def find(self, session: Session, words: str, limit: int) -> list[Listed]:
        """Return applications in use whose name, system, department, AppKey or id has the words, by name."""
        rows = session.scalars(queries.in_use(words).limit(limit))
        return [Listed(row.id, row.name, row.department_id, row.system_name) for row in rows]
