"""The root of this process: which provider, whether it is open, and KEKs already read."""

import os
import resource
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import structlog

from crypto.errors import MODULE_FAILED, PROVIDER_DAMAGED, PROVIDER_REFUSED, ROOT_MISSING, SEALED, SHARE_PERSON
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.port import RootProvider
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.runtime import Runtime
from kernel.settings import Settings

_log = structlog.get_logger("crypto.vault")
_EXTRA = "crypto.vault"
_making = threading.Lock()  # two vaults of one process would not be sealed together
_KEEP_SECONDS = 60.0  # a KEK that was destroyed is out of every process after that
_CREDENTIAL = "mulian-root"  # systemd LoadCredential=mulian-root:...


class Vault:
    """Root provider of a process with a cache of KEKs; ``generation`` changes when it is sealed."""

    def __init__(self, provider: RootProvider) -> None:
        self.provider = provider
        self.generation = 0
        self._keks: dict[uuid.UUID, bytes] = {}
        self._since = time.monotonic()
        self._giving = threading.Lock()
        self._givers: dict[tuple[uuid.UUID, str], int] = {}
        self._forgetting: list[Callable[[], None]] = []

    def unseal(self, secret: str, giver: uuid.UUID | None = None) -> bool:
        """Give the provider what it still needs and tell whether that was a share; an open root needs nothing.

        One person gives one share of a splitting until the root is sealed again, also while only other processes
        still need it. Raises ``crypto.share.same_person`` and what the provider raises.
        """
        with self._giving:
            share = self.provider.share_of(secret)
            who = None if share is None or giver is None else (giver, share[0])
            if share is not None and who is not None and self._givers.get(who, share[1]) != share[1]:
                raise SHARE_PERSON()
            if not self.provider.is_open() or self.provider.state().next_need:
                self.provider.unseal(secret)
            if share is not None and who is not None:
                self._givers[who] = share[1]
            return share is not None

    def kek(self, kek_id: uuid.UUID) -> bytes:
        """Return KEK material; raise ``crypto.sealed`` while sealed."""
        if not self.provider.is_open():
            raise SEALED()
        if time.monotonic() - self._since > _KEEP_SECONDS:
            self._keks, self._since = {}, time.monotonic()
        keks = self._keks  # another thread may seal: what is put into the old ones then is never looked at
        material = keks.get(kek_id)
        if material is None:
            material = keks[kek_id] = self.provider.get_kek(kek_id)
        return material

    def new_kek(self, kek_id: uuid.UUID) -> bytes:
        """Make a 128-bit KEK and store its object; an object whose database row never came is harmless."""
        keks, material = self._keks, secrets.token_bytes(16)
        self.provider.put_kek(kek_id, material)
        keks[kek_id] = material
        return material

    def destroy_kek(self, kek_id: uuid.UUID) -> None:
        """Destroy the provider's object and forget it here; raise ``crypto.provider.damaged`` if it is still there."""
        self._keks.pop(kek_id, None)
        self.provider.delete_kek(kek_id)
        if self.provider.has_kek(kek_id):
            raise PROVIDER_DAMAGED(name=f"kek-{kek_id}")

    def on_seal(self, forget: Callable[[], None]) -> None:
        """Have ``forget`` called at every sealing, by whoever holds what was opened with this root."""
        self._forgetting.append(forget)

    def seal(self) -> None:
        """Forget root, KEKs, shares and every data key; nothing stays because a device refuses something."""
        try:
            self.provider.seal()
        finally:
            self.generation += 1
            self._keks = {}
            with self._giving:
                self._givers.clear()
            for forget in self._forgetting:
                forget()


def vault_of(runtime: Runtime) -> Vault:
    """Return the vault of a runtime; the dev profile and a systemd credential unseal it without a person."""
    vault = runtime.extras.get(_EXTRA)
    if isinstance(vault, Vault):
        return vault
    with _making:
        vault = runtime.extras.get(_EXTRA)
        if not isinstance(vault, Vault):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what this process opens from now on is in its memory
            vault = Vault(_provider(runtime))
            _open_unattended(vault, runtime)
            runtime.extras[_EXTRA] = vault
        return vault


def _open_unattended(vault: Vault, runtime: Runtime) -> None:
    """Try once what needs no person: a device counts wrong passwords and locks, so a refused one is not tried again."""
    try:
        passphrase = _unattended(runtime.settings, runtime.home)
        alone = vault.provider.state().method in ("passphrase", "pin") and not vault.provider.is_open()
        if passphrase is not None and alone and vault.provider.exists():
            vault.provider.unseal(passphrase)
    except (MulianError, OSError) as error:
        _log.error("crypto.unattended_unseal", reason=getattr(error, "code", str(error)))


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
    """Make root and passphrase file of a development home once; in production raise ``crypto.root.missing``.

    A device's root is not made this way: its password is not ours to choose, and its module is not loaded here,
    because whoever installs forks the processes that will use it.
    """
    settings = runtime.settings
    if settings.profile == "dev" and settings.root_provider != SealedFile.label:
        return
    provider = vault_of(runtime).provider
    if provider.exists():
        return
    if settings.profile != "dev":
        raise ROOT_MISSING()
    with runtime.home.lock("crypto-root"):
        if not provider.exists():
            file = dev_passphrase_file(runtime.home)
            if not file.exists():  # one that is there may be all that opens a root: it is used, never replaced
                write_atomic(file, secrets.token_urlsafe(24).encode(), mode=0o600)
            provider.create(file.read_text())


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
