"""``mulian interface``: list, show and retire interfaces."""

from typing import Annotated

import typer

from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(help="接口 / interfaces", no_args_is_help=True)


@app.command("list")
def list_interfaces(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出接口。"""
    from gateway.interfaces import queries

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.listing(state=None, query=None)).all()
        output([
            {"code": row.code, "name": row.name, "path": row.path, "state": row.state, "revision": row.revision}
            for row in rows
        ], as_json, title="接口")


@app.command("show")
def show(
    code: Annotated[str, typer.Argument(help="接口代码")], home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """显示一个接口及其各版本。"""
    from gateway.interfaces import queries
    from kernel.errors import NOT_FOUND

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = queries.by_code(session, code)
        if found is None:
            raise NOT_FOUND()
        revisions = [
            {"number": one.number, "state": one.state, "sm3": one.sm3, "definition": one.definition}
            for one in queries.revisions(session, found.id)
        ]
        output({
            "code": found.code, "name": found.name, "path": found.path, "state": found.state,
            "revision": found.revision,
            "revisions": revisions,
        }, as_json)
