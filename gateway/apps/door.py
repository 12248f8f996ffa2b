"""Applications at the platform's own doors (``crypto.lookups.port``, ``chain.apps.port``): the gateway's signatures.

The nonce is not remembered here: look-ups keep it in their transaction, evidence sent again is the same evidence.
Signatures are bound to the path, so one made for the gateway opens nothing here and the other way round.
"""

import secrets
import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.apps.port import Issued, Version
from crypto.lookups.port import Caller, Listed, SignedCall
from gateway import errors
from gateway.apps import queries, service
from gateway.apps.models import App, Credential
from gateway.signing import rules as signing
from gateway.snapshot.follow import PURPOSE
from gateway.snapshot.places import PRODUCTION
from kernel import clock
from kernel.identity.actor import Actor
from kernel.runtime import runtime_of


class SignedApps:
    """Fills both ports."""

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
                App.app_key == key.decode("latin-1"), App.state == "active", App.environment == PRODUCTION,
                # a public key or an older platform's secret is no secret of this signature
                Credential.state == "active", Credential.profile == signing.PROFILE,
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

    def register(
        self, session: Session, actor: Actor, *, name: str, department_id: uuid.UUID, system_name: str
    ) -> Issued:
        """Register an application for another feature and issue its first secret."""
        return _issued(service.create(
            session, actor, name=name, department_id=department_id, system_name=system_name
        ))

    def issue(self, session: Session, actor: Actor, *, credential_id: uuid.UUID) -> Issued:
        """Issue the next version of its secret."""
        return _issued(service.issue(session, actor, app_id=credential_id))

    def revoke(self, session: Session, actor: Actor, *, credential_id: uuid.UUID, key_version: int) -> None:
        """Revoke a version of its secret."""
        service.revoke(session, actor, app_id=credential_id, key_version=key_version)

    def versions(self, session: Session, credential_id: uuid.UUID) -> list[Version]:
        """Return the versions of its secret, oldest first."""
        app_key = session.get_one(App, credential_id).app_key
        return [
            Version(app_key, one.key_version, one.state, one.created_at, one.revoked_at)
            for one in queries.secrets_of(session, credential_id)
        ]

    def sign(
        self, session: Session, credential_id: uuid.UUID, *, method: str, target: str, body: bytes
    ) -> dict[str, str]:
        """Return the headers of a request to the application, signed with its newest active secret."""
        app = session.get_one(App, credential_id)
        live = [one for one in queries.secrets_of(session, credential_id) if one.state == "active"]
        if app.state != "active" or not live:
            raise errors.KEY_UNKNOWN()
        path, _, query = target.partition("?")
        stamp, nonce, version = str(int(clock.now().timestamp())), secrets.token_hex(16), str(live[-1].key_version)
        text = signing.string_to_sign(
            method.encode(), path.encode(), query.encode(), body, stamp.encode(), nonce.encode(),
            app.app_key.encode(), version.encode(),
        )
        secret = runtime_of(session).box.open(PURPOSE, live[-1].sealed)
        return {
            "X-Mulian-Key": app.app_key, "X-Mulian-Key-Version": version, "X-Mulian-Timestamp": stamp,
            "X-Mulian-Nonce": nonce, "X-Mulian-Signature": signing.sign(secret, text).decode(),
        }


def _issued(made: service.Issued) -> Issued:
    return Issued(made.app.id, made.app.app_key, made.key_version, made.secret)
