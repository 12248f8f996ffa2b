"""SecretBox and named service keys."""

import secrets
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.servicekeys import service
from kernel.errors import MulianError
from kernel.home import Home


@pytest.fixture
def own_home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.prepare()
    return home


BOX = service.FileBox(secrets.token_bytes(32), secrets.token_bytes(32))


@given(st.binary(max_size=200), st.text(max_size=20))
def test_seal_round_trip_and_binding(plaintext: bytes, purpose: str) -> None:
    sealed = BOX.seal(purpose, plaintext)
    assert BOX.open(purpose, sealed) == plaintext
    with pytest.raises(MulianError):
        BOX.open(purpose + "x", sealed)
    at = secrets.randbelow(len(sealed) * 8)
    broken = bytearray(sealed)
    broken[at // 8] ^= 1 << at % 8
    with pytest.raises(MulianError):
        BOX.open(purpose, bytes(broken))


def test_box_survives_reopening_and_is_private(own_home: Home) -> None:
    with pytest.raises(MulianError) as caught:
        service.open_box(own_home)
    assert caught.value.code == "crypto.service_key.missing"
    box = service.create(own_home)
    sealed, mac = box.seal("a", b"secret"), box.mac("audit", b"row")
    again = service.create(own_home)
    assert again.open("a", sealed) == b"secret" and again.mac("audit", b"row") == mac
    assert again.mac("other", b"row") != mac and len(mac) == 32
    for path in own_home.service_keys_dir.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_wide_rights_and_damage_are_refused(own_home: Home) -> None:
    service.load_or_create(own_home, "block-sealer", lambda: b"k" * 32)
    path = own_home.service_keys_dir / "block-sealer.key"
    path.chmod(0o640)
    with pytest.raises(MulianError) as caught:
        service.load(own_home, "block-sealer")
    assert caught.value.code == "crypto.service_key.rights"
    path.chmod(0o600)
    path.write_text(path.read_text().replace("6b", "6c", 1))
    with pytest.raises(MulianError) as caught:
        service.load(own_home, "block-sealer")
    assert caught.value.code == "crypto.service_key.missing"
    with pytest.raises(ValueError):
        service.load(own_home, "../root")


def test_one_winner_when_many_create(own_home: Home) -> None:
    found: list[bytes] = []

    def create() -> None:
        found.append(service.load_or_create(own_home, "checkpoint-sm2", lambda: secrets.token_bytes(32)))

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert [path.name for path in own_home.service_keys_dir.iterdir()] == ["checkpoint-sm2.key"]
