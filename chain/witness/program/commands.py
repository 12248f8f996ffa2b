"""``mulian witness``: what a witnessing department runs. It needs no installation of the platform."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from chain.witness.errors import WITNESS_HOME
from chain.witness.program import service
from chain.witness.program.service import Witness
from kernel.cli import JsonOption, output

app = typer.Typer(help="存证见证：见证方运行 / what a witness runs", no_args_is_help=True)
WitnessHome = Annotated[
    Path, typer.Option("--home", help="见证方目录 / the witness's own folder", envvar="MULIAN_WITNESS_HOME")
]


@app.command()
def init(
    home: WitnessHome,
    trust: Annotated[Path, typer.Option(help="平台的信任文件（须经可靠渠道取得）/ the platform's trust file")],
    name: Annotated[str, typer.Option(help="见证方名称 / name")] = "witness",
    json: JsonOption = False,
) -> None:
    """建立见证方目录与 SM2 密钥；或换用平台的新信任文件 / make home and key, or take a newer trust file."""
    try:
        data = trust.read_bytes()
    except OSError as error:
        raise WITNESS_HOME(home=str(home), reason=str(error)) from error
    made = service.init(home, name=name, trust=data)
    output({"home": str(home), "name": name, "key": made.key.hex(), "origin": made.known.origin}, json)


@app.command()
def status(home: WitnessHome, json: JsonOption = False) -> None:
    """显示公钥、各流已见到的大小与拒绝记录；有拒绝记录时退出码为 1 / key, what was seen, refusals."""
    found = Witness(home).status()
    output(found, json)
    if found["conflicts"]:
        raise typer.Exit(1)


@app.command()
def cosign(
    home: WitnessHome,
    requests: Annotated[list[Path], typer.Argument(help="联合签名请求文件，每行一个请求 / request files, one request a line")],
    answers: Annotated[Path | None, typer.Option("--output", "-o", help="答复文件；缺省为标准输出 / default: stdout")] = None,
) -> None:
    """为离线送来的检查点签名（物理隔离时使用）/ sign checkpoints that came as a file."""
    witness, signed = Witness(home), b""
    try:
        for path in requests:
            for line in path.read_bytes().splitlines(keepends=True):
                signed += witness.cosign(line).as_bytes()
    finally:  # what was signed before a refusal is handed over all the same
        if answers is not None:
            answers.write_bytes(signed)
        else:
            sys.stdout.buffer.write(signed)


@app.command()
def serve(
    home: WitnessHome,
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="端口")] = 8600,
) -> None:
    """等待平台来请求签名 / listen for the platform's requests."""
    from chain.witness.program import server

    server.serve(Witness(home), host, port)


@app.command()
def follow(
    home: WitnessHome,
    url: Annotated[str, typer.Argument(help="平台地址，如 https://mulian.example.cn / the platform's address")],
    every: Annotated[float, typer.Option(min=1, help="间隔秒数 / seconds between rounds")] = 20.0,
    once: Annotated[bool, typer.Option("--once", help="只执行一轮 / one round only")] = False,
    json: JsonOption = False,
) -> None:
    """主动向平台取检查点、签名并送回 / fetch, sign, bring back."""
    from chain.witness.program.following import Follower

    follower = Follower(Witness(home), url)
    if not once:
        follower.run(every)
    done = follower.round()
    output({"signed": done.signed, "delivered": done.delivered, "problems": done.problems}, json)
    if done.problems:
        raise typer.Exit(1)
