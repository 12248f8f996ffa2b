"""``mulian chain registry``: registries that the platform writes by itself."""

from typing import Annotated

import typer

from chain.acting import acting
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="登记合约：启用、停用、授角色、写入、查询")
ContractArgument = Annotated[str, typer.Argument(help="合约名称，见 list")]
As = Annotated[str, typer.Option("--as", help="以该用户的身份与权限办理")]


@app.command("list")
def list_registries(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出登记合约及写入情况。List registries."""
    from chain.registries import schemas

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = [one.model_dump(mode="json") for one in schemas.registries(session)]
    output(found if json else [one | {"title": one["title"]["zh"]} for one in found], json, title="登记合约 Registries")


@app.command("enable")
def enable(contract: ContractArgument, user: As, home: HomeOption = None, json: JsonOption = False) -> None:
    """启用写入；合约须已在正式环境上线。Switch the writing on."""
    _switch(contract, user, True, home, json)


@app.command("disable")
def disable(contract: ContractArgument, user: As, home: HomeOption = None, json: JsonOption = False) -> None:
    """停用写入；已排队的保留。Switch the writing off."""
    _switch(contract, user, False, home, json)


@app.command("roles")
def ask_roles(contract: ContractArgument, user: As, home: HomeOption = None, json: JsonOption = False) -> None:
    """为等待角色的记录提出多人签名操作。Open an operation for missing roles."""
    from chain.operations.schemas import operation_out
    from chain.registries import service

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(
            lambda session: operation_out(session, service.ask_roles(session, actor, contract=contract))
        )
    output({"operation": str(found.id), "title": found.title, "threshold": found.threshold}, json)


@app.command("records")
def list_records(
    contract: Annotated[str | None, typer.Argument(help="只列一个合约")] = None,
    state: Annotated[str | None, typer.Option(help="waiting、final 或 skipped")] = None,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """列出记录及其上链情况。List records."""
    from chain.registries import queries, schemas

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.records(contract, state, None, None).limit(200)).all()
        found = [schemas.record_out(session, row).model_dump(mode="json") for row in rows]
    if not json:
        keys = ("contract", "object_type", "object_id", "problem", "tx_hash", "block_number")
        found = [{**{key: one[key] for key in keys}, "state": one["state_title"]["zh"]} for one in found]
    output(found, json, title="登记记录 Records")


@app.command("flush")
def flush(home: HomeOption = None, json: JsonOption = False) -> None:
    """就地写入等待的记录；可重复执行。Write what waits here and now."""
    from chain.registries import writing

    with open_runtime(home) as runtime:
        done = writing.flush(runtime)
    output({"final": done.final, "waiting": done.waiting}, json)


def _switch(contract: str, user: str, on: bool, home: HomeOption, json: bool) -> None:
    from chain.registries import service

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        row = runtime.database.run(lambda session: service.switch(session, actor, contract=contract, on=on))
    output({"contract": row.contract, "enabled": row.enabled}, json)
