"""What the program deploys by itself: the contracts it cannot do without, created once, compared, then live."""

import threading

from sqlalchemy.orm import Session

from chain.contracts import accounts, queries, releases
from chain.contracts.errors import CODE_MISMATCH, CONTRACT_UNKNOWN
from chain.contracts.journal import ATTEMPTS, RECEIPT_SECONDS
from chain.contracts.models import ContractRelease
from chain.contracts.releases import Creation
from chain.contracts.rules import WANTED, Wanted, creation_hash
from chain.ledger import accounts as keys
from chain.ledger.abi import interface
from chain.ledger.access import ledger_of
from chain.ledger.accounts import Signer
from chain.ledger.errors import LEDGER_REFUSED
from chain.ledger.port import Ledger, Receipt
from contracts_sc import bytecode
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from kernel.runtime import Runtime

ENVIRONMENT = accounts.PRODUCTION
_admin_lock = threading.Lock()


def ensure_deployed(runtime: Runtime, *, environment: str = ENVIRONMENT) -> dict[str, str]:
    """Deploy what is missing of :data:`WANTED` and return {name: address}.

    Idempotent and safe to kill at any step: a second run resumes and makes no duplicate. Not to be called inside
    a unit of work. Raises ``chain.contract.code_mismatch`` when other code stands at a recorded address, and the
    ledger's errors.
    """
    ledger = ledger_of(runtime)
    chain_id = ledger.chain_id()
    return {wanted.name: _ensure(runtime, ledger, environment, chain_id, wanted) for wanted in WANTED}


def _ensure(runtime: Runtime, ledger: Ledger, environment: str, chain_id: int, wanted: Wanted) -> str:
    built = artifact(wanted.name)
    live = runtime.database.run(
        lambda session: _live(session, environment, chain_id, wanted.name, built.code_hash), write=False
    )
    if live is not None:
        if bytecode.compare(ledger.code(live), built).verdict not in releases.GOOD:
            raise CODE_MISMATCH(address=live, name=built.name)
        return live
    admin = accounts.signer(runtime, accounts.deployer_of(environment)).address
    arguments = interface(wanted.name).constructor(admin)
    creation = Creation(
        environment, chain_id, wanted.name, wanted.version, built, built.creation + arguments,
        creation_hash(built.creation, arguments),
    )
    row, receipt = releases.create(runtime, ledger, creation)
    releases.close(runtime, row.id, "live", receipt, releases.check(ledger, built, row, receipt, creation.data))
    return row.address


def _live(session: Session, environment: str, chain_id: int, name: str, code_hash: str) -> str | None:
    row = queries.in_state(session, environment=environment, name=name, chain_id=chain_id, state="live")
    return row.address if row is not None and row.code_hash == code_hash else None


def address_of(session: Session, name: str, *, environment: str = ENVIRONMENT) -> str:
    """Return the address of the live release of a contract; raise ``chain.contract.unknown``."""
    row = queries.latest_live(session, environment=environment, name=name)
    if row is None:
        raise CONTRACT_UNKNOWN(name=name)
    return row.address


def admin_send(runtime: Runtime, to: str, data: bytes) -> Receipt:
    """Send a transaction as the contracts' admin and wait for its receipt; as :func:`send_repeatable`."""
    with _admin_lock:
        return send_repeatable(ledger_of(runtime), accounts.signer(runtime, accounts.DEPLOYER), to, data)


def send_repeatable(ledger: Ledger, signer: Signer, to: str, data: bytes) -> Receipt:
    """Send a transaction and wait for its receipt.

    Without a journal: only for calls that may be repeated (grantRole). Raises ``chain.ledger.refused`` when it
    was sealed and failed.
    """
    for attempt in range(ATTEMPTS):
        raw, tx_hash = keys.sign(
            signer, chain_id=ledger.chain_id(), nonce=ledger.nonce(signer.address, pending=True), to=to, data=data
        )
        try:
            ledger.send_raw(raw)
            break
        except MulianError as error:
            # another process of this installation may have taken the nonce in between
            if error.code != LEDGER_REFUSED.code or attempt == ATTEMPTS - 1:
                raise
    receipt = ledger.wait_receipt(tx_hash, timeout=RECEIPT_SECONDS)
    if not receipt.succeeded:
        raise LEDGER_REFUSED(reason=f"transaction {tx_hash} failed")
    return receipt


def journal_page(session: Session, *, offset: int, size: int) -> tuple[list[ContractRelease], int]:
    """Return a page of the deployment journal, newest first. The actor's right is checked at the edge."""
    rows, total = queries.page(session, offset, size)
    return list(rows), total
