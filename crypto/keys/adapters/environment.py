"""Root provider from an environment variable: for developing only, refused in the production profile."""

import os
from pathlib import Path

from crypto.errors import PASSPHRASE_WRONG, POLICY_INVALID, ROOT_EXISTS
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.port import UnsealState

VARIABLE = "MULIAN_ROOT_KEY"


class EnvironmentRoot(SealedFile):
    """64 hex digits in ``MULIAN_ROOT_KEY``; the KEK objects are the same files as the sealed file's."""

    label = "environment"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
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

    def unseal(self, secret: str) -> None:
        """Take the root itself; raise ``crypto.root.passphrase`` unless it is 32 bytes in hex."""
        try:
            root = bytes.fromhex(secret)
        except ValueError as error:
            raise PASSPHRASE_WRONG() from error
        if len(root) != 32:
            raise PASSPHRASE_WRONG()
        self._root = root

    def state(self) -> UnsealState:
        """It opens by itself."""
        return UnsealState("environment")
