"""The list of accounts that may send: the new account comes on before the old one goes off.

Three places keep such a list: the registered accounts that are set on managed nodes, the platform's own node, and a
NodeRegistry on the chain (that one is a right like others, :mod:`chain.accounts.rights`).
"""

from sqlalchemy.orm import Session

from chain.ledger.engines.detect import engine_of
from chain.ledger.engines.port import Engine
from chain.ledger.errors import LEDGER_REFUSED
from chain.ledger.port import Ledger
from chain.nodes import lists
from chain.nodes import queries as nodes
from chain.nodes import service as registered
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

_ACTOR = system_actor("chain.accounts")


def admit(runtime: Runtime, ledger: Ledger, old: str, new: str) -> None:
    """Let the new account send wherever the old one is listed; safe to repeat."""
    runtime.database.run(lambda session: _register(session, old, new))
    engine = engine_of(ledger)
    listed = _listed(engine)
    if listed is not None and old in listed and new not in listed:
        engine.change_accounts([new], [])
    _set_on_nodes(runtime)


def dismiss(runtime: Runtime, ledger: Ledger, address: str) -> None:
    """Take an account off every list; safe to repeat."""
    runtime.database.run(lambda session: _strike(session, address))
    engine = engine_of(ledger)
    listed = _listed(engine)
    if listed is not None and address in listed:
        engine.change_accounts([], [address])
    _set_on_nodes(runtime)


def _register(session: Session, old: str, new: str) -> None:
    row = nodes.account(session, old)
    if row is not None and nodes.account(session, new) is None:
        registered.list_account(session, _ACTOR, address=new, note=row.note, department_id=row.department_id)


def _strike(session: Session, address: str) -> None:
    row = nodes.account(session, address)
    if row is not None:
        registered.strike_account(session, _ACTOR, account_id=row.id)


def _listed(engine: Engine) -> frozenset[str] | None:
    """Return the node's own list, None where it has none that is kept over RPC."""
    if not engine.capabilities.account_api:
        return None
    try:
        return engine.account_list()
    except MulianError as error:
        if error.code != LEDGER_REFUSED.code:
            raise
        return None


def _set_on_nodes(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        if not nodes.accounts(session):
            return
    lists.reconcile(runtime)
