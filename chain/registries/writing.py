"""Carrying records out: ask the chain, send the next call through the journal of contracts, ask again.

A record and its transaction are linked before anything is sent. Killed anywhere, the next run finishes what is signed
and then goes by what the chain says: a record that stands there is final, whoever wrote it.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import accounts, sending
from chain.contracts import queries as contracts
from chain.contracts.accounts import PRODUCTION
from chain.contracts.models import ContractCall, ContractRelease
from chain.contracts.service import admin_send
from chain.ledger.abi import Interface, interface
from chain.ledger.access import ledger_of
from chain.ledger.errors import REVERTED
from chain.ledger.finality import at_once, final_height
from chain.ledger.port import Ledger
from chain.operations import carrying
from chain.operations import service as operations
from chain.operations.service import Wanted
from chain.registries import queries
from chain.registries.goals import GOALS, Passed, Step
from chain.registries.models import RegistryRecord
from chain.registries.rules import CATALOG, RELEASES
from contracts_sc.artifacts import artifact
from kernel import clock
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.leases import holder
from kernel.leases import service as leases
from kernel.runtime import Runtime

LEASE, LEASE_SECONDS = "chain.registries", 120.0
MOST = 200  # of one putBatch
_SYSTEM = system_actor("chain.registries")
_ROLE_MISSING = "平台账户没有角色 {role}，须由审批合约的成员签名授予"


@dataclass
class Written:
    """What one run did."""

    final: int = 0
    waiting: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """A record as plain values."""

    id: uuid.UUID
    subject: bytes
    goal: dict[str, Any]
    call_id: uuid.UUID | None
    operation_id: uuid.UUID | None


def flush(runtime: Runtime, *, wait_seconds: float = 30.0) -> Written:
    """Carry out what waits, until nothing moves or the time is over; one process at a time. Safe to repeat."""
    done = Written()
    with runtime.database.read() as session:
        names = queries.with_work(session)
    if not names:
        return done
    held = runtime.database.run(lambda session: leases.acquire(session, LEASE, holder.mine(), LEASE_SECONDS))
    if held is None:
        return done
    deadline = time.monotonic() + wait_seconds
    try:
        for name in names:
            try:
                _Writer(runtime, name, done).run(deadline)
            except MulianError as error:
                done.waiting[name] = error.text("zh")
    finally:
        runtime.database.run(lambda session: leases.release(session, held))
    return done


class _Writer:
    """One registry for one run."""

    def __init__(self, runtime: Runtime, contract: str, done: Written) -> None:
        self._runtime, self._contract, self._done = runtime, contract, done
        self._ledger: Ledger = ledger_of(runtime)
        self._interface: Interface = interface(contract)
        self._roles: dict[bytes, bool] = {}

    def run(self, deadline: float) -> None:
        """Go on while records move."""
        self._release = self._runtime.database.run(self._live, write=False)
        self._account = accounts.signer(self._runtime, accounts.writer_of(PRODUCTION, self._contract)).address
        moved = True
        while moved and time.monotonic() < deadline:
            records = self._runtime.database.run(self._waiting, write=False)
            moved = self._round(records)

    def _live(self, session: Session) -> ContractRelease | None:
        chain_id = self._ledger.chain_id()
        return contracts.in_state(
            session, environment=PRODUCTION, name=self._contract, chain_id=chain_id, state="live"
        )

    def _waiting(self, session: Session) -> list[Waiting]:
        return [
            Waiting(row.id, bytes.fromhex(row.subject), row.goal, row.call_id, row.operation_id)
            for row in queries.waiting(session, self._contract, MOST)
        ]

    def _round(self, records: Sequence[Waiting]) -> bool:
        """Bring each record one step on; True when one moved."""
        if self._release is None:
            return False
        for call_id in {one.call_id for one in records if one.call_id is not None}:
            sending.perform(self._runtime, self._ledger, call_id, abi=list(artifact(self._contract).abi))
        moved = False
        puts: list[tuple[Waiting, Step]] = []
        for one in records:
            step = GOALS[self._contract](self._read, one.subject, one.goal)
            if not isinstance(step, Step):
                moved |= self._stays(one) and self._end(one, step)
            elif self._allowed(one, step):
                if step.method == "put" and self._contract == CATALOG:
                    puts.append((one, step))
                else:
                    moved |= self._send([one], step.method, step.arguments)
        if len(puts) == 1:
            moved |= self._send([puts[0][0]], "put", puts[0][1].arguments)
        elif puts:
            moved |= self._send([one for one, _ in puts], "putBatch", ([step.arguments for _, step in puts],))
        return moved

    def _read(self, method: str, *arguments: Any, block: int | None = None) -> tuple[Any, ...]:
        assert self._release is not None
        output = self._ledger.call(self._release.address, self._interface.call(method, *arguments), block=block)
        return self._interface.result(method, output)

    def _stays(self, one: Waiting) -> bool:
        """Whether what the chain says can no longer be taken back."""
        if at_once(self._ledger.client_version().lower()):
            return True
        read = partial(self._read, block=final_height(self._ledger))
        return not isinstance(GOALS[self._contract](read, one.subject, one.goal), Step)

    def _allowed(self, one: Waiting, step: Step) -> bool:
        """Whether the platform's account has the role, which an admin of the platform gives where it can."""
        if step.role not in self._roles:
            self._roles[step.role] = self._has(step.role) or self._given(step.role)
        if self._roles[step.role]:
            return True
        if self._contract == RELEASES:
            self._by_persons(one, step)
        else:
            self._tell([one], _ROLE_MISSING.format(role=step.role.hex()), role=step.role.hex())
        return False

    def _has(self, role: bytes) -> bool:
        return bool(self._read("hasRole", role, self._account)[0])

    def _given(self, role: bytes) -> bool:
        """The logs without a proxy have the deployer as admin; registries behind one have persons."""
        assert self._release is not None
        admin = accounts.signer(self._runtime, accounts.DEPLOYER).address
        if not self._read("hasRole", b"\0" * 32, admin)[0]:
            return False
        admin_send(self._runtime, self._release.address, self._interface.call("grantRole", role, self._account))
        return True

    def _by_persons(self, one: Waiting, step: Step) -> None:
        """A release in production is itself what persons sign."""
        if one.operation_id is not None:
            return
        assert self._release is not None
        target, data = self._release.address, self._interface.call(step.method, *step.arguments)

        def write(session: Session) -> None:
            board = carrying.governing(session, self._ledger, PRODUCTION, target, data)
            row = session.get_one(RegistryRecord, one.id)
            if board is None:
                row.problem = "没有可以登记该环境的审批合约"
                return
            wanted = Wanted(self._contract, step.method, [one.goal["claim"]], target, data)
            title = f"登记正式环境发布：{row.object_id}"
            row.operation_id = operations.write_down(session, _SYSTEM, board, title=title, wanted=[wanted]).id
            row.problem = "等待成员签名"

        self._runtime.database.run(write)

    def _send(self, records: list[Waiting], method: str, arguments: Any) -> bool:
        """Dry-run, link, send; False when the contract refuses, which the records then say."""
        assert self._release is not None
        release, data = self._release, self._interface.call(method, *arguments)
        abi = list(artifact(self._contract).abi)
        try:
            self._ledger.call(release.address, data, sender=self._account)
        except MulianError as error:
            if error.code != REVERTED.code:
                raise
            self._tell(records, sending.in_words(error, abi))
            return False

        def write(session: Session) -> uuid.UUID:
            call = sending.queue(
                session, _SYSTEM, name=release.name, environment=PRODUCTION, chain_id=release.chain_id, method=method,
                arguments=[len(records)], target=release.address, data=data,
                purpose=accounts.writer_of(PRODUCTION, release.name),
            )
            for one in records:
                row = session.get_one(RegistryRecord, one.id)
                row.call_id, row.problem, row.role = call.id, "", None
            return call.id

        call_id = self._runtime.database.run(write)
        return sending.perform(self._runtime, self._ledger, call_id, abi=abi) == "sealed"

    def _end(self, one: Waiting, passed: Passed | None) -> bool:
        def write(session: Session) -> None:
            row = session.get_one(RegistryRecord, one.id)
            row.state = "final" if passed is None else "skipped"
            row.problem, row.role, row.finished_at = passed.why if passed else "", None, clock.now()

        self._runtime.database.run(write)
        self._done.final += passed is None
        return True

    def _tell(self, records: list[Waiting], problem: str, *, role: str | None = None) -> None:
        def write(session: Session) -> None:
            for one in records:
                row = session.get_one(RegistryRecord, one.id)
                row.problem, row.role = problem, role
                call = None if row.call_id is None else session.get_one(ContractCall, row.call_id)
                if call is not None and call.state == "failed":
                    row.call_id = None

        self._runtime.database.run(write)
        self._done.waiting[self._contract] = problem
