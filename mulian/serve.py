"""``mulian serve``: one machine runs everything, each part as a process of its own."""

import os
import signal
from collections.abc import Callable
from types import FrameType

from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.settings import Settings
from mulian import fork
from mulian.bootstrap import Installed, install
from mulian.supervisor import Child, Supervisor, answers, claim_port

_CHAIN_ID = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
WORKER_MARK = "worker.pid"


def serve(settings: Settings) -> None:
    """Install or upgrade the home, start chain, contracts, worker, gateway and API, and run until SIGTERM or Ctrl-C."""
    place = Home(settings.resolved_home())
    place.prepare()
    with place.lock("serve"):
        ports = _ports(settings)
        installed = install(settings)
        # parts are forks: what is open must not be shared with them
        installed.runtime.database.close()
        fork.preload()
        supervisor = Supervisor(place, _environment(settings, ports))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stopper(supervisor))
        try:
            _start(supervisor, installed, settings, ports)
            supervisor.watch()
        finally:
            supervisor.stop()
            fork.unload()


def _ports(settings: Settings) -> dict[str, int]:
    wanted = {"port": settings.port, "gateway_port": settings.gateway_port}
    if settings.rpc_url is None:
        wanted["rpc_port"] = settings.rpc_port
    if settings.gateway_test_port is not None:
        wanted["gateway_test_port"] = settings.gateway_test_port
    claimed: dict[str, int] = {}
    for name, port in wanted.items():
        claimed[name] = claim_port(settings.host, port, f"--{name.replace('_', '-')}")
    return claimed


def _environment(settings: Settings, ports: dict[str, int]) -> dict[str, str]:
    """Hand the children the ports that were claimed, so that all of them agree."""
    named = {f"MULIAN_{name.upper()}": str(port) for name, port in ports.items()}
    return named | {"MULIAN_HOME": str(settings.resolved_home())}


def _start(supervisor: Supervisor, installed: Installed, settings: Settings, ports: dict[str, int]) -> None:
    home, host = str(settings.resolved_home()), settings.host
    children: list[Child] = []
    if settings.rpc_url is None:
        rpc = f"http://{host}:{ports['rpc_port']}"
        chain = ["chain", "serve", "--home", home, "--host", host, "--port", str(ports["rpc_port"])]
        children.append(Child("chain", chain, lambda: answers(rpc, post=_CHAIN_ID)))
    worker = Child("worker", ["worker", "--home", home], lambda: _worker_ready(worker, home))
    gateway = ["gateway", "serve", "--home", home, "--host", host, "--port", str(ports["gateway_port"]),
               "--workers", str(settings.gateway_workers)]
    children += [worker, Child("gateway", gateway, lambda: answers(f"http://{host}:{ports['gateway_port']}/healthz"))]
    if "gateway_test_port" in ports:
        test = f"http://{host}:{ports['gateway_test_port']}/healthz"
        arguments = ["gateway", "serve", "--home", home, "--host", host, "--environment", "test"]
        arguments += ["--port", str(ports["gateway_test_port"])]
        children.append(Child("gateway-test", arguments, lambda: answers(test)))
    url = f"http://{host}:{ports['port']}"
    api = ["api", "--home", home, "--host", host, "--port", str(ports["port"])]
    children.append(Child("api", api, lambda: answers(f"{url}/healthz")))
    supervisor.start(*children)
    _announce(installed, settings, url, ports)


def _announce(installed: Installed, settings: Settings, url: str, ports: dict[str, int]) -> None:
    passwords = installed.runtime.home.root / "first-passwords.txt"
    if passwords.exists():
        print(f"首批账户的一次性口令：{passwords}（仅本用户可读，登录后请修改并删除）", flush=True)
    if settings.profile == "dev":
        print("开发方式：数据密钥由口令文件自动解封，不得用于正式环境", flush=True)
    print(f"控制台 {url}/console/  接口网关 http://{settings.host}:{ports['gateway_port']}", flush=True)
    print(f"ready {url}", flush=True)


def _worker_ready(worker: Child, home: str) -> bool:
    """The worker writes its pid when its loops start; an older file names another process."""
    mark = Home(home).run_dir / WORKER_MARK
    return worker.process is not None and mark.exists() and mark.read_text() == str(worker.process.pid)


def _stopper(supervisor: Supervisor) -> Callable[[int, FrameType | None], None]:
    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        supervisor.request_stop()

    return stop


def run_worker(settings: Settings) -> None:
    """Run the worker process alone, until SIGTERM."""
    from crypto.keys.doors import Door
    from kernel import lifeline, worker
    from mulian import wiring

    lifeline.arm()
    runtime = wiring.open_runtime(settings)
    write_atomic(runtime.home.run_dir / WORKER_MARK, str(os.getpid()).encode())
    door = Door(runtime, "worker")
    try:
        worker.run(runtime)
    finally:
        door.close()


def run_api(settings: Settings) -> None:
    """Run the API process alone, until SIGTERM; requests in flight are finished."""
    import uvicorn

    from crypto.keys.doors import Door
    from kernel import lifeline
    from mulian import wiring
    from mulian.app import create_app

    # uvicorn raises the signal again after its last answer: by default that would be the end, with what follows undone
    signal.signal(signal.SIGTERM, _leave)
    lifeline.arm()
    runtime = wiring.open_runtime(settings)
    config = uvicorn.Config(
        create_app(runtime), host=settings.host, port=settings.port, log_level="warning", lifespan="off",
        loop="uvloop", http="httptools", server_header=False, timeout_graceful_shutdown=10,
        proxy_headers=bool(settings.trusted_proxies), forwarded_allow_ips=settings.trusted_proxies,
    )
    door = Door(runtime, "api")
    try:
        uvicorn.Server(config).run()
    finally:
        wiring.flush()
        door.close()
        runtime.database.close()


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise SystemExit(0)
