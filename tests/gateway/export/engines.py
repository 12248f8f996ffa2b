"""The engines of this machine under a compiled snapshot."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.export import service
from gateway.snapshot.rules import Compiled


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port


def _command(engine: str, folder: Path) -> list[str]:
    if engine == "haproxy":
        return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]
    user = " user root;" if os.geteuid() == 0 else ""
    return ["nginx", "-c", str(folder / "nginx.conf"), "-g", f"daemon off; {user}"]


@contextlib.contextmanager
def running(compiled: Compiled, engine: str, folder: Path, rest: str = "") -> Iterator[int]:
    """Export, start the engine, yield its port."""
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed")
    port = free_port()
    service.export(compiled, engine, folder, rest=rest, listen=f"127.0.0.1:{port}")
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(_command(engine, folder), stdout=out, stderr=out)
    try:
        for _ in range(400):
            assert process.poll() is None, (folder / "out").read_text()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)
