"""Deployment that cannot wedge: signed and committed first, sent until it is sealed, compared, then live."""

import threading
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.contracts import accounts, queries
from chain.contracts.models import ContractRelease
from chain.contracts.rules import WANTED, Wanted, creation_hash, next_step, same_code
from chain.errors import CODE_MISMATCH, CONTRACT_UNKNOWN, LEDGER_REFUSED
from chain.ledger import accounts as keys
from chain.ledger.abi import interface
from chain.ledger.access import ledger_of
from chain.ledger.port import Ledger, Receipt
from contracts_sc.artifacts import Artifact, artifact
from kernel import clock, ids
from kernel.audit.service import record
from kernel.errors import MulianError
from kernel.identity.actor import Actor, system_actor
from kernel.runtime import Runtime

ENVIRONMENT = "production"
_ATTEMPTS = 5
_RECEIPT_SECONDS = 60.0
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
    for _ in range(_ATTEMPTS):
        live, prepared = _state(runtime, environment, chain_id, wanted.name)
        if live is not None and live["code_hash"] == built.code_hash:
            _compare(ledger, built, live["address"])
            return str(live["address"])
        if prepared is None:
            prepared = _prepare(runtime, ledger, environment, chain_id, wanted, built)
            if prepared is None:
                continue  # another process prepared it at the same moment: resume theirs
        address = _complete(runtime, ledger, built, prepared)
        if address is not None:
            return address
    raise LEDGER_REFUSED(reason=f"{wanted.name} could not be deployed in {_ATTEMPTS} attempts")


def _state(runtime: Runtime, environment: str, chain_id: int, name: str) -> tuple[Any, Any]:
    """Return (live, prepared) as plain values, so that no unit of work spans a call to the ledger."""

    def read(session: Session) -> tuple[Any, Any]:
        found = (
            queries.in_state(session, environment=environment, name=name, chain_id=chain_id, state=state)
            for state in ("live", "prepared")
        )
        live, prepared = (None if row is None else _values(row) for row in found)
        return live, prepared

    return runtime.database.run(read, write=False)


def _values(row: ContractRelease) -> dict[str, Any]:
    return {
        name: getattr(row, name)
        for name in ("id", "name", "code_hash", "deployer", "nonce", "raw", "tx_hash", "address", "state")
    }


def _prepare(
    runtime: Runtime, ledger: Ledger, environment: str, chain_id: int, wanted: Wanted, built: Artifact
) -> dict[str, Any] | None:
    deployer = accounts.signer(runtime, accounts.DEPLOYER)
    arguments = interface(wanted.name).constructor(deployer.address)
    nonce = ledger.nonce(deployer.address, pending=True)
    raw, tx_hash = keys.sign(deployer, chain_id=chain_id, nonce=nonce, to=None, data=built.creation + arguments)

    def write(session: Session) -> dict[str, Any]:
        row = ContractRelease(
            id=ids.new(), environment=environment, name=wanted.name, version=wanted.version, chain_id=chain_id,
            code_hash=built.code_hash, creation_hash=creation_hash(built.creation, arguments),
            deployer=deployer.address, nonce=nonce, raw=raw, tx_hash=tx_hash,
            address=keys.created_address(deployer.address, nonce), state="prepared", created_at=clock.now(),
        )
        session.add(row)
        session.flush()
        _record(session, "chain.contract.prepare", row)
        return _values(row)

    try:
        return runtime.database.run(write, write=True)
    except IntegrityError:
        return None


def _complete(runtime: Runtime, ledger: Ledger, built: Artifact, release: dict[str, Any]) -> str | None:
    """Bring a prepared release to its end: the address, or None when it had to be voided."""
    receipt = ledger.receipt(release["tx_hash"])
    step = next_step(
        sealed=receipt is not None, account_nonce=ledger.nonce(release["deployer"]), release_nonce=release["nonce"]
    )
    if step == "resend":
        ledger.send_raw(release["raw"])
        receipt = ledger.wait_receipt(release["tx_hash"], timeout=_RECEIPT_SECONDS)
    elif step == "void":
        # sealed between the two questions above? then the receipt is there now
        receipt = ledger.receipt(release["tx_hash"])
    if receipt is None or not receipt.succeeded:
        _close(runtime, release, "void", receipt)
        return None
    if release["code_hash"] != built.code_hash:
        # begun by an older program: it is on the chain, and never goes live
        _close(runtime, release, "superseded", receipt)
        return None
    _compare(ledger, built, release["address"])
    _close(runtime, release, "live", receipt)
    return str(release["address"])


def _compare(ledger: Ledger, built: Artifact, address: str) -> None:
    if not same_code(ledger.code(address), built.runtime, built.immutables):
        raise CODE_MISMATCH(address=address, name=built.name)


def _close(runtime: Runtime, release: dict[str, Any], state: str, receipt: Receipt | None) -> None:
    def write(session: Session) -> None:
        row = session.get_one(ContractRelease, release["id"])
        if row.state != "prepared":
            return  # another process was faster
        if state == "live":
            former = queries.in_state(
                session, environment=row.environment, name=row.name, chain_id=row.chain_id, state="live"
            )
            if former is not None:
                former.state = "superseded"
                session.flush()
            row.live_at = clock.now()
        row.state = state
        if receipt is not None:
            row.block_number, row.gas_used = receipt.block_number, receipt.gas_used
        session.flush()
        _record(session, f"chain.contract.{state}", row)

    runtime.database.run(write, write=True)


def _record(session: Session, action: str, row: ContractRelease) -> None:
    record(
        session, system_actor("chain"), action=action, object_type="contract_release", object_id=str(row.id),
        detail={
            "name": row.name, "version": row.version, "environment": row.environment, "chain_id": row.chain_id,
            "address": row.address, "tx_hash": row.tx_hash, "code_hash": row.code_hash, "state": row.state,
        },
    )


def address_of(session: Session, name: str, *, environment: str = ENVIRONMENT) -> str:
    """Return the address of the live release of a contract; raise ``chain.contract.unknown``."""
    row = queries.latest_live(session, environment=environment, name=name)
    if row is None:
        raise CONTRACT_UNKNOWN(name=name)
    return row.address


def admin_send(runtime: Runtime, to: str, data: bytes) -> Receipt:
    """Send a transaction as the contracts' admin and wait for its receipt.

    Without a journal: only for calls that may be repeated (grantRole). Raises ``chain.ledger.refused`` when it
    was sealed and failed.
    """
    ledger = ledger_of(runtime)
    admin = accounts.signer(runtime, accounts.DEPLOYER)
    with _admin_lock:
        for attempt in range(_ATTEMPTS):
            raw, tx_hash = keys.sign(
                admin, chain_id=ledger.chain_id(), nonce=ledger.nonce(admin.address, pending=True), to=to, data=data
            )
            try:
                ledger.send_raw(raw)
                break
            except MulianError as error:
                # another process of this installation may have taken the nonce in between
                if error.code != LEDGER_REFUSED.code or attempt == _ATTEMPTS - 1:
                    raise
        receipt = ledger.wait_receipt(tx_hash, timeout=_RECEIPT_SECONDS)
    if not receipt.succeeded:
        raise LEDGER_REFUSED(reason=f"transaction {tx_hash} failed")
    return receipt


def releases(session: Session, actor: Actor, *, offset: int, size: int) -> tuple[list[ContractRelease], int]:
    """Return a page of the deployment journal, newest first. The actor's right is checked at the edge."""
    rows, total = queries.page(session, offset, size)
    return list(rows), total
