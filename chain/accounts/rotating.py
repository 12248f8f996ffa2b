"""Carrying out an exchange that two persons agreed to: each step is safe to repeat, and the row says how far it is.

1. ``granting``: the new account is listed as a sender and gets every right of the old one, which goes on signing.
   What the platform cannot give is left to persons, and the exchange waits for them.
2. ``switching``: nothing new is signed with the old key; when all it signed has ended, an ownership is handed over and
   the new account is put in force, in one transaction with the row.
3. ``retiring``: the old account gives up its rights, and when its last transaction is final it leaves the list and its
   key is forgotten.

``undoing`` is 3 for the new account.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts import holders, queries, rights, senders
from chain.accounts.errors import ROTATION_WAITS
from chain.accounts.models import AccountRotation
from chain.accounts.rights import Place, Right
from chain.accounts.rules import WORKING, may_follow
from chain.accounts.service import note
from chain.contracts.service import send_repeatable
from chain.ledger import accounts as keys
from chain.ledger.access import ledger_of
from chain.ledger.accounts import Signer
from chain.ledger.errors import LEDGER_REFUSED, REVERTED
from chain.ledger.finality import final_height
from chain.ledger.port import Ledger
from kernel import clock
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

_ACTOR = system_actor("chain.accounts")


@dataclass(frozen=True)
class Work:
    """A row as plain values, with the keys that are still known; ``helpers`` may move rights of others."""

    id: uuid.UUID
    purpose: str
    state: str
    old: Signer
    new: Signer
    places: list[Place]
    helpers: list[Signer]


def advance(runtime: Runtime) -> dict[str, str]:
    """Carry on every exchange as far as it goes now; returns {id: state}. Safe to repeat at any time."""
    with runtime.database.read() as session:
        waiting = queries.working(session)
    return {str(one): carry_on(runtime, one) for one in waiting}


def carry_on(runtime: Runtime, rotation_id: uuid.UUID) -> str:
    """Carry one exchange on as far as it goes now and return its state; what it waits for is in its row."""
    ledger = ledger_of(runtime)
    while True:
        state = runtime.database.run(lambda session: session.get_one(AccountRotation, rotation_id).state, write=False)
        if state not in WORKING:
            return state
        try:
            work = runtime.database.run(
                lambda session: _work(session, runtime, ledger.chain_id(), rotation_id), write=False
            )
            _STEPS[state](runtime, ledger, work)
        except MulianError as error:
            # a node that is away, something signed that has not ended, persons who have to act: the row says which
            _tell(runtime, rotation_id, error.text("zh"))
            return state


def _work(session: Session, runtime: Runtime, chain_id: int, rotation_id: uuid.UUID) -> Work:
    row = session.get_one(AccountRotation, rotation_id)
    box, current = runtime.box, holders.sealed_key(session, row.purpose)
    places = [
        Place(one.name, one.environment, one.address, one.block_number or 0)
        for one in queries.places(session, chain_id)
    ]
    helpers = [keys.unseal(box, one.key_sealed) for one in queries.contract_accounts(session)]
    return Work(
        row.id, row.purpose, row.state, keys.unseal(box, row.old_key or current),
        keys.unseal(box, row.new_key or current), places, helpers,
    )


def _grant(runtime: Runtime, ledger: Ledger, work: Work) -> None:
    senders.admit(runtime, ledger, work.old.address, work.new.address)
    left = _give_all(ledger, work)
    runtime.database.run(lambda session: _wait_for(session, work, left))
    if left:
        raise ROTATION_WAITS(purpose=work.purpose, reason=f"{len(left)} 项权限须由有权的人移交")
    _step(runtime, work, "switching", lambda session, row: holders.hold(session, row.purpose))


def _give_all(ledger: Ledger, work: Work) -> list[dict[str, Any]]:
    """Give the new account what the old one has; return what only persons can give. An ownership stays for now."""
    left = []
    for right in rights.held_by(ledger, work.places, work.old.address):
        if rights.has(ledger, right, work.new.address):
            continue
        data = rights.giving(right, work.new.address)
        signer = _able(ledger, [work.old, *work.helpers], right, data)
        if signer is None:
            left.append(right.document(data))
        elif right.kind != "owner":
            send_repeatable(ledger, signer, right.place.address, data)
    return left


def _able(ledger: Ledger, signers: list[Signer], right: Right, data: bytes) -> Signer | None:
    """Return the first account whose call the contract takes, by dry runs; None where it takes none."""
    for signer in signers:
        try:
            ledger.estimate_gas(right.place.address, data, sender=signer.address)
        except MulianError as error:
            if error.code != REVERTED.code:
                raise
            continue
        return signer
    return None


def _switch(runtime: Runtime, ledger: Ledger, work: Work) -> None:
    with holders.kept_still(runtime, work.purpose) as held:
        with runtime.database.read() as session:
            holders.check_quiet(session, work.purpose, work.old.address)
        _check_sent(ledger, work)
        left = _give_all(ledger, work)
        if left:
            raise LEDGER_REFUSED(reason=f"the old account got rights meanwhile: {left}"[:300])
        _hand_over(ledger, work)
        nonce = ledger.nonce(work.new.address)

        def change(session: Session, row: AccountRotation) -> None:
            holders.check_quiet(session, row.purpose, row.old_address)
            row.old_key, sealed = holders.sealed_key(session, row.purpose), row.new_key
            assert sealed is not None
            row.new_key, row.switched_at = None, clock.now()
            holders.exchange(session, row.purpose, row.new_address, sealed, nonce, held)

        _step(runtime, work, "retiring", change)


def _check_sent(ledger: Ledger, work: Work) -> None:
    if ledger.nonce(work.old.address, pending=True) != ledger.nonce(work.old.address):
        raise ROTATION_WAITS(purpose=work.purpose, reason="旧账户的交易尚未上链")


def _hand_over(ledger: Ledger, work: Work) -> None:
    """Move ownerships: in one step, or in two where the contract asks the new owner to take it."""
    for place in work.places:
        right = Right(place, "owner", "")
        if rights.has(ledger, right, work.old.address) and not rights.accepts(ledger, right, work.new.address):
            send_repeatable(ledger, work.old, place.address, rights.giving(right, work.new.address))
        if rights.accepts(ledger, right, work.new.address):
            send_repeatable(ledger, work.new, place.address, rights.accepting())


def _retire(runtime: Runtime, ledger: Ledger, work: Work) -> None:
    left = _give_all(ledger, work)  # what a transaction that was on its way gave the old account
    left = left or _take_all(ledger, work.old, work)
    _leave(runtime, ledger, work, work.old, left)
    _step(runtime, work, "done", _forget)


def _undo(runtime: Runtime, ledger: Ledger, work: Work) -> None:
    left = _take_all(ledger, work.new, work)
    _leave(runtime, ledger, work, work.new, left)
    _step(runtime, work, "undone", _forget)


def _leave(runtime: Runtime, ledger: Ledger, work: Work, signer: Signer, left: list[dict[str, Any]]) -> None:
    """Take an account off the lists once its last transaction is final."""
    runtime.database.run(lambda session: _wait_for(session, work, left))
    if left:
        raise ROTATION_WAITS(purpose=work.purpose, reason=f"{len(left)} 项权限须由有权的人收回")
    _check_final(runtime, ledger, work, signer)
    senders.dismiss(runtime, ledger, signer.address)


def _take_all(ledger: Ledger, signer: Signer, work: Work) -> list[dict[str, Any]]:
    """Let an account give up its roles; its place in a registry is taken by who may. Returns what persons must take."""
    left = []
    for right in sorted(rights.held_by(ledger, work.places, signer.address), key=lambda one: one.kind == "listed"):
        data = rights.taking(right, signer.address)
        others = [one for one in work.helpers if one.address != signer.address]
        able = _able(ledger, [signer] if right.kind == "role" else others, right, data)
        if able is None:
            left.append(right.document(data))
        else:
            send_repeatable(ledger, able, right.place.address, data)
    return left


def _check_final(runtime: Runtime, ledger: Ledger, work: Work, signer: Signer) -> None:
    """Raise ``chain.account.rotation_waits`` until the account's last transaction can no longer be taken back."""
    if ledger.nonce(signer.address, pending=True) != ledger.nonce(signer.address):
        raise ROTATION_WAITS(purpose=work.purpose, reason="账户的最后一笔交易尚未上链")
    height = ledger.height()

    def last_block(session: Session) -> int:
        row = session.get_one(AccountRotation, work.id)
        row.last_block = height if row.last_block is None else row.last_block
        return row.last_block

    if final_height(ledger) < runtime.database.run(last_block):
        raise ROTATION_WAITS(purpose=work.purpose, reason="等待账户的最后一笔交易不可回退")


