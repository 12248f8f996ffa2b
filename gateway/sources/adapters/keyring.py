"""Envelopes opened by the crypto package's keyring, a page's column at a time."""

import uuid
from collections.abc import Sequence

from crypto.columns.service import Failure
from crypto.keys.service import Keyring
from crypto.masking.rules import mask
from crypto.scopes import forms
from crypto.scopes.rules import Scope
from gateway.collection.names import stored_in
from gateway.policy.rules import PolicyFailed
from gateway.sources.service import StaleRead
from kernel.runtime import Runtime


class KeyringDecipher:
    """Implements ``gateway.sources.service.Decipher``. Raises ``crypto.sealed`` while the root is sealed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def open(
        self, table: str, column: str, department_id: uuid.UUID, keys: Sequence[int],
        envelopes: Sequence[bytes | str | None],
    ) -> list[str | None]:
        """Return clear text per row."""
        keyring = Keyring.open(self._runtime)
        scope = Scope(department_id, stored_in(table), column)
        opened = keyring.decrypt_column(scope, keys, list(map(forms.read, envelopes)))
        clear: list[str | None] = []
        for value in opened:
            if isinstance(value, Failure):
                if value.reason == "retired_key":
                    raise StaleRead
                raise PolicyFailed(f"envelope: {value.reason}")
            clear.append(None if value is None else value.decode("utf-8"))
        return clear

    def mask(self, kind: str, text: str) -> str:
        """Return the masked form."""
        return mask(kind, text)
