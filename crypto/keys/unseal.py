"""Opening and closing the root of this machine's processes, on the record."""

import os
import uuid
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from crypto.errors import SHARE_TWICE
from crypto.keys import doors
from crypto.keys.doors import Answer
from crypto.keys.vault import vault_of
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.identity.actor import Actor, require
from kernel.runtime import Runtime, runtime_of

MANAGE = "crypto.key.manage"


@dataclass(frozen=True)
class Attempt:
    """What came of a secret: where each process stands, or why it was refused before any other process saw it."""

    action: str
    found: tuple[Answer, ...]
    refused: MulianError | None = None


def give(runtime: Runtime, actor: Actor, secret: str) -> Attempt:
    """Give a passphrase, PIN or share to this process and to the others of this home.

    An effect outside the database: a caller whose unit of work is run again gives it once, and records what came of
    it with :func:`note` either way. One person gives one share.
    """
    require(actor, MANAGE)
    vault = vault_of(runtime)
    try:
        shared = vault.unseal(secret, actor.user_id)
    except MulianError as refused:
        return Attempt("crypto.root.refused", (replace(doors.here(vault, "api"), error=refused.code),), refused)
    others = doors.ask(runtime, "unseal", secret, but=os.getpid())
    # a process that had this share before, from an attempt that was cut short, lacks nothing
    others = [replace(one, error="") if one.error == SHARE_TWICE.code else one for one in others]
    return Attempt("crypto.root.share" if shared else "crypto.root.unseal", (doors.here(vault, "api"), *others))


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


def note(session: Session, actor: Actor, action: str, found: "list[Answer] | tuple[Answer, ...]" = ()) -> uuid.UUID:
    """Put on the record who opened or closed what; never what was given."""
    detail = {"processes": [{"process": one.process, "open": one.open, "given": list(one.given),
                             "next_given": list(one.next_given), "error": one.error} for one in found]}
    provider = runtime_of(session).settings.root_provider
    return record(session, actor, action=action, object_type="crypto_root", object_id=provider, detail=detail)
