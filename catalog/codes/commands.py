"""Commands ``mulian catalog codes …``: profiles, class and region tables, looking codes up."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from catalog.codes import credit, history, profiles, tables
from catalog.codes.errors import REGION_UNKNOWN
from kernel.cli import HomeOption, JsonOption, open_runtime, output
from kernel.identity.actor import system_actor

app = typer.Typer(no_args_is_help=True, help="编码：编号方案、分类表、行政区划、按编码查找")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
ACTOR = system_actor("cli")


@app.command("profiles")
def list_profiles(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """列出编号方案与编码规则"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows: list[dict[str, Any]] = [
            {"类别": "numbers", "名称": key, "说明": body["zh"], "来源": "内置"} for key, body in profiles.builtin().items()
        ]
        rows += [
            {"类别": one.kind, "名称": one.key, "说明": one.zh, "来源": one.source} for one in profiles.stored(session)
        ]
    output(rows, as_json)


@app.command("profile-add")
def add_profile(
    key: Annotated[str, typer.Argument(help="名称，如 city-2024")], file: File,
    kind: Annotated[str, typer.Option(help="numbers（编号方案）或 patterns（编码规则）")] = "numbers",
    zh: Annotated[str, typer.Option(help="中文名称")] = "", source: Annotated[str, typer.Option(help="依据")] = "",
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """从 JSON 文件登记一个方案；内容须为 {"lists": …} 或 {"patterns": …}"""
    with open_runtime(home) as runtime:
        body = json.loads(file.read_text(encoding="utf-8"))
        saved = runtime.database.run(lambda session: profiles.save(
            session, ACTOR, kind=kind, key=key, zh=zh or key, en="", source=source or file.name, body=body
        ))
        output({"kind": saved.kind, "key": saved.key, "version": saved.version}, as_json)


@app.command("classes")
def load_classes(
    file: File, source: Annotated[str, typer.Option(help="依据文件")], home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """导入类、项、目、细目表（两列：代码、名称），整表替换"""
    with open_runtime(home) as runtime:
        text = tables.decoded(file.read_bytes())
        loaded = runtime.database.run(lambda session: tables.load_classes(session, ACTOR, text=text, source=source))
    output(vars(loaded), as_json)


@app.command("regions")
def load_regions(
    file: File, changes: Annotated[Path | None, typer.Option(help="承继关系：旧代码、新代码、生效、说明")] = None,
    home: HomeOption = None, as_json: JsonOption = False,
) -> None:
    """导入行政区划表（四列：来源、期次、代码、名称；可含多期）"""
    with open_runtime(home) as runtime:
        text = tables.decoded(file.read_bytes())
        more = tables.decoded(changes.read_bytes()) if changes else ""
        loaded = runtime.database.run(
            lambda session: tables.load_regions(session, ACTOR, text=text, changes=more)
        )
    output(vars(loaded), as_json)


@app.command("region")
def region(code: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """查一个区划代码：现行与否，并入何处"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        table = tables.region_table(session)
    known = table.regions.get(code)
    if known is None:
        raise REGION_UNKNOWN(code=code, hint=table.hint(code), revision=table.revision)
    output({
        "代码": code, "名称": table.full_name(code), "现行": table.current(code), "末见": known.last,
        "承继": [f"{one.new}（{one.effective} {one.note}）" for one in table.successors(code)],
    }, as_json)


@app.command("resolve")
def resolve(code: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """按编码查找，曾用的编码也能查到"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        output([
            {"级别": one.node_kind, "现行编码": one.code, "名称": one.name, "所查编码": "已停用" if one.past else "现行"}
            for one in history.resolve(session, ACTOR, code)
        ], as_json)


@app.command("credit")
def check_credit(code: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """核对统一社会信用代码并指出使用它的部门；不合格时以非零退出"""
    reason = credit.reason(code)
    with open_runtime(home) as runtime, runtime.database.read() as session:
        department = credit.bearer(session, code) or ""
    said = reason[0] if reason else ""
    output({"code": code, "valid": reason is None, "reason": said, "department": department}, as_json)
    if reason is not None:
        raise typer.Exit(1)


@app.command("pending")
def pending(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """统一社会信用代码待补的部门"""
    with open_runtime(home) as runtime, runtime.database.read() as session:
        output([{"内部编码": row["code"], "部门": row["name"], "状态": "待补"} for row in credit.pending(session)], as_json)
