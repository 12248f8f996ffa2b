"""The district, its four-level directory and the listing: imported, reviewed, published, found again."""

import uuid
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.entries.queries import Filters, page
from catalog.imports import jobs, queries, samples, service
from catalog.imports.models import ImportBatch
from catalog.links import queries as links
from catalog.nodes import queries as nodes
from catalog.nodes.kinds import EDITABLE, KINDS
from catalog.nodes.models import DataEntry
from catalog.review import queries as reviews
from catalog.review import service as review
from kernel.identity import service as identity
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department
from mulian.demo.steps import Report, ensure
from mulian.demo.world import HOME_DEPARTMENT, World

DATA = Path(__file__).parent / "data"
BASIS = "演示：公开清单与样例数据，不涉及国家秘密"
ROLES = (
    "system_admin", "auditor", "data_officer", "department_reviewer", "department_admin", "bureau_admin",
    "data_engineer", "operator", "consumer_contact", "leader", "supervisor",
)
LEVELS = {
    "duty": "职责", "data_entry": "数据目录", "data_item": "数据项", "system": "系统", "db_table": "库表", "db_column": "字段",
    "link": "关联",
}


def district(world: World, report: Report) -> str:
    """Open the departments and streets of 西城区 and a user per role."""
    described = samples.departments(DATA)
    report(0, len(described), "")

    def unit(session: Session) -> int:
        actor = system_actor("demo")
        for one in described:
            identity.create_department(session, actor, **one)
        return session.scalar(select(func.count()).select_from(Department)) or 0

    count = world.do(unit)
    streets = sum(one["kind"] == "street" for one in described)
    ensure(count == len(described) and streets == 15, f"部门数不符：{count}，街道 {streets}")
    own = {"data_officer", "department_reviewer", "department_admin", "consumer_contact"}
    for role in ROLES:
        world.person(role, HOME_DEPARTMENT if role in own else None)
    world.person("security_admin")
    world.person("security_admin", number=2)
    world.write_credentials()
    world.found["departments"] = count
    return f"{count - streets} 个委办局及其他、{streets} 个街道；每个角色一个用户"


def import_directory(world: World, report: Report) -> str:
    """Import the four-level sample workbook of the district."""
    batch = _import(world, report, "four-level", "样例四级目录.xlsx", samples.four_level_workbook(DATA), some=False)
    world.found["four_level"] = str(batch.id)
    kinds: dict[str, int] = batch.counts["kinds"]
    for key in ("duty", "data_entry", "system", "db_table"):
        ensure(kinds.get(key, 0) > 0, f"四级目录缺少 {key}")
    ensure(not batch.counts["findings"]["error"], "样例工作簿有错误")
    return "、".join(f"{LEVELS.get(key, key)} {count}" for key, count in kinds.items())


def import_listing(world: World, report: Report) -> str:
    """Import a single-level listing by its mapping profile; rows that cannot be are named."""
    names = [one["name"] for one in samples.departments(DATA)]
    if world.listing is None:
        name, data = "数据清单（样例）.xlsx", samples.listing(names)
    else:
        name, data = world.listing.name, world.listing.read_bytes()
    batch = _import(world, report, "listing", name, data, some=True)
    rows, actions = int(batch.counts["rows"]), batch.counts["actions"]
    imported, skipped = int(actions.get("create", 0)), int(actions.get("skip", 0))
    ensure(imported + skipped == rows, f"{rows} 行中导入 {imported}、跳过 {skipped}")
    held = world.look(lambda session: session.scalar(
        select(func.count()).select_from(DataEntry).where(DataEntry.batch_id == batch.id)
    ))
    ensure(held == imported, f"库中有 {held} 条，应为 {imported}")
    world.found |= {"listing": str(batch.id), "imported": imported, "skipped": _skipped(world, batch.id)}
    warnings = batch.counts["findings"]["warning"]
    return f"{name}：{rows} 行导入 {imported} 条，跳过 {skipped} 行，提示 {warnings} 处"


def publish(world: World, report: Report) -> str:
    """Submit all drafts, record the secrecy review, approve in batches, and search for what was published."""
    maker, checker = world.person("data_engineer"), world.person("bureau_admin")
    submitted = world.do(lambda session: _submit_all(session, maker))
    report(1, 3, f"已提交 {submitted}")
    published = 0
    for batch in (uuid.UUID(world.found["four_level"]), uuid.UUID(world.found["listing"])):
        published += world.do(partial(_approve, actor=checker, batch_id=batch))
    report(2, 3, f"已发布 {published}")
    ensure(published == submitted, f"提交 {submitted}，发布 {published}")
    entries = world.look(lambda session: session.scalar(
        select(func.count()).select_from(DataEntry).where(DataEntry.status == "published")
    )) or 0
    checked, broken = world.look(nodes.verify_chains)
    ensure(not broken and checked >= published, f"版本链断裂：{broken[:3]}")
    linked, torn = world.look(links.verify_chains)
    ensure(not torn and linked > 0, f"关联的版本链断裂：{torn[:3]}")
    hits = _search(world, checker)
    world.found |= {"published": published, "published_entries": entries, "linked": linked}
    return (
        f"发布 {published} 个版本（数据目录 {entries} 条），关联 {linked} 条随之生效，"
        f"版本链 {checked + linked} 个环节完好；检索{hits}"
    )


def _import(
    world: World, report: Report, profile: str, name: str, data: bytes, *, some: bool
) -> ImportBatch:
    actor = world.person("data_engineer")
    batch_id = world.do(lambda session: service.upload(
        session, actor, filename=name, data=data, profile=profile,
    ).id)
    report(1, 3, "检查")
    jobs.run_check(world.runtime.database, actor, batch_id)
    report(2, 3, "导入")
    jobs.run_apply(world.runtime.database, actor, batch_id, accept_partial=some)
    batch = world.look(lambda session: service.found(session, actor, batch_id))
    ensure(batch.state == "applied", f"批次状态为 {batch.state}")
    return batch


def _skipped(world: World, batch_id: uuid.UUID) -> list[dict[str, Any]]:
    """Name the rows that stayed out, with the reason of each."""
    with world.runtime.database.read() as session:
        found = session.scalars(queries.findings(batch_id, "row_error")).all()
        return [{"row": one.row_no, "column": one.column, "problem": one.zh} for one in found]


def _submit_all(session: Session, actor: Actor) -> int:
    count = 0
    for key, kind in KINDS.items():
        drafts = nodes.ids_where(session, kind, kind.model.status.in_(EDITABLE))
        count += len(review.submit(session, actor, key, drafts)) if drafts else 0
    return count


def _approve(session: Session, actor: Actor, batch_id: uuid.UUID) -> int:
    cases = [case for kind in KINDS for case in reviews.open_cases_of_batch(session, actor, kind, batch_id)]
    return review.decide_cases(session, actor, cases, "approve", secrecy=review.Secrecy("pass", BASIS)).published


def _search(world: World, actor: Actor) -> str:
    """Look for a published title's middle: the index must find the entry itself."""
    with world.runtime.database.read() as session:
        title = session.scalars(
            select(DataEntry.name).where(DataEntry.status == "published").order_by(DataEntry.code).limit(1)
        ).one()
        part = title[1:5]
        found = page(session, actor, Filters(q=part), limit=200)
    ensure(any(title == entry.name for entry, _ in found.rows), f"检索「{part}」未找到「{title}」")
    return f"「{part}」命中 {found.total}"
