"""Exchanging keys of ledger accounts on a real chain: rights, lists, what waits, and a process that ends anywhere."""

from typing import Any

import pytest

from chain.accounts import holders, queries, rights, rotating, service
from chain.accounts.models import AccountRotation
from chain.accounts.rights import Place, Right
from chain.accounts.rules import OPEN, STATES, may_follow, may_undo
from chain.anchoring import batching
from chain.anchoring.service import append_leaf
from chain.contracts import accounts, sending
from chain.contracts import service as contracts
from chain.contracts.models import ContractCall
from chain.ledger import accounts as keys
from chain.ledger.embedded.rules import read_list
from kernel.approvals import service as approvals
from kernel.errors import MulianError
from tests.chain.accounts import owned
from tests.chain.accounts.conftest import Office
from tests.chain.contracts.test_deployment import Killed, Watched
from tests.chain.operations.quick import note_live
from tests.support.scale import Scale

WRITER = "contract.test.Counter"


def refused(code: str) -> Any:
    return pytest.raises(MulianError, match=code)


def address(office: Office, purpose: str) -> str:
    with office.runtime.database.read() as session:
        return holders.address_of(session, purpose)


def rights_of(office: Office, watched: Watched, who: str) -> list[tuple[str, str]]:
    with office.runtime.database.read() as session:
        places = [
            Place(one.name, one.environment, one.address, 0)
            for one in queries.places(session, watched.inner.chain_id())
        ]
    return [(one.place.name, one.kind) for one in rights.held_by(watched.inner, places, who)]


def leaf(office: Office, number: int) -> None:
    office.runtime.database.run(lambda session: append_leaf(
        session, stream="catalog", record={"number": number}, object_type="entry", object_id=str(number), version=1,
    ))
    assert not batching.flush(office.runtime).errors


def list_senders(watched: Watched, *addresses: str) -> Any:
    node = watched.inner._provider.service.node  # the node in this process
    node.change_senders(lambda _: frozenset(bytes.fromhex(one[2:]) for one in addresses))
    return node.home.chain_dir / "accounts.json"


def test_the_deployer_its_roles_and_the_list_of_senders(office: Office, watched: Watched) -> None:
    leaf(office, 1)
    old = address(office, "deployer")
    stream = address(office, "anchor.catalog")
    path = list_senders(watched, old, stream)
    row = office.rotate("deployer")
    assert office.carry_on(row) == "done"
    new = address(office, "deployer")
    assert new == row.new_address != old
    assert rights_of(office, watched, new) == [("AnchorRegistry", "role")]
    assert rights_of(office, watched, old) == []
    assert read_list(path) == {bytes.fromhex(one[2:]) for one in (new, stream)}
    done = office.rotation(row)
    assert (done.old_key, done.new_key, done.waiting, done.problem) == (None, None, [], "")
    # the new account does the platform's work, the old one is refused at the door
    registry = contracts.ensure_deployed(office.runtime)["AnchorRegistry"]
    grant = rights.giving(Right(Place("", "", registry, 0), "role", (b"other".ljust(32, b"\0")).hex()), stream)
    assert contracts.admin_send(office.runtime, registry, grant).succeeded


def test_a_streams_account_and_its_next_batch(office: Office, watched: Watched) -> None:
    leaf(office, 1)
    old = address(office, "anchor.catalog")
    assert office.carry_on(office.rotate("anchor.catalog")) == "done"
    assert address(office, "anchor.catalog") != old and rights_of(office, watched, old) == []
    leaf(office, 2)
    with office.runtime.database.read() as session:
        assert holders.listing(session)[-1].purpose == "anchor.catalog"


@pytest.mark.parametrize("two_steps", [False, True])
def test_an_owner_is_handed_over(office: Office, watched: Watched, two_steps: bool) -> None:
    signer = accounts.signer(office.runtime, WRITER)
    raw, digest = keys.sign(
        signer, chain_id=watched.inner.chain_id(), nonce=0, to=None, data=owned.creation(two_steps=two_steps)
    )
    watched.inner.send_raw(raw)
    place = watched.inner.wait_receipt(digest).contract_address
    assert place is not None
    note_live(office.runtime, "Owned", place, environment="test")
    assert rights_of(office, watched, signer.address) == [("Owned", "owner")]
    row = office.rotate(WRITER)
    assert office.carry_on(row) == "done"
    assert rights_of(office, watched, signer.address) == []
    assert rights_of(office, watched, row.new_address) == [("Owned", "owner")]


def test_what_only_persons_can_move_is_waited_for(office: Office, watched: Watched) -> None:
    """The counter has an owner for ever: nothing is switched, the old account goes on, and the change can be undone."""
    assert office.deploy(office.counter()).state == "done"
    office.grant("Counter")
    row = office.rotate(WRITER)
    assert office.carry_on(row) == "granting"
    waiting = office.rotation(row).waiting
    assert [(one["contract"], one["kind"]) for one in waiting] == [("Counter", "owner")]
    assert office.write("Counter", "add", 1).account == row.old_address
    office.runtime.database.run(lambda session: service.undo(session, office.asker, rotation_id=row.id))
    assert office.carry_on(row) == "undone"
    assert office.write("Counter", "add", 1).state == "sealed"


