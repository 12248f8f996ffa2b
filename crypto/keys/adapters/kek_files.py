"""One file per KEK version in a folder of the home, 0600: the store that providers in software and in devices share."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path

from crypto.errors import PROVIDER_DAMAGED
from kernel.files_atomic import sync_folder, write_atomic


class KekFiles:
    """``kek-<id>.bin``, each closed by the provider's root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, kek_id: uuid.UUID, closed: bytes) -> None:
        """Store an object durably."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(self._path(kek_id), closed, mode=0o600)

    def read(self, kek_id: uuid.UUID, opened: Callable[[bytes], bytes], wrong: type[Exception]) -> bytes:
        """Return what ``opened`` makes of an object; raise ``crypto.provider.damaged`` for ``wrong`` or no file."""
        try:
            return opened(self._path(kek_id).read_bytes())
        except (OSError, wrong) as error:
            raise PROVIDER_DAMAGED(name=self._path(kek_id).name) from error

    def has(self, kek_id: uuid.UUID) -> bool:
        """Tell whether the object is there."""
        return self._path(kek_id).exists()

    def delete(self, kek_id: uuid.UUID) -> None:
        """Overwrite the object, remove it and flush the folder; on flash the overwriting is best effort."""
        path = self._path(kek_id)
        try:
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except FileNotFoundError:
            pass  # an attempt before this one removed it
        sync_folder(self.folder)

    def _path(self, kek_id: uuid.UUID) -> Path:
        return self.folder / f"kek-{kek_id}.bin"
