"""``mulian app``: list applications, block one in an emergency."""

from typing import Annotated

import typer

from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(help="应用 / applications", no_args_is_help=True)


@app.command("list")
def list_apps(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出应用及其有效密钥版本。"""
    from gateway.apps import queries
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.visible(system_actor("cli"))).all()
        output([
            {
                "name": row.name, "app_key": row.app_key, "state": row.state,
                "key_versions": [one.key_version for one in queries.credentials(session,
                    row.id) if one.state == "active"],
            }
            for row in rows
        ], as_json, title="应用")


@app.command("block")
def block(
    app_key: Annotated[str, typer.Argument(help="AppKey")],
    reason: Annotated[str, typer.Option("--reason", help="原因，记入审计")],
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """立即封停一个应用。"""
    from sqlalchemy import select

    from gateway.apps import service
    from gateway.apps.models import App
    from kernel.errors import NOT_FOUND
    from kernel.identity.actor import system_actor

    with open_runtime(home) as runtime, runtime.database.write() as session:
        found = session.scalar(select(App.id).where(App.app_key == app_key))
        if found is None:
            raise NOT_FOUND()
        blocked = service.set_blocked(session, system_actor("cli"), app_id=found, blocked=True, reason=reason)
        output({"app_key": blocked.app_key, "state": blocked.state}, as_json)
