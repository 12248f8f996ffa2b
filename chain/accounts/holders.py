"""Where the platform's accounts are kept, and how the key of one is exchanged there.

Two kinds: ``deployer…`` and ``contract.<environment>.<name>`` sign by the journals of contracts, ``anchor.<stream>``
signs a stream's batches.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from chain.accounts import queries
from chain.accounts.errors import ACCOUNT_UNKNOWN, ROTATION_WAITS
from chain.anchoring import queries as anchoring
from chain.anchoring.models import AnchorStream
from chain.anchoring.streams import key_purpose
from chain.contracts import accounts
from chain.contracts import queries as contracts
from chain.contracts.models import ChainAccount
from chain.ledger.accounts import PURPOSE
from kernel import clock
from kernel.leases import holder
from kernel.leases import service as leases
from kernel.leases.rules import Held
from kernel.runtime import Runtime, runtime_of

STREAM = "anchor."
LEASE_SECONDS = 20.0


@dataclass(frozen=True)
class Account:
    """An account as pages show it."""

    purpose: str
    address: str
    since: datetime


def listing(session: Session) -> list[Account]:
    """Return every account of the platform; ``since`` is when it was made, a stream's when it was last used."""
    found = [Account(row.purpose, row.address, row.created_at) for row in queries.contract_accounts(session)]
    return found + [Account(STREAM + row.name, row.address, row.changed_at) for row in anchoring.streams(session)]


def address_of(session: Session, purpose: str) -> str:
    """Return an account's address; raise ``chain.account.unknown``."""
    return _row(session, purpose).address


def sealed_key(session: Session, purpose: str) -> bytes:
    """Return an account's key, sealed as keys of exchanges are."""
    row, box = _row(session, purpose), runtime_of(session).box
    if isinstance(row, ChainAccount):
        return row.key_sealed
    return box.seal(PURPOSE, box.open(key_purpose(row.name), row.key_sealed))


def hold(session: Session, purpose: str) -> None:
    """Let an account sign nothing any more; a stream is held by its lease."""
    row = _row(session, purpose)
    if isinstance(row, ChainAccount):
        row.held = True


@contextmanager
def kept_still(runtime: Runtime, purpose: str) -> Iterator[Held | None]:
    """Keep a stream from being written meanwhile, by its lease; raise ``chain.account.rotation_waits`` while it is."""
    if not purpose.startswith(STREAM):
        yield None
        return
    held = runtime.database.run(
        lambda session: leases.acquire(session, purpose, holder.mine(), LEASE_SECONDS)
    )
    if held is None:
        raise ROTATION_WAITS(purpose=purpose, reason="该存证流正在上链")
    try:
        yield held
    finally:
        runtime.database.run(lambda session: leases.release(session, held))


def check_quiet(session: Session, purpose: str, address: str) -> None:
    """Raise ``chain.account.rotation_waits`` while something signed by the account has not ended."""
    environment = _environment(purpose)
    if queries.unfinished(session, address) or (
        purpose.startswith(STREAM) and queries.batch_under_way(session, purpose.removeprefix(STREAM))
    ):
        raise ROTATION_WAITS(purpose=purpose, reason="有已签名而未办结的交易")
    if environment is not None and queries.deploying(session, environment):
        raise ROTATION_WAITS(purpose=purpose, reason="有部署正在执行")


def exchange(
    session: Session, purpose: str, address: str, sealed: bytes, nonce: int, held: Held | None
) -> None:
    """Put a new account in force; ``sealed`` as :func:`sealed_key`, ``nonce`` its next one, ``held`` the lease of
    :func:`kept_still`."""
    row, box = _row(session, purpose), runtime_of(session).box
    if isinstance(row, ChainAccount):
        row.address, row.key_sealed, row.held, row.created_at = address, sealed, False, clock.now()
    else:
        row.key_sealed = box.seal(key_purpose(row.name), box.open(PURPOSE, sealed))
        row.address, row.nonce, row.changed_at = address, nonce, clock.now()
    session.flush()
    if held is not None:
        leases.assert_fence(session, held)


def _row(session: Session, purpose: str) -> ChainAccount | AnchorStream:
    if purpose.startswith(STREAM):
        found: ChainAccount | AnchorStream | None = anchoring.stream(session, purpose.removeprefix(STREAM))
    else:
        found = contracts.account(session, purpose)
    if found is None:
        raise ACCOUNT_UNKNOWN(purpose=purpose)
    return found


def _environment(purpose: str) -> str | None:
    for environment in accounts.ENVIRONMENTS:
        if purpose == accounts.deployer_of(environment) or purpose.startswith(accounts.writer_of(environment, "")):
            return environment
    return None
