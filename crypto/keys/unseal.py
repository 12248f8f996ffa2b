"""Opening and closing the root of this process, on the record."""

from sqlalchemy.orm import Session

from crypto.keys.vault import vault_of
from kernel.audit.service import record
from kernel.identity.actor import Actor, require
from kernel.runtime import runtime_of

MANAGE = "crypto.key.manage"


def unseal(session: Session, actor: Actor, passphrase: str) -> bool:
    """Open the root with its passphrase and return whether it is sealed; raise ``crypto.root.passphrase``."""
    require(actor, MANAGE)
    provider = vault_of(runtime_of(session)).provider
    provider.unseal(passphrase)
    record(session, actor, action="crypto.root.unseal", object_type="crypto_root", object_id=provider.label, detail={})
    return not provider.is_open()


def seal(session: Session, actor: Actor) -> bool:
    """Forget every data key of this process and return whether it is sealed."""
    require(actor, MANAGE)
    vault = vault_of(runtime_of(session))
    label = vault.provider.label
    record(session, actor, action="crypto.root.seal", object_type="crypto_root", object_id=label, detail={})
    vault.seal()
    return not vault.provider.is_open()