def test_two_persons_and_taking_back(office: Office, watched: Watched) -> None:
    leaf(office, 1)
    old = address(office, "deployer")
    row = office.rotate("deployer", agree=False)
    assert row.new_key is not None and office.carry_on(row) == "proposed"
    with refused("rotation_open"):
        office.rotate("deployer", agree=False)
    with refused("permission"):
        office.runtime.database.run(
            lambda session: approvals.decide(session, office.asker, row.approval_id, approve=True)
        )
    office.runtime.database.run(
        lambda session: approvals.decide(session, office.guard, row.approval_id, approve=False, opinion="暂缓")
    )
    gone = office.rotation(row)
    assert (gone.state, gone.new_key, address(office, "deployer")) == ("rejected", None, old)
    with refused("account.unknown"):
        office.rotate("nobody")
    row = office.rotate("deployer")
    office.runtime.database.run(lambda session: service.undo(session, office.asker, rotation_id=row.id))
    assert office.carry_on(row) == "undone" and address(office, "deployer") == old
    assert rights_of(office, watched, row.new_address) == []
    with refused("rotation_state"):
        office.runtime.database.run(lambda session: service.undo(session, office.asker, rotation_id=row.id))


def test_a_signed_transaction_ends_before_the_key_changes(office: Office, watched: Watched) -> None:
    leaf(office, 1)
    signer = accounts.signer(office.runtime, "deployer")
    row = office.rotate("deployer")
    queued = office.runtime.database.run(lambda session: sending.queue(
        session, office.maker, name="x", environment="production", chain_id=watched.inner.chain_id(), method="m",
        arguments=[], target=signer.address, data=b"", purpose="deployer",
    ))
    watched.calls.clear()
    watched.lose_next_send = True
    with pytest.raises(Killed):
        sending.carry_out(office.runtime, queued.id)
    assert office.carry_on(row) == "switching" and "已签名" in office.rotation(row).problem
    # its nonce went to a grant: void, and to be signed anew, which waits for the new key
    with refused("account.held"):
        sending.carry_out(office.runtime, queued.id)
    assert office.carry_on(row) == "done"
    assert sending.carry_out(office.runtime, queued.id) == "sealed"
    with office.runtime.database.read() as session:
        assert session.get_one(ContractCall, queued.id).account == row.new_address
    with refused("account.held"):  # signed with a key that is no longer in force: never written down
        office.runtime.database.run(
            lambda session: accounts.check_current(session, "deployer", signer.address)
        )


@pytest.mark.parametrize("undone", [False, True])
def test_killed_at_every_call_it_ends_clean(
    office: Office, watched: Watched, scale: Scale, monkeypatch: pytest.MonkeyPatch, undone: bool
) -> None:
    leaf(office, 1)
    for after in (True, False)[: scale.of(1, 2)]:
        old = address(office, "deployer")
        path = list_senders(watched, old, address(office, "anchor.catalog"))
        row = office.rotate("deployer")
        if undone:
            _begin(office, watched, row, monkeypatch)
        watched.after, step = after, 0
        while True:
            step += 1
            watched.calls.clear()
            watched.kill_at = step
            try:
                state = office.carry_on(row)
            except Killed:
                in_force = address(office, "deployer")
                assert in_force in (old, row.new_address)
                assert ("AnchorRegistry", "role") in rights_of(office, watched, in_force)
                assert bytes.fromhex(in_force[2:]) in (read_list(path) or ())
                continue
            break
        watched.kill_at = None
        assert step > 3 and state == ("undone" if undone else "done")
        stays, leaves = (old, row.new_address) if undone else (row.new_address, old)
        assert address(office, "deployer") == stays
        assert rights_of(office, watched, stays) == [("AnchorRegistry", "role")]
        assert rights_of(office, watched, leaves) == []
        assert bytes.fromhex(leaves[2:]) not in (read_list(path) or ())
    leaf(office, 2)


def _begin(office: Office, watched: Watched, row: AccountRotation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry an exchange on until the new account has its role, then take it back."""
    send = watched.inner.send_raw

    def send_and_die(raw: bytes) -> str:
        send(raw)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(watched.inner, "send_raw", send_and_die)
        office.carry_on(row)
    assert rights_of(office, watched, row.new_address) == [("AnchorRegistry", "role")]
    office.runtime.database.run(lambda session: service.undo(session, office.asker, rotation_id=row.id))


def test_keys_rest_sealed_and_are_nowhere_shown(office: Office, watched: Watched) -> None:
    row = office.rotate("deployer", agree=False) if accounts.signer(office.runtime, "deployer") else None
    assert isinstance(row, AccountRotation) and row.new_key is not None
    secret = keys.unseal(office.runtime.box, row.new_key).secret
    assert secret not in row.new_key
    from chain.accounts import schemas, views

    with office.runtime.database.read() as session:
        shown = schemas.AccountList(items=views.listing(session)).model_dump_json()
    assert secret.hex() not in shown and row.new_address in shown
    assert rotating.advance(office.runtime) == {}


@pytest.mark.pure
def test_only_before_the_switch_there_is_a_way_back() -> None:
    assert [state for state in STATES if may_undo(state)] == ["granting"]
    ends = {state for state in STATES if not any(may_follow(state, other) for other in STATES)}
    assert ends == set(STATES) - set(OPEN) == {"done", "rejected", "undone"}
