"""Counting encryptions: reserved in blocks, so that no row is written per field."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from crypto.errors import KEY_EXHAUSTED, KEY_UNKNOWN
from crypto.keys import rules
from crypto.keys.models import CryptoDek


def reserve(session: Session, key_id: int, uses: int) -> int:
    """Reserve at least ``uses`` encryptions in blocks of 2^20 and return how many were reserved.

    Raises ``crypto.key.exhausted`` at 2^32 uses: random nonces are not safe beyond.
    """
    blocks = -(-uses // rules.USES_PER_BLOCK) * rules.USES_PER_BLOCK
    total = session.execute(
        update(CryptoDek).where(CryptoDek.key_id == key_id).values(reserved=CryptoDek.reserved + blocks)
        .returning(CryptoDek.reserved).execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if total is None:
        raise KEY_UNKNOWN(key_id=key_id)
    if total > rules.MAX_USES:
        raise KEY_EXHAUSTED(key_id=key_id)
    return blocks
