"""What root providers in devices share: calls into a C library by ctypes, KEK objects as files, one lock.

A refused call never leaves this layer as it is: a session that the device ended seals the provider, everything else
is ``crypto.module.failed``.
"""

import contextlib
import ctypes
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from crypto.errors import MODULE_FAILED, POLICY_INVALID, SEALED
from crypto.keys.adapters.kek_files import KekFiles
from crypto.keys.port import UnsealState

_log = structlog.get_logger("crypto.device")


class Refused(Exception):
    """A function of the device answered with an error code."""

    def __init__(self, function: str, code: int) -> None:
        super().__init__(f"{function}: 0x{code:x}")
        self.code = code


class Damaged(Exception):
    """A stored object is not what the device made for this KEK."""


class DeviceRoot:
    """The common half of a provider; ``session`` and ``key`` are the device's handles while it is open."""

    label = "device"
    certified = False  # only the operator knows whether the device is a certified product
    word: Any = ctypes.c_ulong  # what the interface's functions return
    ended: frozenset[int] = frozenset()  # codes that say that the session is no more

    def __init__(self, folder: Path, module: str) -> None:
        self.files, self.lock, self.module = KekFiles(folder), threading.RLock(), module
        self.opened: tuple[Any, Any] | None = None
        with self.device():
            try:
                self.library = ctypes.CDLL(module)
                self.begin()
            except (OSError, AttributeError) as error:
                raise MODULE_FAILED(module=module, reason=str(error)) from error

    def begin(self) -> None:
        """Make the library ready for sessions."""

    def close(self, session: Any, key: Any) -> None:
        """Give the handles back to the device: every step is tried, whatever the one before answered."""

    def share(self, threshold: int, count: int) -> list[str]:
        """Who may open a device is its own matter."""
        raise POLICY_INVALID()

    def share_of(self, secret: str) -> tuple[str, int] | None:
        """A device knows no shares."""
        return None

    def state(self) -> UnsealState:
        """A device is opened by its password."""
        return UnsealState("pin")

    def is_open(self) -> bool:
        """Tell whether KEKs can be read now."""
        return self.opened is not None

    def seal(self) -> None:
        """Forget the handles, then let the device end the session; what it refuses there is logged."""
        with self.lock:
            handles, self.opened = self.opened, None
            if handles is not None:
                self.close(*handles)

    def has_kek(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the object is there."""
        return self.files.has(kek_id)

    def delete_kek(self, kek_id: uuid.UUID) -> None:
        """Overwrite and remove the object."""
        self.files.delete(kek_id)

    def handles(self) -> tuple[Any, Any]:
        """Return session and root key; raise ``crypto.sealed``."""
        if self.opened is None:
            raise SEALED()
        return self.opened

    @contextlib.contextmanager
    def device(self) -> Iterator[None]:
        """Hold the device; turn what it refuses into ``crypto.sealed`` or ``crypto.module.failed``."""
        with self.lock:
            try:
                yield
            except Refused as error:
                if error.code in self.ended:
                    self.seal()
                    raise SEALED() from error
                raise MODULE_FAILED(module=self.module, reason=str(error)) from error

    @contextlib.contextmanager
    def closing(self, session: Any) -> Iterator[None]:
        """Close a session of which nothing came."""
        try:
            yield
        except BaseException:
            self.close(session, None)
            raise

    def call(self, function: str, *arguments: object) -> None:
        """Call a function of the library; raise :class:`Refused`."""
        called = getattr(self.library, function)
        called.restype = self.word
        code = called(*arguments)
        if code:
            raise Refused(function, code)

    def tried(self, function: str, *arguments: object) -> None:
        """Call a function whose refusal changes nothing any more."""
        try:
            self.call(function, *arguments)
        except Refused as error:
            _log.warning("crypto.device.refused", module=self.module, reason=str(error))
