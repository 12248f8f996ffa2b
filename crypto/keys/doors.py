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

import structlog

from crypto.errors import PROCESS_SILENT
from crypto.keys.vault import Vault, vault_of
from kernel.errors import INTERNAL, MulianError
from kernel.runtime import Runtime

_LINE = 4096
_SECONDS = 5.0
_PREFIX, _SUFFIX = "unseal-", ".sock"
_CLOSED: dict[str, Any] = {"open": False, "method": "", "given": (), "need": 0, "next_need": 0, "next_given": ()}
_log = structlog.get_logger("crypto.door")


@dataclass(frozen=True)
class Answer:
    """What a process said, with the numbers of ``UnsealState``; ``error`` is empty where it did as asked."""

    process: str
    pid: int
    open: bool
    method: str
    given: tuple[int, ...]
    need: int
    next_need: int = 0
    next_given: tuple[int, ...] = ()
    error: str = ""


class Door:
    """The listening side of one process, in a thread; whoever opens it closes it at the end."""

    def __init__(self, runtime: Runtime, name: str) -> None:
        self._runtime = runtime
        self._name = name
        self._path = runtime.home.run_dir / f"{_PREFIX}{name}-{os.getpid()}{_SUFFIX}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # it gets its name once it listens: one that refuses a connection is taken for a dead process's
        early = self._path.with_suffix(".early")
        early.unlink(missing_ok=True)
        with _short(early) as short:
            self._socket.bind(short)
        early.chmod(0o600)
        self._socket.listen(8)
        early.rename(self._path)
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
            try:
                with peer:
                    self._answer(peer)
            except Exception as error:  # whoever asks hears nothing and says so; the next one is served
                _log.error("crypto.door", process=self._name, exc_info=error)

    def _answer(self, peer: socket.socket) -> None:
        peer.settimeout(_SECONDS)
        if _user_of(peer) in (0, os.geteuid()):
            said = {"process": self._name, "pid": os.getpid(), **_act(self._runtime, json.loads(_line(peer)))}
            peer.sendall(json.dumps(said).encode() + b"\n")


def ask(runtime: Runtime, operation: str, secret: str = "", *, but: int = 0) -> list[Answer]:
    """Send ``state``, ``unseal`` or ``seal`` to every process of the home but ``but``; what a dead one left is removed.

    A living process that gives no answer is listed with ``crypto.process.silent``, as if it had done nothing.
    """
    found = []
    for path in sorted(runtime.home.run_dir.glob(f"{_PREFIX}*{_SUFFIX}")):
        name, _, number = path.stem.removeprefix(_PREFIX).rpartition("-")
        if number == str(but):
            continue
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer, _short(path) as short:
                peer.settimeout(_SECONDS)
                peer.connect(short)
                peer.sendall(json.dumps({"op": operation, "secret": secret}).encode() + b"\n")
                said = json.loads(_line(peer))
                found.append(Answer(**said | {"given": tuple(said["given"]), "next_given": tuple(said["next_given"])}))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except (OSError, ValueError, KeyError, TypeError):
            if path.exists() and _lives(number):
                found.append(Answer(
                    process=name, pid=int(number), open=operation == "seal", method="", given=(), need=0,
                    error=PROCESS_SILENT.code,
                ))
    return found


def here(vault: Vault, process: str) -> Answer:
    """Return the state of this process."""
    return Answer(process=process, pid=os.getpid(), **_state(vault))


def _act(runtime: Runtime, asked: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked and say where the process stands; whatever goes wrong is said as a code."""
    vault, error = None, ""
    try:
        vault = vault_of(runtime)  # refused where a device's module does not load: the process runs, sealed
        if asked["op"] == "unseal":
            vault.unseal(asked["secret"])
        elif asked["op"] == "seal":
            vault.seal()
        return _state(vault) | {"error": ""}
    except MulianError as refused:
        error = refused.code
    except Exception as failed:
        _log.error("crypto.door", operation=asked.get("op"), exc_info=failed)
        error = INTERNAL.code
    try:
        return (_state(vault) if vault else _CLOSED) | {"error": error}
    except MulianError:
        return _CLOSED | {"error": error}


def _state(vault: Vault) -> dict[str, Any]:
    state = vault.provider.state()
    return {"open": vault.provider.is_open(), "method": state.method, "given": state.given, "need": state.need,
            "next_need": state.next_need, "next_given": state.next_given}


def _lives(number: str) -> bool:
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


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
