"""Accounts for output."""

from sqlalchemy.orm import Session

from chain.accounts import holders, queries, rights
from chain.accounts.holders import Account
from chain.accounts.rights import Place
from chain.accounts.schemas import AccountRightOut, LedgerAccountOut, right_out, rotation_out
from chain.contracts import accounts
from chain.contracts import queries as contracts
from chain.ledger.access import ledger_of
from kernel.runtime import Runtime


def listing(session: Session) -> list[LedgerAccountOut]:
    """Return every account with who may write by it and the exchange under way."""
    given: dict[str, list[str]] = {}
    for one in contracts.rights(session):
        given.setdefault(accounts.writer_of(one.environment, one.name), []).append(f"{one.role}: {one.method}")
    return [_account(session, one, given.get(one.purpose, [])) for one in holders.listing(session)]


def _account(session: Session, one: Account, roles: list[str]) -> LedgerAccountOut:
    row = queries.open_rotation(session, one.purpose)
    return LedgerAccountOut(
        purpose=one.purpose, address=one.address, since=one.since, roles=roles,
        rotation=None if row is None else rotation_out(row),
    )


def on_chain(runtime: Runtime, purpose: str) -> list[AccountRightOut]:
    """Return what an account may do by the chain; asked outside any unit of work. Raises ``chain.account.unknown``."""
    ledger = ledger_of(runtime)
    chain_id = ledger.chain_id()
    with runtime.database.read() as session:
        address = holders.address_of(session, purpose)
        places = [
            Place(one.name, one.environment, one.address, one.block_number or 0)
            for one in queries.places(session, chain_id)
        ]
    return [right_out(one) for one in rights.held_by(ledger, places, address)]
