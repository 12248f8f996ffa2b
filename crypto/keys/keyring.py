"""The keyring: data keys of one process, loaded from database and provider when first met.

Readers and writers use it; it never writes more than a reservation of uses. Keys from a committed snapshot are
kept for a minute, those of a running transaction only with its session, so that a key of a transaction that was
rolled back is never used for anything else.
"""

import threading
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import cast

from sqlalchemy import event
from sqlalchemy.orm import Session

from crypto.columns import engine
from crypto.columns.engine import ColumnKey, column_key
from crypto.columns.service import Failure, blind_index, decrypt_column, encrypt_column
from crypto.envelope import rules as envelope
from crypto.envelope.row_keys import RowKey
from crypto.errors import KEY_COMPROMISED, KEY_MATERIAL, KEY_UNKNOWN, SCOPE_UNKNOWN
from crypto.keys import queries, rules
from crypto.keys.queries import KeyRecord
from crypto.keys.rules import KeyState
from crypto.keys.usage import reserve
from crypto.keys.vault import Vault, vault_of
from crypto.scopes.rules import BLIND_INDEX, ENC, Scope
from kernel import clock
from kernel.db import Database
from kernel.runtime import Runtime, runtime_of

_EXTRA = "crypto.keyring"
_making = threading.Lock()
_LOCAL = "crypto.keys"
_ALLOWANCE = "crypto.allowance"
_HEAD = itemgetter(slice(envelope.HEADER))
_KEEP_SECONDS = 60.0
UNKNOWN_KEY = Failure("unknown_key")
WRONG_SCOPE = Failure("wrong_scope")
RETIRED_KEY = Failure("retired_key")
DESTROYED_KEY = Failure("destroyed_key")


@dataclass(frozen=True)
class _Loaded:
    record: KeyRecord
    key: ColumnKey


_Held = _Loaded | Failure  # a key that was destroyed is remembered as such