def _forget(session: Session, row: AccountRotation) -> None:
    row.old_key = row.new_key = None
    row.finished_at = clock.now()


def _wait_for(session: Session, work: Work, left: list[dict[str, Any]]) -> None:
    row = session.get_one(AccountRotation, work.id)
    if row.waiting != left:
        row.waiting = left


def _step(
    runtime: Runtime, work: Work, state: str, change: Callable[[Session, AccountRotation], None]
) -> None:
    """Go on to a state, with what belongs to it in the same transaction; nothing where another run was faster."""

    def write(session: Session) -> None:
        row = session.get_one(AccountRotation, work.id)
        if row.state != work.state or not may_follow(row.state, state):
            return
        change(session, row)
        row.state, row.problem, row.waiting = state, "", []
        row.audit_id = note(session, _ACTOR, state, row)

    runtime.database.run(write)


def _tell(runtime: Runtime, rotation_id: uuid.UUID, problem: str) -> None:
    def write(session: Session) -> None:
        row = session.get_one(AccountRotation, rotation_id)
        if row.problem != problem:
            row.problem = problem

    runtime.database.run(write)


_STEPS: dict[str, Callable[[Runtime, Ledger, Work], None]] = {
    "granting": _grant, "switching": _switch, "retiring": _retire, "undoing": _undo,
}
