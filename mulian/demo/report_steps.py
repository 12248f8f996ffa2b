"""The quarterly report of one department and of the district, built, anchored, and recomputed in a fresh process."""

import shutil
import uuid
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from analytics.reports import manifest, runner, service
from chain.anchoring import batching
from kernel import clock
from kernel.identity.actor import Actor
from mulian.demo.steps import Report, ensure
from mulian.demo.world import HOME_DEPARTMENT, World


def build(world: World, report: Report) -> str:
    """Build both reports of the running quarter, reproduce and anchor them, and see that a flipped byte is noticed."""
    actor = world.person("bureau_admin")
    year, quarter = clock.quarter_of(clock.now())
    scopes = (("district", "全区", None), ("department", HOME_DEPARTMENT, world.department(HOME_DEPARTMENT).id))
    for number, (kind, name, department_id) in enumerate(scopes):
        report(number, len(scopes), f"{name}：生成与复算")
        run_id = world.do(partial(_request, actor=actor, year=year, quarter=quarter, department_id=department_id))
        runner.execute(world.runtime, actor, run_id, lambda done, total, text: None)
        folder = world.folder / "reports" / kind
        shutil.copytree(service.folder_of(world.runtime, run_id), folder)
        _reproduce(world, actor, run_id)
        _refuse_flipped(world, actor, run_id, folder)
    anchored = batching.flush(world.runtime, wait_seconds=60)
    ensure(anchored.leaves >= len(scopes) and anchored.waiting == 0, f"报告根未上链：{anchored}")
    world.found["reports"] = len(scopes)
    return f"{year} 年第 {quarter} 季度全区与{HOME_DEPARTMENT}报告：逐字节复算一致，根已上链，改动一字节即失败"


def _request(session: Session, actor: Actor, year: int, quarter: int, department_id: uuid.UUID | None) -> uuid.UUID:
    return service.request(session, actor, year=year, quarter=quarter, department_id=department_id)[0].id


def _reproduce(world: World, actor: Actor, run_id: uuid.UUID) -> None:
    world.look(lambda session: service.verify(session, actor, run_id=run_id))
    done = world.look(lambda session: service.reproduce(session, actor, run_id=run_id))
    ensure(done.identical, f"复算不一致：{done.files}")


def _refuse_flipped(world: World, actor: Actor, run_id: uuid.UUID, folder: Path) -> None:
    """Change one byte of every artefact's copy in turn: the manifest check must name exactly that file."""
    root = world.look(lambda session: service.get(session, actor, run_id=run_id).run_root) or ""
    ensure(not manifest.verify(folder, root), "未改动的副本应核验通过")
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        good = path.read_bytes()
        path.write_bytes(good[: len(good) // 2] + bytes([good[len(good) // 2] ^ 1]) + good[len(good) // 2 + 1 :])
        found = manifest.verify(folder, root)
        path.write_bytes(good)
        ensure(found, f"{path.name} 改动一字节未被发现")
