"""The order of the steps, and what is written at the end."""

from functools import partial
from pathlib import Path

import orjson

from kernel.cli import progress_console
from kernel.errors import define
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.settings import Settings
from mulian import fork
from mulian.bootstrap import install
from mulian.demo import catalog_steps, chain_steps, crypto_steps, gateway_steps, report_steps
from mulian.demo.steps import Steps
from mulian.demo.world import Size, World
from mulian.supervisor import Supervisor, claim_port

NOT_FRESH = define(
    "mulian.demo.not_fresh", 409, zh="{home} 已有数据，演示只在全新的数据目录中运行", en="{home} is not empty",
    fix_zh="请用 --home 指定一个不存在的目录", fix_en="Name a folder that does not exist with --home",
)
FULL = Size()
STEPS = (
    ("district", "部门与用户", catalog_steps.district),
    ("import_four_level", "导入四级目录", catalog_steps.import_directory),
    ("import_listing", "导入数据清单", catalog_steps.import_listing),
    ("publish", "审核发布与检索", catalog_steps.publish),
    ("chain", "启动链与部署合约", chain_steps.start_chain),
    ("anchor", "存证上链", chain_steps.anchor),
    ("prove", "离线核验证明", chain_steps.prove),
    ("encrypt", "字段加密", crypto_steps.encrypt),
    ("rotate", "密钥更换", crypto_steps.rotate),
    ("publish_interfaces", "发布接口", gateway_steps.publish),
    ("call_interfaces", "申请、审批与调用", gateway_steps.call),
    ("report", "季度报告与复算", report_steps.build),
)


def run(settings: Settings, listing: Path | None, size: Size = FULL) -> Steps:
    """Run every step on a fresh home, stop at the first that fails, write ``DIR/demo/result.json``."""
    place = Home(settings.resolved_home())
    if place.database_file.exists():
        raise NOT_FRESH(home=str(place.root))
    place.prepare()
    place.demo_dir.mkdir(exist_ok=True)
    steps = Steps(progress_console)
    with place.lock("serve"):
        installed = install(settings)
        ports = {name: claim_port(settings.host, 0, "--port") for name in ("rpc_port", "gateway_port")}
        environment = {f"MULIAN_{name.upper()}": str(port) for name, port in ports.items()}
        environment["MULIAN_OUTBOUND_ALLOW"] = "127.0.0.0/8"  # the sample department system runs on this machine
        world = World(installed.runtime, Supervisor(place, environment, start=fork.spawn), listing, ports, size)
        try:
            for name, title, body in STEPS:
                if not steps.run(name, title, partial(body, world)):
                    break
        finally:
            world.end()
            installed.runtime.database.close()
        steps.counts = {key: value for key, value in world.found.items() if isinstance(value, int)}
        write_atomic(place.demo_dir / "result.json", orjson.dumps(steps.document(), option=orjson.OPT_INDENT_2) + b"\n")
    return steps
