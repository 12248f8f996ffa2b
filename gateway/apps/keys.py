"""Keys that an application brings along: its SM2 public key, or what an older platform once gave it."""

import re
import uuid

from sqlalchemy.orm import Session

from crypto.sm import key_files
from gateway.apps import queries
from gateway.apps.errors import KEY_REFUSED, REQUESTER_TAKEN
from gateway.apps.models import App, Requester
from gateway.apps.service import add, own
from gateway.permissions import APP_MANAGE
from gateway.signing.rules import SM2_PROFILE
from kernel.errors import MulianError
from kernel.identity.actor import Actor

_SECRET = re.compile(r"[\x21-\x7e]{8,200}")


def add_public(session: Session, actor: Actor, *, app_id: uuid.UUID, public_key: str) -> App:
    """Keep an SM2 public key (PEM, or hex of the point); the application signs by its private key from then on.

    :raises: ``gateway.app.key_refused``, ``gateway.app.credentials``.
    """
    app = own(session, actor, app_id, APP_MANAGE)
    add(session, actor, app, profile=SM2_PROFILE, key=_point(public_key.strip()), detail={})
    return app


def import_key(
    session: Session, actor: Actor, *, app_id: uuid.UUID, profile: str, requester: str, secret: str,
) -> App:
    """Take over what an older platform gave: the application's calls go on unchanged where an interface consents.

    ``profile``: one of ``gateway.signing.profiles``; ``requester``: its identifier there. Two secrets may be live.
    :raises: ``gateway.app.key_refused``, ``gateway.app.requester_taken``, ``gateway.app.credentials``.
    """
    app = own(session, actor, app_id, APP_MANAGE)
    if not _SECRET.fullmatch(secret):
        raise KEY_REFUSED(reason="长度或字符不符")
    _claim(session, app, profile, requester)
    add(session, actor, app, profile=profile, key=secret.encode(), detail={"requester": requester})
    return app


def _claim(session: Session, app: App, profile: str, name: str) -> None:
    """A name moves to another application only after the first one has no live key under it."""
    taken = session.get(Requester, (app.environment, profile, name))
    if taken is not None and taken.app_id == app.id:
        return
    if taken is not None and any(
        one.state == "active" and one.profile == profile for one in queries.credentials(session, taken.app_id)
    ):
        raise REQUESTER_TAKEN(name=name)
    mine = queries.requester(session, app.id, profile)
    for row in (mine, taken):
        if row is not None:
            session.delete(row)
    session.flush()
    session.add(Requester(environment=app.environment, profile=profile, name=name, app_id=app.id))
    session.flush()


def _point(text: str) -> bytes:
    try:
        if text.startswith("-----"):
            return key_files.load_public(text.encode())
        return key_files.load_public(key_files.public_to_pem(bytes.fromhex(text)).encode())
    except (MulianError, ValueError) as error:
        raise KEY_REFUSED(reason="不是 SM2 曲线上的公钥") from error
