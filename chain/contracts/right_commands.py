"""``mulian contract right``: which role may write which method of a contract through the platform."""

import uuid
from typing import Annotated

import typer

from chain.acting import acting
from chain.contracts.accounts import TEST
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="调用授权：按合约、按方法授予角色")
NameArgument = Annotated[str, typer.Argument(help="合约名称")]
As = Annotated[str, typer.Option("--as", help="以该用户的身份与权限办理")]


@app.command("list")
def list_rights(
    name: Annotated[str | None, typer.Argument(help="只列一个合约")] = None, home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """列出哪个角色可写哪个方法。List who may write what."""
    from chain.contracts import queries
    from chain.contracts.schemas import RightOut

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = [RightOut.model_validate(row).model_dump(mode="json") for row in queries.rights(session, name)]
    output(found, json, title="调用授权 Rights")


@app.command("grant")
def grant_right(
    name: NameArgument, method: Annotated[str, typer.Argument(help="方法签名，或 * 表示全部")],
    role: Annotated[str, typer.Argument(help="角色")], user: As,
    environment: Annotated[str, typer.Option("--environment", "-e", help="test 或 production")] = TEST,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """把一个写方法授予一个角色。Let a role write a method."""
    from chain.contracts import writes
    from chain.contracts.schemas import RightOut

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(lambda session: RightOut.model_validate(
            writes.grant(session, actor, name=name, environment=environment, method=method, role=role)
        ))
    output(found.model_dump(mode="json"), json)


@app.command("revoke")
def revoke_right(
    right: Annotated[uuid.UUID, typer.Argument(help="授权编号")], user: As, home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """收回一项授权，立即生效。Take a right back."""
    from chain.contracts import writes

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        runtime.database.run(lambda session: writes.revoke(session, actor, right_id=right))
    output({"revoked": str(right)}, json)
