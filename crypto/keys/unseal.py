"""Opening and closing the root of this machine's processes, on the record."""

import os
import uuid

from sqlalchemy.orm import Session

from crypto.errors import SHARE_PERSON
from crypto.keys import doors
from crypto.keys.doors import Answer
from crypto.keys.vault import vault_of
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

MANAGE = "crypto.key.manage"
SHARES = "shares"


def unseal(session: Session, actor: Actor, secret: str) -> list[Answer]:
    """Give a passphrase, PIN or share to this process and to the others of this home; return where each stands.

    One person gives one share. Raises ``crypto.root.passphrase``, ``crypto.share.*``.
    """
    require(actor, MANAGE)
    vault = vault_of(runtime_of(session))
    provider = vault.provider
    shared = provider.state().method == SHARES
    if not provider.is_open():
        if shared and actor.user_id in vault.givers:
            raise SHARE_PERSON()
        provider.unseal(secret)
        if actor.user_id is not None:
            vault.givers.add(actor.user_id)
    if provider.is_open():
        vault.givers.clear()
    found = [doors.here(vault, "api"), *doors.ask(runtime_of(session), "unseal", secret, but=os.getpid())]
    action = "crypto.root.share" if shared else "crypto.root.unseal"
    note(session, actor, action, found)
    return found


def seal(session: Session, actor: Actor) -> list[Answer]:
    """Forget every data key in every process of this home; return where each stands."""
    require(actor, MANAGE)
    vault = vault_of(runtime_of(session))
    vault.seal()
    found = [doors.here(vault, "api"), *doors.ask(runtime_of(session), "seal", but=os.getpid())]
    note(session, actor, "crypto.root.seal", found)
    return found


def processes(session: Session) -> list[Answer]:
    """Return where each process of this home stands."""
    vault = vault_of(runtime_of(session))
    return [doors.here(vault, "api"), *doors.ask(runtime_of(session), "state", but=os.getpid())]


def note(session: Session, actor: Actor, action: str, found: list[Answer]) -> uuid.UUID:
    """Put on the record who opened or closed what; never what was given."""
    label = vault_of(runtime_of(session)).provider.label
    detail = {"processes": [{"process": one.process, "open": one.open, "given": list(one.given), "error": one.error}
                            for one in found]}
    return record(session, actor, action=action, object_type="crypto_root", object_id=label, detail=detail)
