"""Creating contracts through the journal, and comparing what stands at an address with its build."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.contracts import accounts, history, journal, queries
from chain.contracts.errors import CODE_MISMATCH
from chain.contracts.models import ContractRelease
from chain.ledger import accounts as keys
from chain.ledger.errors import LEDGER_REFUSED
from chain.ledger.port import Ledger, Receipt
from contracts_sc import bytecode
from contracts_sc.artifacts import Artifact
from contracts_sc.bytecode import Comparison
from kernel import clock, ids
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

TRANSACTION_GAS_CAP = 2**24
GOOD = ("same", "unconfirmed")


@dataclass(frozen=True)
class Creation:
    """A contract to be created once: ``data`` is creation code with arguments, ``creation_hash`` binds both."""

    environment: str
    chain_id: int
    name: str
    version: str
    built: Artifact
    data: bytes
    creation_hash: str
    version_id: uuid.UUID | None = None
    deployment_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Created:
    """A row of the journal as plain values; no unit of work spans a call to the ledger."""

    id: uuid.UUID
    name: str
    deployer: str
    nonce: int
    raw: bytes
    tx_hash: str
    address: str
    creation_hash: str
    deployment_id: uuid.UUID | None


def create(runtime: Runtime, ledger: Ledger, wanted: Creation) -> tuple[Created, Receipt]:
    """Create the contract exactly once, resuming what an earlier run began; the row stays ``prepared``.

    Raises ``chain.ledger.refused`` when the constructor reverts or the nonce is taken again and again, and the
    ledger's errors.
    """
    for _ in range(journal.ATTEMPTS):
        row = runtime.database.run(lambda session: _prepared(session, wanted), write=False)
        if row is None:
            row = _prepare(runtime, ledger, wanted)
            if row is None:
                continue  # another process prepared it at the same moment: resume theirs
        receipt = journal.settle(
            ledger, raw=row.raw, tx_hash=row.tx_hash, account=row.deployer, nonce=row.nonce
        )
        if receipt is None:
            close(runtime, row.id, "void", None)
        elif not receipt.succeeded:
            close(runtime, row.id, "void", receipt)
            raise LEDGER_REFUSED(reason=f"the creation of {wanted.name} reverted ({row.tx_hash})")
        elif (row.creation_hash, row.deployment_id) != (wanted.creation_hash, wanted.deployment_id):
            # begun by an older program or an abandoned deployment: it is on the chain, and never goes live
            close(runtime, row.id, "superseded", receipt)
        else:
            return row, receipt
    raise LEDGER_REFUSED(reason=f"{wanted.name} could not be deployed in {journal.ATTEMPTS} attempts")


def check(ledger: Ledger, built: Artifact, row: Created, receipt: Receipt, data: bytes) -> Comparison:
    """Compare the created code with its build, immutables against a second run of the constructor on the state
    before; raise ``chain.contract.code_mismatch``."""
    recomputed = _again(ledger, row, receipt, data) if built.immutables else None
    found = bytecode.compare(ledger.code(row.address), built, recomputed=recomputed)
    if found.verdict not in GOOD:
        raise CODE_MISMATCH(address=row.address, name=built.name)
    return found


def comparison_document(found: Comparison) -> dict[str, Any]:
    """Return a comparison for the table."""
    return {
        "verdict": found.verdict, "masked": found.masked, "immutables": [
            {"name": one.name, "value": "0x" + one.value.hex(), "agrees": one.agrees} for one in found.immutables
        ],
    }


def close(
    runtime: Runtime, release_id: uuid.UUID, state: str, receipt: Receipt | None, compared: Comparison | None = None
) -> None:
    """End a prepared row in a transaction of its own."""
    runtime.database.run(lambda session: end(session, release_id, state, receipt, compared), write=True)


def end(
    session: Session, release_id: uuid.UUID, state: str, receipt: Receipt | None, compared: Comparison | None = None
) -> ContractRelease:
    """End a prepared row: void, superseded, or live, which supersedes the former. Another run may have been faster."""
    row = session.get_one(ContractRelease, release_id)
    if row.state != "prepared":
        return row
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
    if compared is not None:
        row.comparison = comparison_document(compared)
    session.flush()
    _note(session, state, row)
    return row


def _prepared(session: Session, wanted: Creation) -> Created | None:
    row = queries.in_state(
        session, environment=wanted.environment, name=wanted.name, chain_id=wanted.chain_id, state="prepared"
    )
    return None if row is None else _values(row)


def _values(row: ContractRelease) -> Created:
    return Created(
        row.id, row.name, row.deployer, row.nonce, row.raw, row.tx_hash, row.address, row.creation_hash,
        row.deployment_id,
    )


def _prepare(runtime: Runtime, ledger: Ledger, wanted: Creation) -> Created | None:
    deployer = accounts.signer(runtime, accounts.deployer_of(wanted.environment))
    nonce = ledger.nonce(deployer.address, pending=True)
    raw, tx_hash = keys.sign(
        deployer, chain_id=wanted.chain_id, nonce=nonce, to=None, data=wanted.data,
        gas=_gas(ledger, wanted.data, deployer.address),
    )

    def write(session: Session) -> Created:
        accounts.check_current(session, accounts.deployer_of(wanted.environment), deployer.address)
        row = ContractRelease(
            id=ids.new(), environment=wanted.environment, name=wanted.name, version=wanted.version,
            chain_id=wanted.chain_id, code_hash=wanted.built.code_hash, creation_hash=wanted.creation_hash,
            deployer=deployer.address, nonce=nonce, raw=raw, tx_hash=tx_hash,
            address=keys.created_address(deployer.address, nonce), state="prepared", created_at=clock.now(),
            version_id=wanted.version_id, deployment_id=wanted.deployment_id,
        )
        session.add(row)
        session.flush()
        _note(session, "prepare", row)
        return _values(row)

    try:
        return runtime.database.run(write, write=True)
    except IntegrityError:
        return None


def _gas(ledger: Ledger, data: bytes, sender: str) -> int:
    """Dry-run the creation on the live network; raise its refusal before anything is signed."""
    needed = ledger.estimate_gas(None, data, sender=sender)
    return min(TRANSACTION_GAS_CAP, max(keys.DEFAULT_GAS, needed * 5 // 4))


def _again(ledger: Ledger, row: Created, receipt: Receipt, data: bytes) -> bytes | None:
    """Run the constructor again as it ran, with the nonce that gives the same address; None where a node cannot."""
    request = {"from": row.deployer, "data": "0x" + data.hex()}
    try:
        text = ledger.request(
            "eth_call", request, hex(receipt.block_number - 1), {row.deployer: {"nonce": hex(row.nonce)}}
        )
    except MulianError:
        return None
    return bytes.fromhex(str(text).removeprefix("0x"))


def _note(session: Session, action: str, row: ContractRelease) -> None:
    history.note(
        session, system_actor("chain"), action, name=row.name, object_type="contract_release", object_id=row.id,
        environment=row.environment, version=row.version, detail={
            "chain_id": row.chain_id, "address": row.address, "tx_hash": row.tx_hash, "code_hash": row.code_hash,
            "state": row.state,
        },
    )
