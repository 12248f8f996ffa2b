"""Deployment: idempotent, killed at any step without a duplicate, code compared with the build."""

from collections.abc import Iterator
from typing import Any

import pytest

from chain.contracts import accounts, queries, service
from chain.contracts.models import ContractRelease
from chain.contracts.rules import Wanted, next_step
from chain.ledger import accounts as keys
from chain.ledger.access import use_ledger
from chain.ledger.embedded.node import Node, Options
from chain.ledger.embedded.provider import in_process
from chain.ledger.web3_ledger import Web3Ledger
from contracts_sc.artifacts import artifact
from kernel.errors import MulianError
from kernel.runtime import Runtime

# two, so that a process can end between them
TWO = (Wanted("AnchorRegistry", "1"), Wanted("KeyRotationLog", "1"))


class Killed(BaseException):
    """The process ends here."""


class Watched:
    """A ledger that counts sends and can end the process before or after a call, or lose what is sent."""

    def __init__(self, inner: Web3Ledger) -> None:
        self.inner = inner
        self.calls: list[str] = []
        self.kill_at: int | None = None
        self.after = False
        self.lose_next_send = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def called(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            dies = self.kill_at is not None and len(self.calls) == self.kill_at
            if dies and not self.after:
                raise Killed
            if name == "send_raw" and self.lose_next_send:
                self.lose_next_send = False
                raise Killed
            result = found(*arguments, **options)
            if dies:
                raise Killed
            return result

        return called


@pytest.fixture
def watched(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    monkeypatch.setattr(service, "WANTED", TWO)
    with Node(runtime.home, Options(rehearsal=True)) as node, in_process(node) as provider:
        ledger = Watched(Web3Ledger("in-process", provider))
        use_ledger(runtime, ledger)  # type: ignore[arg-type]
        yield ledger


def states(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        rows, _ = queries.page(session, 0, 100)
        return sorted(row.state for row in rows)


@pytest.mark.requirement("S4-24")
def test_bytecode_match_deployed_code_is_the_build(runtime: Runtime, watched: Watched) -> None:
    found = service.ensure_deployed(runtime)
    assert set(found) == {wanted.name for wanted in TWO}
    for name, address in found.items():
        assert watched.inner.code(address) == artifact(name).runtime
        with runtime.database.read() as session:
            assert service.address_of(session, name) == address
    assert service.ensure_deployed(runtime) == found
    assert states(runtime) == ["live", "live"]
    assert watched.inner.request("mulian_status")["transactions"] == 2


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_every_step_it_resumes_without_a_duplicate(runtime: Runtime, watched: Watched, after: bool) -> None:
    watched.after = after
    step = 0
    while True:
        step += 1
        watched.calls.clear()
        watched.kill_at = step
        try:
            found = service.ensure_deployed(runtime)
        except Killed:
            continue
        break
    assert step > 5
    watched.kill_at = None
    assert service.ensure_deployed(runtime) == found
    assert watched.inner.request("mulian_status")["transactions"] == 2
    assert states(runtime) == ["live"] * 2


def test_a_foreign_transaction_on_the_nonce_voids_and_starts_anew(runtime: Runtime, watched: Watched) -> None:
    watched.lose_next_send = True
    with pytest.raises(Killed):
        service.ensure_deployed(runtime)
    deployer = accounts.signer(runtime, accounts.DEPLOYER)
    raw, _ = keys.sign(deployer, chain_id=watched.inner.chain_id(), nonce=0, to=deployer.address, data=b"")
    watched.inner.send_raw(raw)
    found = service.ensure_deployed(runtime)
    assert states(runtime) == ["live", "live", "void"]
    assert watched.inner.code(found["AnchorRegistry"]) == artifact("AnchorRegistry").runtime


def test_foreign_code_at_the_recorded_address_is_named(runtime: Runtime, watched: Watched) -> None:
    found = service.ensure_deployed(runtime)

    def swap(session: Any) -> None:
        row = queries.latest_live(session, environment="production", name="AnchorRegistry")
        assert isinstance(row, ContractRelease)
        row.address = found["KeyRotationLog"]

    runtime.database.run(swap)
    with pytest.raises(MulianError, match="code_mismatch"):
        service.ensure_deployed(runtime)


def test_a_new_chain_gets_its_own_contracts(runtime: Runtime, watched: Watched, tmp_path: Any) -> None:
    from kernel.home import Home

    first = service.ensure_deployed(runtime)
    other = Home(tmp_path / "other")
    other.prepare()
    with Node(other, Options(rehearsal=True)) as node, in_process(node) as provider:
        use_ledger(runtime, Web3Ledger("in-process", provider))
        second = service.ensure_deployed(runtime)
    # the same account and nonces give the same addresses on another chain: rows differ by chain id
    assert second == first or set(second) == set(first)
    assert states(runtime) == ["live"] * 4


def test_the_admin_gives_a_stream_to_its_signer(runtime: Runtime, watched: Watched) -> None:
    from chain.ledger.abi import interface

    address = service.ensure_deployed(runtime)["AnchorRegistry"]
    anchors, stream = interface("AnchorRegistry"), b"catalog".ljust(32, b"\0")
    signer = accounts.signer(runtime, "anchor.catalog")
    assert accounts.signer(runtime, "anchor.catalog") == signer
    for _ in range(2):
        assert service.admin_send(runtime, address, anchors.call("grantRole", stream, signer.address)).succeeded
    output = watched.inner.call(address, anchors.call("hasRole", stream, signer.address))
    assert anchors.result("hasRole", output) == (True,)
    with pytest.raises(MulianError, match="refused"):
        service.admin_send(runtime, address, anchors.call("anchor", stream, 1, b"\0" * 32, b"\1" * 32, 0, 1))


def test_secrets_rest_sealed_and_are_not_shown(runtime: Runtime) -> None:
    signer = accounts.signer(runtime, "x")
    with runtime.database.read() as session:
        row = queries.account(session, "x")
        assert row is not None and signer.secret not in row.key_sealed
    assert signer.secret.hex() not in repr(signer) and signer.address in repr(signer)


@pytest.mark.pure
def test_next_step() -> None:
    assert next_step(sealed=True, account_nonce=9, release_nonce=3) == "finish"
    assert next_step(sealed=False, account_nonce=4, release_nonce=3) == "void"
    assert next_step(sealed=False, account_nonce=3, release_nonce=3) == "resend"
