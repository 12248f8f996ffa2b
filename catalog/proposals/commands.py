"""Commands ``mulian catalog proposals …``."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

from catalog.acting import As, AsRequired, actor_named, department_named
from catalog.proposals import queries, service
from catalog.proposals.files import files_in
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="建议：从摘要读出数据项，从表头读出库表；采纳后才写入")
Proposal = Annotated[uuid.UUID, typer.Argument(help="建议编号")]


@app.command("read")
def read(
    batch: Annotated[uuid.UUID | None, typer.Option(help="只读此次导入的数据目录")] = None,
    department: Annotated[str | None, typer.Option(help="只读该部门的数据目录")] = None,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """从摘要中读出数据项建议"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        output(runtime.database.run(lambda session: service.from_abstracts(
            session, actor, batch_id=batch, department_id=department_named(session, department)
        )), as_json)


@app.command("headers")
def headers(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="表头清单 .json，或 .csv、.xlsx")],
    department: Annotated[str | None, typer.Option(help="没有同名数据目录的文件归入该部门")] = None,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """从表头读出库表建议"""
    with open_runtime(home) as runtime:
        actor, files = actor_named(runtime, user), files_in(file, file.name)
        output(runtime.database.run(lambda session: service.from_headers(
            session, actor, files, department_id=department_named(session, department)
        )), as_json)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help="open、accepted 或 declined")] = "open",
    size: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    user: As = None, home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """列出建议"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            rows = [
                {"编号": str(one.id), "类别": "数据项" if one.kind == "items" else "库表", "名称": one.name,
                 "内容": "、".join(str(part["name"]) for part in one.content), "状态": one.state}
                for one in session.scalars(queries.listed(actor, state=state).limit(size))
            ]
    output(rows, as_json)


@app.command("accept")
def accept(
    proposal: Proposal, user: AsRequired,
    system: Annotated[uuid.UUID | None, typer.Option(help="库表所属系统的编号")] = None,
    table_name: Annotated[str | None, typer.Option(help="库表的实际表名")] = None,
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """采纳一条建议"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        done = runtime.database.run(lambda session: service.accept(
            session, actor, service.found(session, actor, proposal), system_id=system, table_name=table_name
        ))
    output({"id": str(done.id), "state": done.state, "result_id": str(done.result_id)}, as_json)


@app.command("decline")
def decline(proposal: Proposal, user: AsRequired, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """不采纳一条建议"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        done = runtime.database.run(
            lambda session: service.decline(session, actor, service.found(session, actor, proposal))
        )
    output({"id": str(done.id), "state": done.state}, as_json)
