"""``mulian contract operation``: what k of n persons sign; ``key`` and ``sign`` are for their own offline machines."""

import json as json_
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from chain.acting import acting
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="多人签名操作：提出、导出、离线签名、导入、执行")
As = Annotated[str, typer.Option("--as", help="以该用户的身份与权限办理")]
OperationArgument = Annotated[uuid.UUID, typer.Argument(help="操作编号")]
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
KeyOption = Annotated[Path, typer.Option("--key", help="成员自己的加密密钥文件")]
PasswordOption = Annotated[
    str, typer.Option(prompt="密钥口令", hide_input=True, help="缺省时提示输入", envvar="MULIAN_KEY_PASSWORD")
]


@app.command("open")
def open_operation(
    title: Annotated[str, typer.Argument(help="事由")],
    calls: Annotated[str, typer.Argument(help='JSON：[{"contract": …, "method": …, "arguments": […]}]')],
    user: As, environment: Annotated[str, typer.Option("--environment", "-e", help="test 或 production")] = "test",
    board: Annotated[str | None, typer.Option(help="审批合约名称；只有一个时可省略")] = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="签名有效天数")] = 14,
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """提出一项操作（先试算），由成员离线签名。Write an operation down for persons to sign."""
    from chain.operations import service
    from chain.operations.schemas import OperationIn, operation_out

    given = OperationIn.model_validate(
        {"environment": environment, "title": title, "calls": _json(calls), "board": board, "days": days}
    )
    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(
            lambda session: operation_out(session, service.open_operation(session, actor, **given.model_dump()))
        )
    _show(found.model_dump(mode="json"), json)


@app.command("list")
def list_operations(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出操作。List operations."""
    from chain.operations import queries
    from chain.operations.schemas import operation_out

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.operations(None).limit(200)).all()
        found = [operation_out(session, row).model_dump(mode="json") for row in rows]
    output(found if json else [_short(one) for one in found], json, title="多人签名操作 Operations")


@app.command("document")
def write_document(
    operation: OperationArgument, file: Annotated[Path, typer.Argument(help="写入的文件")],
    home: HomeOption = None, json: JsonOption = False,
) -> None:
    """导出成员要签名的文件（EIP-712）。Write the document that members sign."""
    from chain.operations import service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        document = service.document(service.get(session, operation))
    file.write_text(json_.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")
    output({"file": str(file), "operation": document["operation"]}, json)


@app.command("import")
def import_signatures(
    operation: OperationArgument, files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)],
    user: As, home: HomeOption = None, json: JsonOption = False,
) -> None:
    """导入成员的签名文件；够数即执行。Import signatures; with enough of them the operation is carried out."""
    from chain.operations import service
    from chain.operations.schemas import SignatureIn, operation_out

    given = [
        SignatureIn.model_validate(_json(file.read_text("utf-8"))).model_dump(exclude_none=True) for file in files
    ]
    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(lambda session: operation_out(
            session, service.import_signatures(session, actor, operation_id=operation, given=given)
        ))
    _show(found.model_dump(mode="json"), json)


@app.command("execute")
def execute(operation: OperationArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """就地执行签名已够的操作（工作进程停止时使用）；可重复执行。Carry out an operation here and now."""
    from chain.operations import carrying

    with open_runtime(home) as runtime:
        state = carrying.carry_out(runtime, operation)
    output({"state": state}, json)
    if state != "executed":
        raise typer.Exit(1)


@app.command("cancel")
def cancel(operation: OperationArgument, user: As, home: HomeOption = None, json: JsonOption = False) -> None:
    """取消未执行的操作。Give an operation up."""
    from chain.operations import service
    from chain.operations.schemas import operation_out

    with open_runtime(home) as runtime:
        actor = acting(runtime, user)
        found = runtime.database.run(
            lambda session: operation_out(session, service.cancel(session, actor, operation_id=operation))
        )
    _show(found.model_dump(mode="json"), json)


@app.command("key")
def make_key(
    file: Annotated[Path, typer.Argument(help="写入的加密密钥文件，不覆盖已有文件")], password: PasswordOption,
    json: JsonOption = False,
) -> None:
    """成员在自己的计算机上制作密钥；把显示的地址交给平台。Make a member's own key, offline."""
    from chain.ledger import key_files
    from chain.operations.errors import KEY_FILE

    try:
        made = key_files.create(file, password)
    except OSError as error:
        raise KEY_FILE(reason=str(error)) from error
    output({"address": made.address, "file": str(file)}, json)


@app.command("sign")
def sign(
    document: FileArgument, signature: Annotated[Path, typer.Argument(help="写入的签名文件")], key: KeyOption,
    password: PasswordOption, json: JsonOption = False,
) -> None:
    """成员在自己的计算机上签名：先核对显示的调用。Sign a document offline."""
    from chain.ledger import key_files
    from chain.operations import rules
    from chain.operations.errors import KEY_FILE

    given = _json(document.read_text("utf-8"))
    _, contract, operation = rules.operation_of(given)
    try:
        signer = key_files.load(key, password)
    except (ValueError, OSError) as error:
        raise KEY_FILE(reason=str(error)) from error
    made = rules.signed(given, signer)
    signature.write_text(json_.dumps(made, indent=1) + "\n", "utf-8")
    calls = [f"{target} 0x{data.hex()}" for target, data in operation.calls]
    output({**made, "contract": contract, "calls": calls, "not_after": operation.not_after}, json)


def _json(text: str) -> Any:
    try:
        return json_.loads(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _short(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"], "title": one["title"], "environment": one["environment"], "state": one["state_title"]["zh"],
        "signatures": f"{len(one['signatures'])}/{one['threshold']}", "not_after": one["not_after"],
    }


def _show(one: dict[str, Any], json: bool) -> None:
    output(one if json else _short(one), json)
