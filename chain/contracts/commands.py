"""``mulian contract``: the life of contracts from the command line."""

import json as json_
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from chain.acting import acting
from chain.contracts.accounts import ENVIRONMENTS, TEST
from chain.contracts.right_commands import app as rights
from chain.operations.commands import app as operations
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.errors import NOT_FOUND
from kernel.runtime import Runtime

app = typer.Typer(help="智能合约：登记、试运行、部署、调用 / contracts", no_args_is_help=True)
app.add_typer(operations, name="operation")
app.add_typer(rights, name="right")
NameArgument = Annotated[str, typer.Argument(help="合约名称")]
VersionArgument = Annotated[str, typer.Argument(help="版本")]
EnvironmentOption = Annotated[str, typer.Option("--environment", "-e", help="test 测试环境 · production 正式环境")]
As = Annotated[str, typer.Option("--as", help="以该用户的身份与权限办理")]


@app.command("list")
def list_contracts(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出合约：现行版本、最新版本、未办结的部署。List contracts."""
    from chain.contracts import views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        lines = views.lines(session)
        if json:
            output([one.model_dump(mode="json") for one in lines], True)
            return
        output([
            {
                "name": one.name, "newest": f"{one.newest.version} {one.newest.state_title.zh}" if one.newest else "",
                **{where: next((live.version + ("（冻结）" if live.frozen_at else "") for live in one.live
                                if live.environment == where), "") for where in ENVIRONMENTS},
                "open": "；".join(f"{each.action_title.zh} {each.version}" for each in one.open),
            } for one in lines
        ], False, title="智能合约")


@app.command()
def show(name: NameArgument, version: VersionArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """显示一个版本：构建、试运行报告、摘要。Show one version."""
    from chain.contracts import views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = views.version(session, _version(session, name, version)).model_dump(mode="json")
    brief = ("name", "version", "state", "contract", "compiler", "fork", "digest", "cases", "passed", "report")
    output(found if json else {key: found[key] for key in brief}, json)


@app.command()
def rehearse(
    name: NameArgument, version: VersionArgument, user: As,
    contract: Annotated[str, typer.Option(help="Name 或 unit:Name")],
    tests: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="测试用例 JSON")],
    build: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="构建文件，如 build-info")] = None,
    kind: Annotated[str, typer.Option(help="plain 或 uups")] = "plain",
    fork: Annotated[str, typer.Option(help="目标网络的分叉：london、shanghai、cancun")] = "london",
    arguments: Annotated[str, typer.Option(help="构造参数，JSON 数组")] = "[]",
    initialiser: Annotated[str, typer.Option(help='初始化调用，JSON：{"method": …, "arguments": […]}')] = "null",
    libraries: Annotated[str, typer.Option(help='库，JSON：{"unit:Name": "合约名称"}')] = "{}",
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """登记一个版本并就地试运行；不写 --build 时取本程序自带的合约。Register a version and rehearse it here."""
    from chain.contracts import handing, packages, versions, views
    from chain.contracts.schemas import VersionIn

    given = VersionIn.model_validate({
        "name": name, "version": version, "kind": kind, "fork": fork, "contract": contract, "builtin": build is None,
        "build": None if build is None else packages.load(build.read_bytes()),
        "tests": packages.load(tests.read_bytes()), "arguments": _json(arguments, "--arguments"),
        "initialiser": _json(initialiser, "--initialiser"), "libraries": _json(libraries, "--libraries"),
    })
    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        row = runtime.database.run(lambda session: handing.hand_in(session, actor, given))
        versions.rehearse(runtime, actor, row.id)
        with runtime.database.read() as session:
            found = views.version(session, versions.get(session, row.id)).model_dump(mode="json")
    brief = ("id", "name", "version", "state", "digest", "cases", "passed")
    output(found if json else {key: found[key] for key in brief}, json)
    if found["state"] != "ready":
        raise typer.Exit(1)


@app.command()
def propose(
    name: NameArgument, version: VersionArgument, user: As, environment: EnvironmentOption = TEST,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """申请部署，由另一人在控制台审批。Propose a deployment to a second person."""
    _propose(home, json, name, version, user, environment)


@app.command()
def promote(
    name: NameArgument, version: VersionArgument, user: As, home: HomeOption = None, json: JsonOption = False,
) -> None:
    """申请把测试环境的现行版本发布到正式环境。Propose to bring what the test environment has to production."""
    _propose(home, json, name, version, user, "production")


@app.command()
def rollback(
    name: NameArgument, version: VersionArgument, user: As, environment: EnvironmentOption = TEST,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """申请退回到曾经上线的版本。Propose to go back to a former version."""
    from chain.contracts import deployments

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        row = runtime.database.run(lambda session: deployments.propose_rollback(
            session, actor, name=name, environment=environment, version_id=_version(session, name, version).id
        ))
        output(_deployment(runtime, row.id), json)


@app.command()
def deploy(
    deployment: Annotated[uuid.UUID, typer.Argument(help="部署单编号")], home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """就地执行已获批的部署单（工作进程停止时使用）；可重复执行。Carry out an agreed deployment here and now."""
    from chain.contracts import deploying
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime:
        state = deploying.carry_out(runtime, system_actor("cli"), deployment)
        output(_deployment(runtime, deployment), json)
    if state != "done":
        raise typer.Exit(1)


@app.command()
def resume(home: HomeOption = None, json: JsonOption = False) -> None:
    """就地完成所有中断的部署与调用；可重复执行。Finish every interrupted deployment and call here and now."""
    from chain.contracts import deploying, queries, sending
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime:
        with runtime.database.read() as session:
            running = queries.running(session)
            waiting = queries.unfinished_calls(session)
        done = [
            {"kind": "deployment", "id": str(one), "state": deploying.carry_out(runtime, system_actor("cli"), one)}
            for one in running
        ]
        done += [{"kind": "call", "id": str(one), "state": sending.carry_out(runtime, one)} for one in waiting]
    output(done, json)


@app.command()
def call(
    name: NameArgument, method: Annotated[str, typer.Argument(help="方法名或签名")],
    arguments: Annotated[str, typer.Argument(help="参数，JSON 数组")] = "[]",
    environment: EnvironmentOption = TEST,
    user: Annotated[str | None, typer.Option("--as", help="写方法须指明用户")] = None,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """调用合约：读方法立即返回，写方法由平台账户签名并等待上链。Call a contract."""
    from chain.contracts import sending, writes
    from chain.contracts.models import ContractCall
    from kernel.identity.actor import system_actor

    given = _json(arguments, "ARGUMENTS")
    with open_runtime(home) as runtime:
        actor = system_actor("cli") if user is None else acting(runtime, user)
        with runtime.database.read() as session:
            found = writes.method_of(writes.live(session, name=name, environment=environment), method)
            if found.reads:
                values = writes.read(
                    session, actor, name=name, environment=environment, method=method, arguments=given
                )[1]
                output({"values": values}, json)
                return
        if user is None:
            raise typer.BadParameter("写方法须用 --as 指明用户 / a write needs --as")
        row = runtime.database.run(lambda session: writes.write(
            session, actor, name=name, environment=environment, method=method, arguments=given
        ))
        state = sending.carry_out(runtime, row.id)
        with runtime.database.read() as session:
            done = session.get_one(ContractCall, row.id)
            output({
                "state": done.state, "problem": done.problem, "tx_hash": done.tx_hash,
                "block_number": done.block_number, "gas_used": done.gas_used, "events": done.events,
            }, json)
    if state != "sealed":
        raise typer.Exit(1)


@app.command()
def freeze(
    name: NameArgument, reason: Annotated[str, typer.Argument(help="原因")], user: As,
    environment: EnvironmentOption = TEST, home: HomeOption = None, json: JsonOption = False,
) -> None:
    """冻结：平台立即停止写入；解冻须两人。Freeze a contract; two people unfreeze it."""
    from chain.contracts import writes

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        row = runtime.database.run(lambda session: writes.freeze(
            session, actor, name=name, environment=environment, reason=reason
        ))
        output({"name": row.name, "environment": row.environment, "frozen_at": str(row.frozen_at)}, json)


@app.command()
def history(name: NameArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """列出一个合约的全部经过。List everything that happened to a contract."""
    from chain.contracts import queries, views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = views.events(list(session.scalars(queries.events(name).limit(1000))))
        if json:
            output([one.model_dump(mode="json") for one in found], True)
            return
        output([
            {"at": one.at.isoformat(timespec="seconds"), "act": one.action_title.zh,
             "environment": one.environment or "", "version": one.version or "", "actor": one.actor} for one in found
        ], False, title=name)


def _propose(home: Path | None, json: bool, name: str, version: str, user: str, environment: str) -> None:
    from chain.contracts import deployments

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        row = runtime.database.run(lambda session: deployments.propose(
            session, actor, version_id=_version(session, name, version).id, environment=environment
        ))
        output(_deployment(runtime, row.id), json)


def _deployment(runtime: Runtime, deployment_id: uuid.UUID) -> dict[str, Any]:
    from chain.contracts import deployments, views

    with runtime.database.read() as session:
        row = deployments.get(session, deployment_id)
        found: dict[str, Any] = views.deployments(session, [row])[0].model_dump(mode="json")
    return found


def _version(session: Session, name: str, version: str) -> Any:
    from chain.contracts import queries

    found = queries.version_named(session, name, version)
    if found is None:
        raise NOT_FOUND()
    return found


def _json(text: str, where: str) -> Any:
    try:
        return json_.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"{where}: {error}") from error