class Keyring:
    """Data keys of a process. Thread-safe. All methods raise ``crypto.sealed`` (503) while the root is sealed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._kept: dict[int, _Held] = {}
        self._kept_since = time.monotonic()
        self._generation = self._vault.generation
        self._allowance: dict[int, int] = {}
        self._vault.on_seal(self._forget)

    @classmethod
    def open(cls, runtime: Runtime) -> "Keyring":
        """Return the keyring of a runtime; any process may have one, also one that only reads."""
        keyring = runtime.extras.get(_EXTRA)
        if isinstance(keyring, cls):
            return keyring
        with _making:
            keyring = runtime.extras.get(_EXTRA)
            if not isinstance(keyring, cls):
                keyring = runtime.extras[_EXTRA] = cls(runtime)
            return keyring

    @property
    def _vault(self) -> Vault:
        return vault_of(self._runtime)

    def decrypt(
        self, scope: Scope, rows: Sequence[tuple[RowKey, bytes | None]], *, session: Session | None = None,
    ) -> list[bytes | Failure | None]:
        """Open envelopes of one scope: clear text, :class:`Failure` or None (for NULL) per row, in order.

        Keys that are not known yet are loaded: in ``session``'s snapshot when given, else in a read unit of its
        own. "retired_key" tells a reader that its rows are older than a finished rotation: read them again.
        """
        return self.decrypt_column(
            scope, [row_key for row_key, _ in rows], [value for _, value in rows], session=session)

    def decrypt_column(
        self, scope: Scope, row_keys: Sequence[RowKey], envelopes: Sequence[bytes | None], *,
        session: Session | None = None,
    ) -> list[bytes | Failure | None]:
        """Do the same with row keys and envelopes apart."""
        loaded = self._known(scope, envelopes, session)
        return decrypt_column(lambda key_id: loaded.get(key_id, UNKNOWN_KEY), row_keys, envelopes)

    def encrypt(
        self, session: Session, scope: Scope, rows: Sequence[tuple[RowKey, str | bytes | None]],
    ) -> list[bytes | None]:
        """Close fields of one scope under its active key, read in the caller's transaction.

        Raises ``crypto.scope.unknown`` where the department's column is no scope, ``crypto.key.exhausted``.
        """
        loaded = self._active(session, scope, ENC)
        uses = sum(value is not None for _, value in rows)
        self._spend(session, loaded.record.key_id, uses)
        return self._encrypt_with(loaded, rows)

    def written_indexes(
        self, session: Session, scope: Scope, messages: Sequence[bytes | None],
    ) -> tuple[list[bytes | None], list[bytes | None]]:
        """Return what a writer puts into the two index columns for normalised values (16 bytes each, None for None).

        The first has the index under the key in use, the second that under the key which an exchange brings in. While
        the key in use is compromised nothing is written under it: both have the coming one. Raises
        ``crypto.key.compromised`` until there is a coming key, ``crypto.scope.unknown``.
        """
        current, coming = self._index_keys(session, scope)
        if current.state is KeyState.COMPROMISED:
            if coming is None:
                raise KEY_COMPROMISED(key_id=current.key_id)
            current = coming
        first = blind_index(self._unwrapped(current).key.key, messages)
        if coming is None:
            return first, [None] * len(messages)
        return first, first if coming is current else blind_index(self._unwrapped(coming).key.key, messages)

    def asked_indexes(
        self, session: Session, scope: Scope, messages: Sequence[bytes | None],
    ) -> list[list[bytes | None]]:
        """Return the indexes by which a look-up finds rows of normalised values, in either column: a list for each key.

        The key in use finds every row, save those that were written while it was compromised.
        """
        current, coming = self._index_keys(session, scope)
        keys = [current, coming] if coming and current.state is KeyState.COMPROMISED else [current]
        return [blind_index(self._unwrapped(item).key.key, messages) for item in keys]

    def every_index(self, session: Session, scope: Scope, messages: Sequence[bytes]) -> list[bytes]:
        """Return the indexes of normalised values under every key whose index a row or a log may have."""
        found = queries.indexing(session, scope)
        if not found:
            raise SCOPE_UNKNOWN(scope=str(scope))
        return [index for item in found for index in blind_index(self._unwrapped(item).key.key, messages) if index]

    def index_under(
        self, session: Session, key_id: int, messages: Sequence[bytes | None],
    ) -> list[bytes | None]:
        """Return blind indexes under one key by id: rotation. Raises ``crypto.key.unknown``."""
        loaded = self._load(session, [key_id]).get(key_id)
        if not isinstance(loaded, _Loaded) or loaded.record.purpose != BLIND_INDEX:
            raise KEY_UNKNOWN(key_id=key_id)
        return blind_index(loaded.key.key, messages)

    def versions(self, session: Session, scope: Scope, purpose: str) -> dict[int, bytes]:
        """Return the keys of a purpose that still open something, by version, the newest first.

        For identifiers, whose keys are used outside columns. Raises ``crypto.scope.unknown`` where there is none.
        """
        found = queries.of_purpose(session, scope, purpose)
        if not found:
            raise SCOPE_UNKNOWN(scope=str(scope))
        return {item.version: self._unwrapped(item).key.key for item in found}

    def newest(self, session: Session, scope: Scope, purpose: str) -> int:
        """Return the version of a purpose's active key; raises like :meth:`encrypt` where there is none."""
        return self._active(session, scope, purpose).record.version

    def encrypt_under(
        self, database: Database, key_id: int, row_keys: Sequence[RowKey], values: Sequence[bytes],
    ) -> list[bytes]:
        """Close fields under one key by id, outside any unit of work, and open them again to compare: rotation.

        Uses are reserved in a unit of their own on ``database`` (a job's fenced one, which this keyring outlives).
        Raises ``crypto.key.unknown``, ``crypto.key.material`` when what was written does not read back.
        """
        loaded = self._load(None, [key_id]).get(key_id)
        if not isinstance(loaded, _Loaded):
            raise KEY_UNKNOWN(key_id=key_id)
        self._spend_alone(database, key_id, len(values))
        sealed = encrypt_column(loaded.key, row_keys, values, padded=loaded.record.padded)
        if decrypt_column(lambda _: loaded.key, row_keys, sealed) != values:
            raise KEY_MATERIAL(key_id=key_id)
        return cast("list[bytes]", sealed)  # None comes from None only

    def _encrypt_with(
        self, loaded: _Loaded, rows: Sequence[tuple[RowKey, str | bytes | None]],
    ) -> list[bytes | None]:
        values = [value.encode() if isinstance(value, str) else value for _, value in rows]
        return encrypt_column(loaded.key, [row_key for row_key, _ in rows], values, padded=loaded.record.padded)

    def _known(
        self, scope: Scope, values: Iterable[bytes | None], session: Session | None,
    ) -> dict[int, ColumnKey | Failure]:
        heads = set(map(_HEAD, filter(None, values)))
        # rows have few heads: each is looked at once, not each row
        sound = (head for head in heads if envelope.defect(head.ljust(envelope.OVERHEAD, b"\0")) is None)
        wanted = set(map(envelope.key_id_of, sound))
        found = self._load(session, wanted)
        now = clock.now()
        return {key_id: _usable(found.get(key_id), scope, now) for key_id in wanted}

    def _load(self, session: Session | None, key_ids: Collection[int]) -> dict[int, _Held]:
        found = self._held(key_ids)
        missing = [key_id for key_id in key_ids if key_id not in found]
        if not missing:
            return found
        if session is None:
            with self._runtime.database.read() as own:
                fresh = {item.key_id: self._opened(item) for item in queries.by_ids(own, missing)}
            with self._lock:
                self._kept.update(fresh)
        else:
            local: dict[int, _Held] = session.info.setdefault(_LOCAL, {})
            fresh = {key_id: local[key_id] for key_id in missing if key_id in local}
            absent = [key_id for key_id in missing if key_id not in fresh]
            fresh |= {item.key_id: self._opened(item) for item in queries.by_ids(session, absent)} if absent else {}
            local.update(fresh)
        return found | fresh

    def _held(self, key_ids: Collection[int]) -> dict[int, _Held]:
        with self._lock:
            old = time.monotonic() - self._kept_since > _KEEP_SECONDS
            if old or self._generation != self._vault.generation:
                self._drop()
                self._kept_since, self._generation = time.monotonic(), self._vault.generation
            return {key_id: self._kept[key_id] for key_id in key_ids if key_id in self._kept}

    def _forget(self) -> None:
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        """Forget what is kept here and what the engine keeps of keys between calls."""
        self._kept.clear()
        engine.forget()

    def _active(self, session: Session, scope: Scope, purpose: str) -> _Loaded:
        found = queries.active(session, scope, purpose)
        if found is None:
            compromised = queries.compromised(session, scope, purpose)
            raise SCOPE_UNKNOWN(scope=str(scope)) if compromised is None else KEY_COMPROMISED(key_id=compromised)
        return self._unwrapped(found)

    def _index_keys(self, session: Session, scope: Scope) -> tuple[KeyRecord, KeyRecord | None]:
        """Return the index key in use, which may be compromised, and the one that an exchange brings in."""
        found = {item.state: item for item in reversed(queries.indexing(session, scope))}  # the newest of each
        used = found.get(KeyState.ACTIVE) or found.get(KeyState.COMPROMISED)
        if used is None:
            raise SCOPE_UNKNOWN(scope=str(scope))
        return used, found.get(KeyState.PRE_ACTIVE)

    def _opened(self, item: KeyRecord) -> _Held:
        return DESTROYED_KEY if item.state is KeyState.DESTROYED else self._unwrapped(item)

    def _unwrapped(self, item: KeyRecord) -> _Loaded:
        key = rules.unwrap(
            self._vault.kek(item.kek_id), item.wrapped, item.scope, item.purpose, item.version, item.kek_id.bytes,
            item.kcv, item.key_id,
        )
        return _Loaded(item, column_key(item.key_id, key))

    def _spend(self, session: Session, key_id: int, uses: int) -> None:
        """Take uses from what this process reserved before; else reserve more in the caller's transaction.

        What a transaction reserved belongs to the process only after its commit: a rolled-back reservation
        never was, and neither were the envelopes made from it.
        """
        with self._lock:
            if self._allowance.get(key_id, 0) >= uses:
                self._allowance[key_id] -= uses
                return
        local: dict[int, int] = session.info.setdefault(_ALLOWANCE, {})
        if local.get(key_id, 0) < uses:
            if not event.contains(session, "after_commit", _keep_allowance):
                event.listen(session, "after_commit", _keep_allowance)
                event.listen(session, "after_rollback", _drop_local)
            local[key_id] = local.get(key_id, 0) + reserve(session, key_id, uses)
        local[key_id] -= uses

    def _spend_alone(self, database: Database, key_id: int, uses: int) -> None:
        while True:
            with self._lock:
                if self._allowance.get(key_id, 0) >= uses:
                    self._allowance[key_id] -= uses
                    return
            self._gain({key_id: database.run(lambda session: reserve(session, key_id, uses))})

    def _gain(self, allowance: dict[int, int]) -> None:
        with self._lock:
            for key_id, uses in allowance.items():
                self._allowance[key_id] = self._allowance.get(key_id, 0) + uses


def keyring_of(session: Session) -> Keyring:
    """Return the keyring of a session's process."""
    return Keyring.open(runtime_of(session))


def _usable(loaded: _Held | None, scope: Scope, now: datetime) -> ColumnKey | Failure:
    if loaded is None:
        return UNKNOWN_KEY
    if isinstance(loaded, Failure):
        return loaded
    if loaded.record.scope != scope or loaded.record.purpose != ENC:
        return WRONG_SCOPE
    if not rules.may_decrypt(loaded.record.state, loaded.record.retired_at, now):
        return RETIRED_KEY
    return loaded.key


def _keep_allowance(session: Session) -> None:
    keyring_of(session)._gain(session.info.pop(_ALLOWANCE, {}))
    session.info.pop(_LOCAL, None)


def _drop_local(session: Session) -> None:
    session.info.pop(_ALLOWANCE, None)
    session.info.pop(_LOCAL, None)
