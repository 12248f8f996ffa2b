"""``mulian key``: init, status, list, keks, copies, check-passphrase, processes, unseal, seal."""

import uuid
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crypto.copies.rules import CopyKind
from kernel.cli import HomeOption, JsonOption, open_runtime, output

if TYPE_CHECKING:
    from crypto.keys.doors import Answer

app = typer.Typer(help="密钥：建立、状态、列表、主密钥、副本、解封与封存 / keys", no_args_is_help=True)


@app.command()
def init(home: HomeOption = None, json: JsonOption = False) -> None:
    """建立根密钥：输入口令或设备口令；无人值守时取环境变量 MULIAN_ROOT_PASSPHRASE / make the root key.

    dev 配置的密封文件自动生成口令文件。口令不作命令行参数：同机用户可见。
    """
    import os

    from crypto.keys.adapters.sealed_file import SealedFile
    from crypto.keys.vault import ensure_dev_root, vault_of

    with open_runtime(home) as runtime:
        provider, passphrase = vault_of(runtime).provider, os.environ.get("MULIAN_ROOT_PASSPHRASE")
        if runtime.settings.profile == "dev" and passphrase is None and isinstance(provider, SealedFile):
            ensure_dev_root(runtime)
        else:
            provider.create(passphrase or typer.prompt("根密钥口令", hide_input=True, confirmation_prompt=True))
        output({"provider": provider.label, "profile": runtime.settings.profile, "open": provider.is_open()}, json)


@app.command()
def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """显示封存状态、密钥数量、逾期与警告 / sealed or open, counts, warnings."""
    from crypto.keys import views
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = views.overview(session, system_actor("cli"))
    output(found.model_dump(mode="json"), json)


@app.command("list")
def list_keys(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出数据密钥（不含密钥本身）/ list data keys, never material."""
    from crypto.keys import queries, views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = [(row[0], row[1]) for row in session.execute(queries.listing(None, None).limit(1000))]
        found = [row.model_dump(mode="json") for row in views.keys(session, rows)]
    brief = ("key_id", "department", "table", "column", "purpose", "version", "state_zh", "activated_at")
    output(found if json else [{key: row[key] for key in brief} for row in found], json, title="数据密钥")


@app.command("check-passphrase")
def check_passphrase(home: HomeOption = None, json: JsonOption = False) -> None:
    """验证口令或 k 份份额能否解封（不影响运行中的进程）/ do the passphrase or k shares open the root?"""
    from crypto.keys.vault import vault_of

    with open_runtime(home) as runtime:
        provider = vault_of(runtime).provider
        provider.seal()  # what opened this process by itself proves nothing about what is typed
        while not provider.is_open():
            provider.unseal(typer.prompt("口令或份额", hide_input=True, err=True))
    output({"opens": True}, json)


@app.command()
def keks(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出各部门主密钥的版本与状态 / list KEKs of departments, never material."""
    from crypto.keys import queries
    from crypto.requests import views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = views.keks(session, list(session.scalars(queries.keks(None).limit(1000))))
        found = [row.model_dump(mode="json") for row in rows]
    brief = ("id", "department", "version", "state_zh", "keys", "copies_left", "retired_at", "destroyed_at")
    output(found if json else [{key: row[key] for key in brief} for row in found], json, title="部门主密钥")


@app.command()
def copies(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出副本台账 / list the catalogue of copies."""
    from crypto.copies import queries
    from crypto.copies.schemas import copy_out
    from kernel import clock

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows, now = list(session.scalars(queries.listing().limit(1000))), clock.now()
        found = [copy_out(row, now).model_dump(mode="json") for row in rows]
    brief = ("id", "kind_zh", "location", "made_at", "key_store", "gone_at")
    output(found if json else [{key: row[key] for key in brief} for row in found], json, title="副本台账")


@app.command("add-copy")
def add_copy(
    kind: Annotated[CopyKind, typer.Argument(help="类型")],
    location: Annotated[str, typer.Argument(help="存放位置")],
    made_at: Annotated[datetime, typer.Option(help="开始制作的时间（北京时间），不是完成的时间")],
    expires_at: Annotated[datetime | None, typer.Option(help="到期时间（北京时间），到期即视为不复存在")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """在副本台账登记一份备份；备份脚本记下开始时间，备份后立即调用 / record a copy."""
    from crypto.copies import service
    from crypto.copies.schemas import copy_out
    from kernel import clock
    from kernel.identity.actor import system_actor

    made = made_at.replace(tzinfo=clock.BEIJING)
    expires = None if expires_at is None else expires_at.replace(tzinfo=clock.BEIJING)
    with open_runtime(home) as runtime:
        row = runtime.database.run(lambda session: copy_out(service.register(
            session, system_actor("cli"), kind=kind, location=location, made_at=made, expires_at=expires,
        ), clock.now()))
    output(row.model_dump(mode="json"), json)


@app.command("copy-deleted")
def copy_deleted(
    copy_id: uuid.UUID,
    note: Annotated[str, typer.Argument(help="如何删除，例如销毁单号")],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """登记一份备份已删除 / record that a copy was deleted."""
    from crypto.copies import service
    from crypto.copies.schemas import copy_out
    from kernel import clock
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime:
        row = runtime.database.run(lambda session: copy_out(
            service.mark_deleted(session, system_actor("cli"), copy_id=copy_id, note=note), clock.now(),
        ))
    output(row.model_dump(mode="json"), json)


@app.command()
def processes(home: HomeOption = None, json: JsonOption = False) -> None:
    """显示本机各进程是否已解封、已提交几份 / which processes are open, which shares they have."""
    _ask(home, json, "state", "")


@app.command()
def unseal(home: HomeOption = None, json: JsonOption = False) -> None:
    """解封本机正在运行的各进程：输入口令、设备口令，或由持有人依次各输入一份；新份额交回后生效 / passphrase, PIN or one share."""
    _ask(home, json, "unseal", typer.prompt("口令或份额", hide_input=True))


@app.command()
def seal(home: HomeOption = None, json: JsonOption = False) -> None:
    """封存本机正在运行的各进程：立即忘记数据密钥 / forget the data keys."""
    _ask(home, json, "seal", "")


def _ask(home: Path | None, json: bool, operation: str, secret: str) -> None:
    from dataclasses import asdict

    from crypto.keys import doors, unseal
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime:
        def note(action: str, found: "tuple[Answer, ...]" = ()) -> None:
            if operation != "state":
                runtime.database.run(lambda session: unseal.note(session, system_actor("cli"), action, found))

        note("crypto.root.attempt")  # what cannot be written down is not done
        found = tuple(doors.ask(runtime, operation, secret))
        note(f"crypto.root.{operation}", found)
    output([asdict(one) for one in found], json, title="进程")
    if any(one.error for one in found):
        raise typer.Exit(1)
