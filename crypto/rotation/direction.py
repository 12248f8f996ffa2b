"""Which way a rotation runs: from the old key to the new one, or, once it is aborted, back."""

from crypto.errors import KEY_STATE
from crypto.rotation.models import CryptoRotation


def target(rotation: CryptoRotation) -> int:
    """Return the key under which all rows are to lie; raise ``crypto.key.state`` before the new one was made."""
    return rotation.old_key_id if rotation.abort else _new(rotation)


def source(rotation: CryptoRotation) -> int:
    """Return the key that is to hold nothing any more; raise ``crypto.key.state`` before the new one was made."""
    return _new(rotation) if rotation.abort else rotation.old_key_id


def _new(rotation: CryptoRotation) -> int:
    if rotation.new_key_id is None:
        raise KEY_STATE(key_id="?", state=rotation.state)
    return rotation.new_key_id
