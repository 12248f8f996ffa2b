"""A person's own key in an encrypted file (Ethereum's keystore, version 3): for signing offline, never for a server."""

import json
import os
from pathlib import Path

from chain.ledger.accounts import Signer, from_secret, new_signer

# scrypt: about a second, so that a stolen file is no stolen key
COST = 2**18


def create(path: Path, password: str) -> Signer:
    """Make a key and write it encrypted, mode 0600; raise FileExistsError, since keys are never overwritten."""
    from eth_account import Account

    made = new_signer()
    document = Account.encrypt(made.secret, password, kdf="scrypt", iterations=COST)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(document, file, indent=1)
    return made


def load(path: Path, password: str) -> Signer:
    """Open a key file; raise ValueError for a wrong password or another kind of file."""
    from eth_account import Account

    try:
        return from_secret(bytes(Account.decrypt(json.loads(path.read_text("utf-8")), password)))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}"[:200]) from error
