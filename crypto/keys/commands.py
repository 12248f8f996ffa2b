"""``mulian key``: init, status, list, check-passphrase."""

from typing import Annotated

import typer

from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(help="密钥：建立、状态、列表、口令校验 / keys", no_args_is_help=True)


@app.command()
def init(
    home: HomeOption = None,
    json: JsonOption = False,
    passphrase: Annotated[
        str | None,
        typer.Option(prompt=False, envvar="MULIAN_ROOT_PASSPHRASE", help="根密钥口令；dev 配置缺省自动生成口令文件"),
    ] = None,
) -> None:
    """建立根密钥 / make the root key."""
    from crypto.keys.vault import ensure_dev_root, vault_of

    with open_runtime(home) as runtime:
        provider = vault_of(runtime).provider
        if runtime.settings.profile == "dev" and passphrase is None:
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
    """验证根密钥口令能否解封（不影响运行中的进程）/ does the passphrase open the root?"""
    from crypto.keys.vault import vault_of

    with open_runtime(home) as runtime:
        vault_of(runtime).provider.unseal(typer.prompt("根密钥口令", hide_input=True))
    output({"opens": True}, json)
