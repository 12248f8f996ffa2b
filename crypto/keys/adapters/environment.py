"""Root provider from an environment variable: for developing only, refused in the production profile."""

import os
from pathlib import Path

from crypto.errors import PASSPHRASE_WRONG, POLICY_INVALID, ROOT_EXISTS
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.port import UnsealState
from kernel.digest import sm3

VARIABLE = "MULIAN_ROOT_KEY"


class EnvironmentRoot(SealedFile):
    """64 hex digits in ``MULIAN_ROOT_KEY``; the KEK objects are the same files as the sealed file's."""

    label = "environment"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._mark = sm3(_root(os.environ.get(VARIABLE, "")))
        self.unseal(os.environ.get(VARIABLE, ""))

    def exists(self) -> bool:
        """The root is wherever the variable came from."""
        return True

    def create(self, secret: str) -> None:
        """There is nothing to make."""
        raise ROOT_EXISTS()

    def share(self, threshold: int, count: int) -> list[str]:
        """A variable has no shares."""
        raise POLICY_INVALID()

    def share_of(self, secret: str) -> tuple[str, int] | None:
        """A variable has no shares."""
        return None

    def unseal(self, secret: str) -> None:
        """Take the root itself; raise ``crypto.root.passphrase`` for any but the one that the variable held."""
        root = _root(secret)
        if sm3(root) != self._mark:
            raise PASSPHRASE_WRONG()
        self._root = root

    def state(self) -> UnsealState:
        """It opens by itself."""
        return UnsealState("environment")


def _root(text: str) -> bytes:
    try:
        root = bytes.fromhex(text)
    except ValueError as error:
        raise PASSPHRASE_WRONG() from error
    if len(root) != 32:
        raise PASSPHRASE_WRONG()
    return root
