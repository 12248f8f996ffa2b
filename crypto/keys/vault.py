"""The root of this process: which provider, whether it is open, and KEKs already read."""

import os
import secrets
import time
import uuid
from pathlib import Path

from crypto.errors import MODULE_FAILED, PROVIDER_DAMAGED, PROVIDER_REFUSED, ROOT_MISSING, SEALED
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.port import RootProvider
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.runtime import Runtime
from kernel.settings import Settings

_EXTRA = "crypto.vault"
_KEEP_SECONDS = 60.0  # a KEK that was destroyed is out of every process after that
_CREDENTIAL = "mulian-root"  # systemd LoadCredential=mulian-root:...


class Vault:
    """Root provider of a process with a cache of KEKs; ``generation`` changes when it is sealed."""

    def __init__(self, provider: RootProvider) -> None:
        self.provider = provider
        self.generation = 0
        self.givers: set[uuid.UUID] = set()  # who gave shares since it was last open or sealed
        self._keks: dict[uuid.UUID, bytes] = {}
        self._since = time.monotonic()

    def kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` while sealed."""
        if not self.provider.is_open():
            raise SEALED()
        if time.monotonic() - self._since > _KEEP_SECONDS:
            self._keks.clear()
            self._since = time.monotonic()
        if kek_id not in self._keks:
            self._keks[kek_id] = self.provider.get_kek(kek_id)
        return self._keks[kek_id]

    def new_kek(self, kek_id: uuid.UUID) -> bytes:
        """Make a 128-bit KEK and store its object; an object whose database row never came is harmless."""
        material = secrets.token_bytes(16)
        self.provider.put_kek(kek_id, material)
        self._keks[kek_id] = material
        return material

    def destroy_kek(self, kek_id: uuid.UUID) -> None:
        """Destroy the provider's object and forget it here; raise ``crypto.provider.damaged`` if it is still there."""
        self._keks.pop(kek_id, None)
        self.provider.delete_kek(kek_id)
        if self.provider.has_kek(kek_id):
            raise PROVIDER_DAMAGED(name=f"kek-{kek_id}")

    def seal(self) -> None:
        """Forget root, KEKs and, through ``generation``, every data key that keyrings hold."""
        self.provider.seal()
        self.givers.clear()
        self._keks.clear()
        self.generation += 1


def vault_of(runtime: Runtime) -> Vault:
    """Return the vault of a runtime; the dev profile and a systemd credential unseal it without a person."""
    vault = runtime.extras.get(_EXTRA)
    if not isinstance(vault, Vault):
        vault = Vault(_provider(runtime))
        passphrase = _unattended(runtime.settings, runtime.home)
        alone = vault.provider.state().method in ("passphrase", "pin") and not vault.provider.is_open()
        if passphrase is not None and alone and vault.provider.exists():
            vault.provider.unseal(passphrase)
        runtime.extras[_EXTRA] = vault
    return vault


def _provider(runtime: Runtime) -> RootProvider:
    """Return the provider that the settings name; the modules of devices are loaded only then."""
    settings, folder = runtime.settings, runtime.home.data_keys_dir
    if settings.root_provider == "pkcs11":
        from crypto.keys.adapters.pkcs11 import Pkcs11Root

        return Pkcs11Root(folder, settings.root_module, settings.root_token)
    if settings.root_provider == "sdf":
        from crypto.keys.adapters.sdf import SdfRoot

        if not settings.root_token.isdecimal():
            raise MODULE_FAILED(module=settings.root_module, reason=f"MULIAN_ROOT_TOKEN={settings.root_token}")
        return SdfRoot(folder, settings.root_module, int(settings.root_token))
    if settings.root_provider == "environment":
        from crypto.keys.adapters.environment import EnvironmentRoot

        if settings.profile != "dev":
            raise PROVIDER_REFUSED()
        return EnvironmentRoot(folder)
    return SealedFile(folder)


def ensure_dev_root(runtime: Runtime) -> None:
    """Make root and passphrase file of a development home once; in production raise ``crypto.root.missing``."""
    vault = vault_of(runtime)
    if vault.provider.exists():
        return
    if runtime.settings.profile != "dev":
        raise ROOT_MISSING()
    with runtime.home.lock("crypto-root"):
        if not vault.provider.exists():
            passphrase = secrets.token_urlsafe(24)
            write_atomic(dev_passphrase_file(runtime.home), passphrase.encode(), mode=0o600)
            vault.provider.create(passphrase)


def dev_passphrase_file(home: Home) -> Path:
    """Return where a development home keeps its passphrase, next to the key it protects: not for production."""
    return home.keys_dir / "dev-passphrase"


def _unattended(settings: Settings, home: Home) -> str | None:
    """Return a passphrase that needs no person: the dev file, or a systemd credential (memory-backed)."""
    if settings.profile == "dev" and dev_passphrase_file(home).exists():
        return dev_passphrase_file(home).read_text()
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder and (Path(folder) / _CREDENTIAL).exists():
        return (Path(folder) / _CREDENTIAL).read_text().strip()
    return None
