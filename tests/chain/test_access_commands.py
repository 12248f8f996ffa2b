"""``mulian chain access`` and ``mulian chain senders``: files that the chain follows, and lines in the audit trail."""

import json
from typing import Any

from sqlalchemy import select
from typer.testing import CliRunner

from chain import commands
from chain.ledger.embedded.rpc.callers import ACCESS_FILE, PUBLIC, Caller, Callers
from chain.ledger.embedded.rules import ACCOUNTS_FILE, read_list
from kernel.audit.models import AuditLog
from kernel.runtime import Runtime

ONE, TWO = "0x" + "11" * 20, "0x" + "22" * 20


def test_tokens_and_senders(runtime: Runtime) -> None:
    home = runtime.home

    def run(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(commands.app, [*arguments, "--home", str(home.root), "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if code == 0 else None

    home.chain_dir.mkdir(parents=True, exist_ok=True)
    callers = Callers(home)
    token = run("access", "add", "民政局", "--method", "eth_*")["token"]
    assert callers.of(token) == Caller("民政局", ("eth_*",)) and callers.of(None) == Caller("anonymous", PUBLIC)
    assert token not in (home.chain_dir / ACCESS_FILE).read_text()
    again = run("access", "add", "民政局", "--method", "net_*")["token"]
    assert callers.of(token) is None and callers.of(again) == Caller("民政局", ("net_*",))
    run("access", "anonymous", "--nothing")
    assert callers.of(None) == Caller("anonymous", ())
    assert {row["name"]: row["methods"] for row in run("access", "list")} == {"anonymous": "", "民政局": "net_*"}
    run("access", "remove", "民政局")
    assert callers.of(again) is None
    run("access", "remove", "民政局", code=2)
    run("access", "anonymous")
    assert callers.of(None) == Caller("anonymous", PUBLIC)
    path = home.chain_dir / ACCOUNTS_FILE
    assert run("senders", "list") == [{"account": "*"}]
    run("senders", "remove", ONE, code=2)
    run("senders", "add", "0x12", code=2)
    run("senders", "add", ONE, TWO)
    run("senders", "remove", ONE)
    assert read_list(path) == frozenset({b"\x22" * 20}) and run("senders", "list") == [{"account": TWO}]
    run("senders", "everybody")
    assert read_list(path) is None
    with runtime.database.read() as session:
        actions = session.scalars(select(AuditLog.action).where(AuditLog.object_type == "chain_rpc")).all()
    assert sorted(set(actions)) == [
        "chain.rpc_access.add", "chain.rpc_access.anonymous", "chain.rpc_access.remove", "chain.senders.add",
        "chain.senders.everybody", "chain.senders.remove",
    ]
