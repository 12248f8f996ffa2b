"""``mulian node``: nodes, looks, history, votes, lists."""

import uuid
from datetime import timedelta
from typing import Annotated, Any

import typer

from kernel import clock
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

app = typer.Typer(no_args_is_help=True, help="区块链节点：登记、健康、表决、名单 / chain nodes")
_ACTOR = system_actor("cli")
NodeArgument = Annotated[str, typer.Argument(help="节点名称或标识")]


@app.command("list")
def list_nodes(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出节点及最近一次采集。List nodes with their newest samples."""
    from chain.nodes import schemas, service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        found = [schemas.node_out(*pair).model_dump(mode="json") for pair in service.nodes(session, _ACTOR)]
    shown = [_short(item) for item in found]
    output(found if json else shown, json, title="节点 Nodes")


def _short(item: dict[str, Any]) -> dict[str, Any]:
    latest = item["latest"] or {}
    return {
        "name": item["name"], "url": item["url"], "role": item["role"], "state": item["state_title"]["zh"],
        "height": latest.get("height"), "lag": latest.get("lag"), "peers": latest.get("peers"),
        "drift": len(item["drift"]),
    }


@app.command()
def register(
    name: Annotated[str, typer.Argument(help="名称")],
    url: Annotated[str, typer.Argument(help="JSON-RPC 地址")],
    home: HomeOption = None,
    json: JsonOption = False,
    validator: Annotated[bool, typer.Option(help="登记为验证节点（缺省观察节点）")] = False,
    department: Annotated[str | None, typer.Option(help="所属部门标识；缺省为平台")] = None,
    enode: Annotated[str | None, typer.Option(help="enode；缺省从节点读取")] = None,
    signer: Annotated[str | None, typer.Option(help="出块账户；缺省从节点读取")] = None,
    managed: Annotated[bool, typer.Option(help="由平台投票并下发准入名单")] = False,
    declared: Annotated[list[str] | None, typer.Option(help="节点所在的内网地址段，可重复")] = None,
) -> None:
    """登记节点。Register a node."""
    from chain.nodes import service

    with open_runtime(home) as runtime:
        row = runtime.database.run(lambda session: str(service.register(
            session, _ACTOR, name=name, url=url, role="validator" if validator else "observer",
            department_id=uuid.UUID(department) if department else None, enode=enode, signer=signer, managed=managed,
            declared=declared or [],
        ).id))
    output({"id": row}, json)


@app.command()
def disable(node: NodeArgument, home: HomeOption = None, json: JsonOption = False) -> None:
    """停用节点，历史保留。Switch a node off; its history stays."""
    from chain.nodes import service

    with open_runtime(home) as runtime:
        runtime.database.run(lambda session: service.configure(
            session, _ACTOR, node_id=_find(session, node), enabled=False
        ))
    output({"disabled": node}, json)


@app.command()
def look(home: HomeOption = None, json: JsonOption = False) -> None:
    """立即采集全部节点。Look at every node now."""
    from chain.nodes import sampling

    with open_runtime(home) as runtime:
        readings = sampling.sample(runtime)
        with runtime.database.read() as session:
            names = _names(session)
    rows = [
        {"name": names[key], "state": item.state, "height": item.height, "lag": item.lag, "peers": item.peers,
         "pending": item.pending, "latency_us": item.latency, "reason": item.reason}
        for key, item in readings.items()
    ]
    output(rows, json, title="节点 Nodes")
    if any(row["state"] not in ("ok", "idle") for row in rows):
        raise typer.Exit(1)


@app.command()
def history(
    node: NodeArgument, home: HomeOption = None, json: JsonOption = False,
    hours: Annotated[int, typer.Option(min=1, max=24 * 400, help="最近多少小时")] = 24,
) -> None:
    """显示节点按小时的健康历史。Show a node's health by the hour."""
    from chain.nodes import schemas, service

    with open_runtime(home) as runtime, runtime.database.read() as session:
        end = clock.now()
        rows = service.hours(session, _ACTOR, _find(session, node), end - timedelta(hours=hours), end)
        output([schemas.hour_out(row).model_dump(mode="json") for row in rows], json, title="按小时 By hour")


@app.command()
def votes(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出增减验证节点的表决。List votes on validators."""
    from chain.nodes import queries, schemas

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = session.scalars(queries.votes().limit(100)).all()
        output([schemas.vote_out(row).model_dump(mode="json") for row in rows], json, title="表决 Votes")


@app.command()
def cast(home: HomeOption = None, json: JsonOption = False) -> None:
    """推进已获同意的表决。Cast votes that two persons agreed to."""
    from chain.nodes import votes as ballots

    with open_runtime(home) as runtime:
        output(ballots.advance(runtime), json)


@app.command()
def reconcile(home: HomeOption = None, json: JsonOption = False) -> None:
    """核对并下发准入名单；有差异时退出码为 1。Compare and set allow-lists; exit 1 where drift was found."""
    from chain.nodes import lists

    with open_runtime(home) as runtime:
        found = lists.reconcile(runtime)
    output(
        [{"node": item.node, "changed": list(item.changed), "drift": list(item.drift), "error": item.error}
         for item in found], json, title="准入名单 Allow-lists",
    )
    if any(item.drift or item.error for item in found):
        raise typer.Exit(1)


def _names(session: Any) -> dict[str, str]:
    from chain.nodes import queries

    return {str(row.id): row.name for row in queries.nodes(session)}


def _find(session: Any, wanted: str) -> uuid.UUID:
    from chain.nodes.errors import NODE_NOT_FOUND

    for key, name in _names(session).items():
        if wanted in (key, name):
            return uuid.UUID(key)
    raise NODE_NOT_FOUND()
