"""``mulian chain access`` (tokens of the chain's RPC) and ``mulian chain senders`` (who may send transactions).

Both write files that the running chain follows; every change leaves a line in the audit trail.
"""

import json as json_module
import secrets
from pathlib import Path
from typing import Annotated, Any

import typer

from chain.ledger.access import ledger_of
from chain.ledger.embedded.rpc.callers import ACCESS_FILE, PUBLIC, digest_of, parse, write_access
from chain.ledger.errors import RPC_ACCESS
from kernel.audit.service import record
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor
from kernel.runtime import Runtime

access = typer.Typer(no_args_is_help=True, help="链接口的访问令牌与方法名单")
senders = typer.Typer(no_args_is_help=True, help="可发送交易的账户名单")
Methods = Annotated[list[str] | None, typer.Option("--method", help="允许的方法，可用 *，可重复")]


def _read(runtime: Runtime) -> tuple[Path, list[str], dict[str, dict[str, Any]]]:
    path = runtime.home.chain_dir / ACCESS_FILE
    text = path.read_text("utf-8") if path.exists() else "{}"
    try:
        parse(text)
    except ValueError as error:
        raise RPC_ACCESS(reason=f"{path}: {error}") from error
    document = json_module.loads(text)
    return path, document.get("anonymous", list(PUBLIC)), document.get("tenants", {})


def _audit(runtime: Runtime, action: str, name: str, detail: dict[str, Any]) -> None:
    with runtime.database.write() as session:
        record(
            session, system_actor("cli"), action=action, object_type="chain_rpc", object_id=name, detail=detail,
        )


@access.command("list")
def list_access(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出令牌持有方与各自可用的方法。List tenants and their methods."""
    with open_runtime(home) as runtime:
        _, anonymous, tenants = _read(runtime)
    rows = [{"name": "anonymous", "methods": " ".join(anonymous)}]
    rows += [{"name": name, "methods": " ".join(item.get("methods", PUBLIC))} for name, item in sorted(tenants.items())]
    output(rows, json, title="链接口访问 RPC access")


@access.command("add")
def add_access(
    name: Annotated[str, typer.Argument(help="令牌持有方，如单位或系统名称")],
    method: Methods = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """发放令牌（只显示这一次）；同名的旧令牌随即失效。Issue a token, shown once."""
    token = secrets.token_urlsafe(32)
    methods = method or list(PUBLIC)
    with open_runtime(home) as runtime:
        path, anonymous, tenants = _read(runtime)
        _audit(runtime, "chain.rpc_access.add", name, {"methods": methods, "replaced": name in tenants})
        write_access(path, anonymous, tenants | {name: {"token_sha256": digest_of(token), "methods": methods}})
    output({"name": name, "token": token, "methods": " ".join(methods)}, json)


@access.command("remove")
def remove_access(
    name: Annotated[str, typer.Argument(help="令牌持有方")], home: HomeOption = None, json: JsonOption = False
) -> None:
    """收回令牌，立即生效。Withdraw a token."""
    with open_runtime(home) as runtime:
        path, anonymous, tenants = _read(runtime)
        if name not in tenants:
            raise typer.BadParameter(f"没有 {name} / there is no {name}")
        _audit(runtime, "chain.rpc_access.remove", name, {})
        write_access(path, anonymous, {key: item for key, item in tenants.items() if key != name})
    output({"removed": name}, json)


@access.command("anonymous")
def set_anonymous(
    method: Methods = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="没有令牌的一律拒绝")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """规定没有令牌的调用方可用的方法；不带参数则恢复缺省名单。Set what callers without a token may use."""
    methods = [] if nothing else method or list(PUBLIC)
    with open_runtime(home) as runtime:
        path, _, tenants = _read(runtime)
        _audit(runtime, "chain.rpc_access.anonymous", "anonymous", {"methods": methods})
        write_access(path, methods, tenants)
    output({"anonymous": " ".join(methods)}, json)


def _change(home: Path | None, action: str, wanted: list[str], json: bool) -> None:
    from chain.ledger.embedded.rules import ACCOUNTS_FILE, Registry, read_list

    named = _addresses(wanted)
    with open_runtime(home) as runtime:
        listed = read_list(runtime.home.chain_dir / ACCOUNTS_FILE)
        if isinstance(listed, Registry):
            raise typer.BadParameter(f"名单由合约 0x{listed.address.hex()} 保存 / the registry on the chain keeps the list")
        if action == "remove" and listed is None:
            raise typer.BadParameter("名单未启用，任何账户都可发送 / there is no list yet: everybody may send")
        before: frozenset[bytes] = listed or frozenset()
        after = before | named if action == "add" else before - named
        _write(runtime, action, after, sorted("0x" + item.hex() for item in named))
    output({"senders": len(after)}, json)


def _addresses(given: list[str]) -> frozenset[bytes]:
    try:
        named = frozenset(bytes.fromhex(item.removeprefix("0x")) for item in given)
    except ValueError as error:
        raise typer.BadParameter("账户为 40 位十六进制 / an account has 40 hex digits") from error
    if any(len(item) != 20 for item in named):
        raise typer.BadParameter("账户为 40 位十六进制 / an account has 40 hex digits")
    return named


def _write(runtime: Runtime, action: str, after: frozenset[bytes] | None, named: list[str]) -> None:
    from chain.ledger.embedded.rules import ACCOUNTS_FILE, write_list

    path = runtime.home.chain_dir / ACCOUNTS_FILE
    _audit(runtime, f"chain.senders.{action}", ACCOUNTS_FILE, {"accounts": named})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_list(path, after)


@senders.command("list")
def list_senders(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出可发送交易的账户；未启用名单时任何账户都可发送。List who may send."""
    from chain.ledger.embedded.rules import ACCOUNTS_FILE, Registry, read_list

    with open_runtime(home) as runtime:
        listed = read_list(runtime.home.chain_dir / ACCOUNTS_FILE)
        if isinstance(listed, Registry):
            rows = [{"account": one} for one in ledger_of(runtime).request("perm_getAccountsAllowlist")]
        else:
            rows = [{"account": "*" if listed is None else "0x" + one.hex()} for one in sorted(listed or {b""})]
    output(rows, json, title="可发送交易的账户 Senders")


@senders.command("add")
def add_senders(
    accounts: Annotated[list[str], typer.Argument(help="账户地址")], home: HomeOption = None, json: JsonOption = False
) -> None:
    """把账户加入名单；名单由此启用，自下一区块起不在名单上的一律拒绝。Add to the list, which is in force from now on."""
    _change(home, "add", accounts, json)


@senders.command("remove")
def remove_senders(
    accounts: Annotated[list[str], typer.Argument(help="账户地址")], home: HomeOption = None, json: JsonOption = False
) -> None:
    """把账户移出名单，其待处理交易随即作废并留有原因。Remove; what they have waiting is dropped."""
    _change(home, "remove", accounts, json)


@senders.command("everybody")
def allow_everybody(home: HomeOption = None, json: JsonOption = False) -> None:
    """停用名单：任何账户都可发送交易。Put the list out of force."""
    with open_runtime(home) as runtime:
        _write(runtime, "everybody", None, [])
    output({"senders": None}, json)
