"""``mulian anchor``: status, flush, proof, verify, consistency, trust, resume; ``witness`` is a group of its own."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from chain.anchoring import audit_feed, batching, consistency, overview, queries, restore, rules, service, streams
from chain.anchoring import verify_proof as verifier
from chain.witness.commands import app as witness_app
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.files_atomic import write_atomic
from kernel.identity.actor import system_actor

app = typer.Typer(help="上链存证：状态、封存、存证文件、核验 / anchoring", no_args_is_help=True)
app.add_typer(witness_app, name="witness")


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """显示各存证流的进度与待上链数量 / streams and what waits."""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = [row.model_dump(mode="json") for row in overview.streams(session)]
    shown = rows if json else [{key: row[key] for key in ("name", "epoch", "state", "anchored",
        "waiting")} for row in rows]
    output({"streams": shown} if json else shown, json, title="存证流")


@app.command()
def flush(
    home: HomeOption = None,
    json: JsonOption = False,
    wait: Annotated[float, typer.Option(help="最长等待秒数 / seconds to wait at most")] = 60.0,
) -> None:
    """立即封存所有待上链记录 / anchor what waits now."""
    with open_runtime(home) as runtime:
        audit_feed.feed(runtime)
        done = batching.flush(runtime, wait_seconds=wait)
    output(done.as_dict(), json)
    if done.errors or done.waiting:
        raise typer.Exit(1)


@app.command()
def proof(
    target: Annotated[Path, typer.Argument(help="输出文件，或 --all 时的文件夹 / output file, or folder with --all")],
    object_type: Annotated[str | None, typer.Option("--type", help="对象类型，如 data_entry")] = None,
    object_id: Annotated[str | None, typer.Option("--id", help="对象标识")] = None,
    version: Annotated[int | None, typer.Option(help="版本号")] = None,
    stream: Annotated[str | None, typer.Option(help="只导出该存证流（与 --all 同用）")] = None,
    everything: Annotated[bool, typer.Option("--all", help="导出全部存证文件")] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """导出存证文件 / write proof files."""
    if not everything and (object_type is None or object_id is None or version is None):
        raise typer.BadParameter("请给出 --type --id --version，或 --all / give --type --id --version, or --all")
    with open_runtime(home) as runtime, runtime.database.read() as session:
        if everything:
            output({"written": service.export_proofs(session, target, stream=stream)}, json)
            return
        data = service.proof_of_object(
            session, system_actor("cli"), object_type=object_type or "", object_id=object_id or "", version=version or 0
        )
        write_atomic(target, data)
    output({"written": 1, "file": str(target)}, json)


@app.command()
def verify(
    proofs: Annotated[list[str], typer.Argument(help="存证文件或文件夹 / proof files or folders")],
    trust: Annotated[Path | None, typer.Option(help="信任文件；缺省用本系统的 / default: this installation's")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """核验存证文件，退出码同 verify_proof.py / verify proofs."""
    if trust is None:
        with open_runtime(home) as runtime:
            data = service.trust(runtime)
    else:
        data = trust.read_bytes()
    sys.exit(verifier.check_files(proofs, data, as_json=json))


@app.command("consistency")
def consistency_file(
    stream: Annotated[str, typer.Argument(help="存证流的链上名称，如 catalog 或 catalog/2")],
    old: Annotated[int, typer.Argument(min=1, help="旧的大小（记录数）")],
    size: Annotated[int, typer.Argument(min=1, help="新的大小，须为某个检查点的大小")],
    target: Annotated[Path, typer.Argument(help="输出文件 / output file")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """导出一致性文件：新树是旧树的延续；用 verify_proof.py 核验 / write a consistency file."""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        write_atomic(target, consistency.file(session, stream=stream, old=old, size=size))
    output({"written": 1, "file": str(target)}, json)


@app.command()
def trust(
    target: Annotated[Path | None, typer.Argument(help="输出文件；缺省只显示指纹 / output file")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """写出信任文件并显示指纹 / write the trust file, print its fingerprint."""
    with open_runtime(home) as runtime:
        data = service.trust(runtime)
    if target is not None:
        write_atomic(target, data)
    output({"fingerprint": service.fingerprint(data), "file": str(target) if target else None}, json)


@app.command()
def resume(
    stream: Annotated[str, typer.Argument(help="已停止的存证流 / the halted stream")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """核对备份后，让已停止的存证流以新纪元继续 / continue a halted stream as a new epoch."""
    with open_runtime(home) as runtime:
        with runtime.database.read() as session:
            row = queries.stream(session, stream)
            if row is None:
                raise typer.BadParameter(f"没有存证流 {stream} / no such stream")
            name, address = rules.chain_name(stream, row.epoch), row.address
        ledger = streams.open_ledger(runtime)
        head, nonce = ledger.head_of(rules.stream_id(name)), ledger.nonce(address)
        actor = system_actor("cli")
        runtime.database.run(
            lambda session: restore.resume(session, actor, stream=stream, chain=head, nonce=nonce).epoch
        )
    output({"stream": stream, "resumed_from_seq": head.seq}, json)
