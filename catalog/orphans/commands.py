"""Command ``mulian catalog orphans``."""

from pathlib import Path
from typing import Annotated

import typer

from catalog.acting import As, actor_named, department_named
from catalog.orphans import service
from catalog.orphans.lists import LISTS
from kernel.cli import HomeOption, JsonOption, open_runtime, output


def orphans(
    key: Annotated[str | None, typer.Argument(help="清单名；缺省列出七张清单的条数")] = None,
    department: Annotated[str | None, typer.Option(help="部门名称；缺省为全部")] = None,
    published: Annotated[bool, typer.Option("--published", help="只算已发布的目录与已生效的关联")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="至多列出多少条")] = 100,
    file: Annotated[Path | None, typer.Option(help="另存为此 .xlsx（全部条目）")] = None,
    user: As = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """七张孤儿清单：条数、条目、导出"""
    with open_runtime(home) as runtime:
        actor = actor_named(runtime, user)
        with runtime.database.read() as session:
            within = service.scope(
                actor, department_id=department_named(session, department), published=published
            )
            keys = [service.found(key).key] if key else list(LISTS)
            if file is not None:
                file.write_bytes(service.workbook(session, within, keys, department or "全部部门"))
            if key is None:
                counts = service.counts(session, within)
                output([one.model_dump(mode="json") for one in counts] if as_json else [
                    {"清单": one.key, "名称": one.zh, "条数": one.total} for one in counts
                ], as_json)
                return
            page = service.page(session, key, within, number=1, size=limit)
    output(page.model_dump(mode="json") if as_json else [
        {"编码": row.code, "名称": row.name, "部门": row.department, "所属": row.parent_name or "", "说明": row.note or ""}
        for row in page.items
    ], as_json, title=f"{page.zh}（共 {page.total} 条）")
