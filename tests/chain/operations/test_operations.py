"""What k of n persons sign: an upgrade of a governed registry, grants, and everything that must not pass."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chain.contracts import commands
from chain.contracts.models import ContractDeployment
from chain.ledger import accounts, key_files
from chain.operations import rules, service
from chain.operations.rules import operation_of
from kernel.errors import MulianError
from tests.chain.contracts.test_deployment import Killed
from tests.chain.operations.conftest import Board
from tests.chain.operations.quick import Quick
from tests.support.scale import Scale

ROLE = "0x" + "07" * 32


def refused(code: str) -> Any:
    return pytest.raises(MulianError, match=code)


def implementation(board: Board) -> str:
    return str(board.read("CatalogRegistry", "implementation")[0])


def test_a_governed_upgrade_waits_for_its_persons_and_runs(board: Board) -> None:
    before = implementation(board)
    row = board.propose(board.registry("2"))
    board.agree(row)
    assert board.carry_out(row) == "running" and board.carry_out(row) == "running"
    operation = board.operation()
    assert (operation.state, operation.deployment_id, operation.threshold) == ("open", row.id, 2)
    assert operation.calls[0]["method"] == "upgradeToAndCall(address,bytes)" and implementation(board) == before
    assert operation.evidence == row.digest.rsplit(":", 1)[1]
    assert board.sign(operation, 0).state == "open" and board.carry_out(row) == "running"
    assert board.sign(operation, 0, 2).state == "executing"
    assert board.carry_out(row) == "done"
    assert board.operation().state == "executed" and implementation(board) != before
    live = board.deployment(row)
    assert live.state == "done" and board.carry_out(row) == "done"
    with refused("operation.state"):
        board.sign(operation, 1)


def test_killed_at_every_call_a_governed_upgrade_runs_once(board: Board, watched: Any, scale: Scale) -> None:
    for version, after in zip("23", (True, False)[: scale.of(1, 2)], strict=False):
        row = board.propose(board.registry(version))
        board.agree(row)
        assert board.carry_out(row) == "running"
        board.sign(board.operation(), 0, 1)
        watched.after, step = after, 0
        while True:
            step += 1
            watched.calls.clear()
            watched.kill_at = step
            try:
                state = board.carry_out(row)
            except Killed:
                continue
            break
        watched.kill_at = None
        assert step > 5 and state == "done" and board.operation().state == "executed"


def test_cancelling_ends_the_deployment(board: Board) -> None:
    row = board.propose(board.registry("2"))
    board.agree(row)
    board.carry_out(row)
    operation = board.operation()
    board.runtime.database.run(lambda session: service.cancel(session, board.maker, operation_id=operation.id))
    assert board.carry_out(row) == "failed"
    with board.runtime.database.read() as session:
        error = session.get_one(ContractDeployment, row.id).error
    assert error is not None and error["code"] == "chain.operation.ended"


def test_a_grant_that_persons_sign(quick: Quick) -> None:
    account = accounts.new_signer().address
    row = quick.open("CatalogRegistry", "grantRole", ROLE, account)
    assert quick.execute(row) == "open"
    quick.sign(row, 1, 2)
    assert quick.execute(row) == "executed" and quick.execute(row) == "executed"
    assert quick.read("CatalogRegistry", "hasRole", ROLE, account, environment="production") == [True]
    with refused("ledger.reverted"):  # refused before anybody is asked
        quick.open("CatalogRegistry", "unfreeze", ROLE)
    with refused("board_unknown"):
        quick.runtime.database.run(lambda session: service.board_of(session, "test"))


def test_signatures_that_do_not_count(quick: Quick) -> None:
    row = quick.open("CatalogRegistry", "grantRole", ROLE, accounts.new_signer().address)
    other = quick.open("CatalogRegistry", "grantRole", ROLE, accounts.new_signer().address)
    document = service.document(row)
    good = rules.signed(document, quick.persons[0])
    stranger = rules.signed(document, accounts.new_signer())
    high = bytes.fromhex(good["signature"][2:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = order - int.from_bytes(high[32:64], "big")
    twin = "0x" + (high[:32] + s.to_bytes(32, "big") + bytes([55 - high[64]])).hex()
    for given in (
        stranger, rules.signed(service.document(other), quick.persons[0]), good | {"signature": good["signature"][:-2]},
        good | {"signature": twin}, good | {"signer": quick.persons[1].address}, good | {"signature": "0x" + "00" * 65},
    ):
        with refused("operation.signature"):
            quick.runtime.database.run(
                lambda session, one=given: service.import_signatures(
                    session, quick.maker, operation_id=row.id, given=[one]
                )
            )
    changed = json.loads(json.dumps(document))
    changed["typed_data"]["types"]["Call"][0]["type"] = "uint256"
    with refused("operation.signature"):
        operation_of(changed)
    assert quick.sign(row, 0).state == "open"


def test_a_person_signs_with_the_command_on_a_machine_without_a_home(
    quick: Quick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_files, "COST", 2)
    def run(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(commands.app, ["operation", *arguments, "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if code == 0 else None

    key, paper, signature = tmp_path / "key.json", tmp_path / "operation.json", tmp_path / "signature.json"
    made = run("key", str(key), "--password", "一个长口令")
    assert key.stat().st_mode & 0o077 == 0
    row = quick.open("CatalogRegistry", "grantRole", ROLE, accounts.new_signer().address)
    paper.write_text(json.dumps(service.document(row)), "utf-8")
    shown = run("sign", str(paper), str(signature), "--key", str(key), "--password", "一个长口令")
    assert shown["operation"] == row.digest and shown["signer"] == made["address"]
    with refused("operation.signature"):  # good, and no member's
        quick.runtime.database.run(lambda session: service.import_signatures(
            session, quick.maker, operation_id=row.id, given=[json.loads(signature.read_text())]
        ))
    wrong = CliRunner().invoke(
        commands.app, ["operation", "sign", str(paper), str(signature), "--key", str(key), "--password", "x"]
    )
    assert isinstance(wrong.exception, MulianError) and wrong.exception.code == "chain.operation.key_file"
