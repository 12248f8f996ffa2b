"""``mulian chain account``: the platform's ledger accounts and the exchange of their keys."""

import uuid
from typing import Annotated

import typer

from chain.acting import acting
from chain.ledger.access_commands import senders
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

app = typer.Typer(no_args_is_help=True, help="平台链上账户：查看、权限、更换密钥")
PurposeArgument = Annotated[str, typer.Argument(help="账户用途，见 list")]
As = Annotated[str, typer.Option("--as", help="以该用户的身份与权限办理")]


@app.command("list")
def list_accounts(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出平台账户、经平台可用它写入的角色、正在办理的更换。List accounts."""
    from chain.accounts import views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = [one.model_dump(mode="json") for one in views.listing(session)]
    if not json:
        found = [
            {"purpose": one["purpose"], "address": one["address"], "roles": "；".join(one["roles"]),
             "rotation": one["rotation"]["state_title"]["zh"] if one["rotation"] else ""} for one in found
        ]
    output(found, json, title="平台账户 Accounts")


@app.command("rights")
def list_rights(purpose: PurposeArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """列出一个账户在链上的权限（角色、所有权、发送名单）。List what an account may do on the chain."""
    from chain.accounts import views

    with open_runtime(home) as runtime:
        found = [one.model_dump(mode="json") for one in views.on_chain(runtime, purpose)]
    if not json:
        found = [one | {"kind_title": one["kind_title"]["zh"]} for one in found]
    output(found, json, title=purpose)


@app.command("rotate")
def propose_rotation(
    purpose: PurposeArgument, reason: Annotated[str, typer.Argument(help="理由")], user: As,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """申请更换密钥，由另一人在控制台审批。Propose to exchange a key to a second person."""
    from chain.accounts import service
    from chain.accounts.schemas import rotation_out

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(
            lambda session: rotation_out(service.propose(session, actor, purpose=purpose, reason=reason))
        )
    output(found.model_dump(mode="json"), json)


@app.command("undo")
def undo_rotation(
    rotation: Annotated[uuid.UUID, typer.Argument(help="更换单编号")], user: As,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """撤销尚未切换的更换，旧账户继续使用。Undo an exchange whose new account is not in force yet."""
    from chain.accounts import service
    from chain.accounts.schemas import rotation_out

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(
            lambda session: rotation_out(service.undo(session, actor, rotation_id=rotation))
        )
    output(found.model_dump(mode="json"), json)


@app.command("rotations")
def list_rotations(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出更换单及其等待的事项。List exchanges and what they wait for."""
    from chain.accounts import queries
    from chain.accounts.schemas import rotation_out

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.rotations(None).limit(200)).all()
        found = [rotation_out(row).model_dump(mode="json") for row in rows]
    if not json:
        keys = ("id", "purpose", "old_address", "new_address", "problem")
        found = [{**{key: one[key] for key in keys}, "state": one["state_title"]["zh"]} for one in found]
    output(found, json, title="密钥更换 Exchanges")


@app.command("carry-on")
def carry_on(home: HomeOption = None, json: JsonOption = False) -> None:
    """就地推进已获批的更换（工作进程停止时使用）；可重复执行。Carry agreed exchanges on here and now."""
    from chain.accounts import rotating

    with open_runtime(home) as runtime:
        output(rotating.advance(runtime), json)


@senders.command("registry")
def follow_registry(home: HomeOption = None, json: JsonOption = False) -> None:
    """改由正式环境的 NodeRegistry 合约保存名单；平台账户须已全部列入。Let the NodeRegistry on the chain keep the list."""
    from chain.accounts import registry

    with open_runtime(home) as runtime:
        output({"registry": registry.follow(runtime, system_actor("cli"))}, json)
