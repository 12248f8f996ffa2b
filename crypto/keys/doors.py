"""A door per process: a socket in the home through which the machine's own operator unseals and asks the state.

Keys live in processes, so each process is unsealed for itself. ``run/unseal-<name>-<pid>.sock`` (0600, the peer's
user checked) takes one JSON line and answers one; what it takes is neither stored nor logged.
"""

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crypto.keys.vault import Vault, vault_of
from kernel.errors import MulianError
from kernel.runtime import Runtime

_LINE = 4096
_SECONDS = 5.0
_PREFIX, _SUFFIX = "unseal-", ".sock"


@dataclass(frozen=True)
class Answer:
    """What a process said. ``error`` is a stable code, empty where it took what it was given."""

    process: str
    pid: int
    open: bool
    method: str
    given: tuple[int, ...]
    need: int
    error: str = ""


class Door:
    """The listening side of one process, in a thread; whoever opens it closes it at the end."""

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name
        self._path = runtime.home.run_dir / f"{_PREFIX}{name}-{os.getpid()}{_SUFFIX}"
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short(self._path) as short:
            self._socket.bind(short)
        self._path.chmod(0o600)
        self._socket.listen(8)
        self._thread = threading.Thread(target=self._serve, name="unseal-door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and remove the socket."""
        self._path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return  # closed
            with peer, contextlib.suppress(OSError, ValueError):
                peer.settimeout(_SECONDS)
                if _user_of(peer) in (0, os.geteuid()):
                    answer = _act(self._runtime, json.loads(_line(peer)))
                    peer.sendall(json.dumps({"process": self._name, "pid": os.getpid(), **answer}).encode() + b"\n")


def ask(runtime: Runtime, operation: str, secret: str = "", *, but: int = 0) -> list[Answer]:
    """Send ``state``, ``unseal`` or ``seal`` to every process of the home but ``but``; what a dead one left is removed.
    """
    found = []
    for path in sorted(runtime.home.run_dir.glob(f"{_PREFIX}*{_SUFFIX}")):
        if path.stem.rpartition("-")[2] == str(but):
            continue
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer, _short(path) as short:
                peer.settimeout(_SECONDS)
                peer.connect(short)
                peer.sendall(json.dumps({"op": operation, "secret": secret}).encode() + b"\n")
                said = json.loads(_line(peer))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            continue
        except (OSError, ValueError):
            continue  # it is ending
        found.append(Answer(**said | {"given": tuple(said["given"])}))
    return found


def here(vault: Vault, process: str) -> Answer:
    """Return the state of this process."""
    return Answer(process=process, pid=os.getpid(), **_state(vault))


def _act(runtime: Runtime, asked: dict[str, Any]) -> dict[str, Any]:
    error = ""
    try:
        vault = vault_of(runtime)
    except MulianError as refused:  # the device's module does not load: the process runs, sealed
        return {"open": False, "method": "", "given": (), "need": 0, "error": refused.code}
    try:
        if asked["op"] == "unseal" and not vault.provider.is_open():
            vault.provider.unseal(asked["secret"])
        elif asked["op"] == "seal":
            vault.seal()
    except MulianError as refused:
        error = refused.code
    return _state(vault) | {"error": error}


def _state(vault: Vault) -> dict[str, Any]:
    state = vault.provider.state()
    return {"open": vault.provider.is_open(), "method": state.method, "given": state.given, "need": state.need}


def _line(peer: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\n") and len(data) < _LINE:
        part = peer.recv(_LINE)
        if not part:
            break
        data += part
    return data


def _user_of(peer: socket.socket) -> int:
    credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of the socket through its folder's descriptor: addresses end at 107 bytes, homes do not."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
