"""``mulian interface``: list and show interfaces, their OpenAPI and who still calls them."""

from typing import Annotated

import typer

from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(help="接口 / interfaces", no_args_is_help=True)


@app.command("list")
def list_interfaces(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出接口。"""
    from gateway.interfaces import queries, rules

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.listing(state=None, query=None)).all()
        opened = queries.open_states(session, [row.id for row in rows])
        output([
            {
                "code": row.code, "name": row.name, "path": row.path, "revision": row.revision,
                "state": rules.shown_state(row.state, opened.get(row.id), row.ends_on),
                "test_revision": row.test_revision,
            }
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


@app.command("openapi")
def openapi(
    code: Annotated[str, typer.Argument(help="接口代码")], home: HomeOption = None, as_json: JsonOption = True,
) -> None:
    """输出接口的 OpenAPI 3.1 文档（JSON）。"""
    from gateway.interfaces import queries
    from gateway.pages import openapi as documents
    from gateway.pages import service
    from kernel.errors import NOT_FOUND

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = queries.by_code(session, code)
        if found is None:
            raise NOT_FOUND()
        output(documents.document(service.facts(session, found)), as_json)


@app.command("callers")
def callers(
    code: Annotated[str, typer.Argument(help="接口代码")], home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """列出近 30 天仍在调用的应用，停用或换版前核对。"""
    from gateway.interfaces import announcing, queries
    from kernel.errors import NOT_FOUND

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = queries.by_code(session, code)
        if found is None:
            raise NOT_FOUND()
        output([
            {"name": one.name, "app_key": one.app_key, "calls": one.calls}
            for one in announcing.still_calling(session, found)
        ], as_json, title="仍在调用的应用")
