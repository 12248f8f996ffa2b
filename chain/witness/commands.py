"""``mulian anchor witness``: who witnesses this platform, and the exchange by file where no network joins both."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

from chain.witness import asking, queries, service, stamping, views
from chain.witness.errors import WITNESS_KEY
from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.files_atomic import write_atomic
from kernel.identity.actor import system_actor

app = typer.Typer(help="存证见证方：登记、请求签名、导入签名 / witnesses of this platform", no_args_is_help=True)
_SHOWN = ("id", "name", "state", "signed", "last_signed_at", "problem")


@app.command("list")
def list_witnesses(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出见证方、已签数与未签名的原因 / list witnesses."""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = views.witnesses(session).model_dump(mode="json")
    output(found if json else [{key: row[key] for key in _SHOWN} for row in found["items"]], json, title="见证方")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="名称，写入信任文件")],
    key: Annotated[str, typer.Argument(help="mulian witness init 显示的公钥（130 位十六进制）")],
    url: Annotated[str | None, typer.Option(help="平台请求签名的地址；不填则由见证方主动来取")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """登记见证方 / register a witness."""
    try:
        raw = bytes.fromhex(key)
    except ValueError as error:
        raise WITNESS_KEY(reason="hex") from error
    with open_runtime(home) as runtime:
        row_id = runtime.database.run(
            lambda session: service.register(session, system_actor("cli"), name=name, key=raw, url=url).id
        )
    output({"id": str(row_id), "name": name}, json)


@app.command()
def end(
    witness: Annotated[uuid.UUID, typer.Argument(help="见证方编号")],
    revoke: Annotated[bool, typer.Option("--revoke", help="撤销公钥：既有签名不再计入")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """停用或撤销见证方 / retire a witness, or revoke its key."""
    with open_runtime(home) as runtime:
        state = runtime.database.run(
            lambda session: service.end(session, system_actor("cli"), witness_id=witness, revoke=revoke).state
        )
    output({"id": str(witness), "state": state}, json)


@app.command()
def quorum(
    count: Annotated[int, typer.Argument(min=0, help="存证被认证所需的见证方数；写入此后的信任文件")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """设定所需见证方数 / how many witnesses a proof must show."""
    with open_runtime(home) as runtime:
        runtime.database.run(lambda session: service.set_quorum(session, system_actor("cli"), quorum=count))
    output({"quorum": count}, json)


@app.command()
def ask(home: HomeOption = None, json: JsonOption = False) -> None:
    """立即请求有地址的见证方签名 / ask the witnesses that have an address now."""
    with open_runtime(home) as runtime:
        done = asking.ask_all(runtime)
    output(done, json)
    if done["problems"]:
        raise typer.Exit(1)


@app.command("export")
def export_requests(
    witness: Annotated[uuid.UUID, typer.Argument(help="见证方编号")],
    target: Annotated[Path, typer.Argument(help="请求文件，交见证方执行 mulian witness cosign")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """导出某见证方尚未签名的请求（物理隔离时使用）/ write what a witness has not signed."""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        sizes = queries.signed_sizes(session, witness)
        streams = [point.stream for point in queries.newest_checkpoints(session)]
        asked = [one for name in streams for one in service.requests(session, stream=name, after=sizes.get(name))]
    write_atomic(target, b"".join(one.as_bytes() for one in asked))
    output({"written": len(asked), "file": str(target)}, json)


@app.command("import")
def import_answers(
    answers: Annotated[list[Path], typer.Argument(help="见证方的答复文件")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """导入见证方的签名 / keep the cosignatures of answer files."""
    with open_runtime(home) as runtime:
        given = [answer for path in answers for answer in service.read_answers(path.read_bytes())]
        count = runtime.database.run(lambda session: service.accept(session, given))
    output({"accepted": count}, json)


@app.command()
def stamps(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="写入的文件夹")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """先请时间戳机构签发，再导出各存证流最新的检查点与时间戳 / have checkpoints stamped and write them out."""
    with open_runtime(home) as runtime:
        done = stamping.stamp_all(runtime)
        with runtime.database.read() as session:
            written = [{"file": str(path), "time": clock.iso(time)} for path, time in stamping.export(session, folder)]
    output(done | {"stamps": written} if json else written, json, title="时间戳")
