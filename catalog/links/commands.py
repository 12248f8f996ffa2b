"""Commands ``mulian catalog link …`` and ``mulian catalog trace``."""

import uuid
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from catalog.acting import As, AsRequired, actor_named
from catalog.links import decisions, effects, listing, matching, queries, service
from catalog.trace import service as tracing
from kernel.cli import HomeOption, JsonOption, open_runtime, output

app = typer.Typer(no_args_is_help=True, help="关联：查看、新增、解除、建议、审核、补登")
_LIMIT = 1000


@app.command("list")
def list_(code: str, user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出一个目录、数据项或字段的关联（按编码）"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            key, node_id = tracing.by_code(session, code)
            service.visible_end(session, actor, key, node_id)
            rows, _ = listing.of_node(session, actor, key, node_id, None, limit=_LIMIT, offset=0)
    output(rows if as_json else [_shown(row) for row in rows], as_json)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "关联": row["kind_zh"] + (f"（{row['relation_zh']}）" if row["relation"] else ""),
        "上": f"{row['first']['code']} {row['first']['name']}",
        "下": f"{row['second']['code']} {row['second']['name']}",
        "状态": "已生效" if row["state"] == "valid" else "草稿", "版本": row["version"],
    }


Kind = Annotated[str, typer.Argument(help="duty_data、data_system、item_column 或 data_data")]
Relation = Annotated[str, typer.Option(help="data_data：related、derived 或 source")]


def _wanted(session: Session, kind: str, first: str, second: str, relation: str) -> service.Wanted:
    service.link_kind(kind, by_hand=True)
    return service.Wanted(kind, tracing.by_code(session, first)[1], tracing.by_code(session, second)[1], relation)


@app.command("add")
def add(
    kind: Kind, first: str, second: str, user: AsRequired, relation: Relation = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """新增一条关联（两端编码）；两端均已发布的须经审核"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        done = runtime.database.run(lambda s: service.add_many(
            s, actor, [_wanted(s, kind, first, second, relation)]
        ))
    output({"link_id": done[0].link_id, "state": done[0].state}, as_json)


@app.command("remove")
def remove(
    kind: Kind, first: str, second: str, user: AsRequired, relation: Relation = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """解除一条关联（两端编码）；已生效的须经审核"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        done = runtime.database.run(lambda s: service.remove_many(
            s, actor, [_wanted(s, kind, first, second, relation)]
        ))
    output({"link_id": done[0].link_id, "state": done[0].state}, as_json)


@app.command("propose")
def propose(
    entry: Annotated[str, typer.Argument(help="数据目录编码")],
    user: AsRequired,
    table: Annotated[str | None, typer.Option(help="只看这张库表（编码）")] = None,
    min_score: Annotated[int, typer.Option(min=1, max=100, help="最低分")] = matching.MIN_SCORE,
    confirm: Annotated[bool, typer.Option("--confirm", help="确认全部建议")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """建议数据项与字段的关联；--confirm 时写入"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> list[dict[str, Any]]:
            entry_id, table_id = tracing.by_code(session, entry)[1], None
            service.visible_end(session, actor, "data_entry", entry_id)
            if table is not None:
                table_id = tracing.by_code(session, table)[1]
                service.visible_end(session, actor, "db_table", table_id)
            found = matching.propose(session, actor, entry_id, table_id, min_score)
            if confirm and found:
                service.add_many(session, actor, [
                    service.Wanted("item_column", one["item"]["id"], one["column"]["id"]) for one in found
                ])
            return found

        found = runtime.database.run(unit)
    output(found if as_json else [
        {"数据项": one["item"]["name"], "字段": f"{one['column']['code']} {one['column']['name']}",
         "分": one["score"], "理由": "、".join(one["reasons"])} for one in found
    ], as_json)


@app.command("changes")
def changes(user: As = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出待审核的关联"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            found = listing.changes(session, list(session.scalars(queries.queue(actor).limit(_LIMIT))))
    output(found if as_json else [
        {"编号": str(one["id"]), "动作": "新增" if one["action"] == "add" else "解除", "关联": one["kind_zh"],
         "上": (one["first"] or {}).get("name", "—"), "下": (one["second"] or {}).get("name", "—"),
         "提交人": one["submitted_name"]} for one in found
    ], as_json)


@app.command("decide")
def decide(
    user: AsRequired,
    decision: Annotated[str, typer.Argument(help="approve 通过，return 退回")],
    change: Annotated[list[uuid.UUID] | None, typer.Option(help="待审核关联的编号；缺省为全部")] = None,
    reason: Annotated[str, typer.Option(help="退回原因")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """审核待审核的关联（审核人不能是提交人）"""
    if decision not in ("approve", "return"):
        raise typer.BadParameter("approve 或 return")
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)

        def unit(session: Session) -> decisions.Decided:
            ids = change or [one.id for one in session.scalars(queries.queue(actor))]
            return decisions.decide(session, actor, ids, decision, reason)

        done = runtime.database.run(unit)
    output({"decided": done.count, "effective": done.effective}, as_json)


@app.command("register")
def register(user: AsRequired, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """为升级前已有、两端均已发布的关联补登版本并上链（存量登记）"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        done = runtime.database.run(lambda session: effects.register(session, actor))
    output({"registered": done}, as_json)



def trace(
    code: Annotated[str, typer.Argument(help="职责、数据目录、数据项、系统、库表或字段的编码")],
    down: Annotated[bool, typer.Option("--down", help="向下到库表字段；缺省向上到法律依据")] = False,
    user: As = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """溯源：字段 → 数据项 → 数据目录 → 职责 → 法律依据，或反向"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            key, node_id = tracing.by_code(session, code)
            found = tracing.trace(session, actor, key, node_id, "down" if down else "up")
    output(found.model_dump(mode="json") if as_json else tracing.as_rows(found), as_json)
