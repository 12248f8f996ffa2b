"""Root providers: shares, a PKCS #11 token, the environment."""

import itertools
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.errors import MODULE_FAILED, PASSPHRASE_WRONG, PROVIDER_REFUSED, ROOT_EXISTS, SEALED
from crypto.keys import shamir
from crypto.keys.adapters.pkcs11 import Pkcs11Root
from crypto.keys.adapters.sdf import SdfRoot
from crypto.keys.adapters.sealed_file import SealedFile
from crypto.keys.port import UnsealState
from crypto.keys.vault import vault_of
from crypto.sm import sm4
from kernel.db import Database
from kernel.errors import MulianError
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.crypto import sdf_device
from tests.support import closing

SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "246802"


def code_of(call: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(MulianError) as caught:
        call(*arguments)
    return caught.value.code


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.integers(2, 5), st.integers(0, 3), st.randoms())
def test_any_k_shares_give_the_secret_and_fewer_do_not(secret: bytes, k: int, more: int, random: Random) -> None:
    shares = shamir.split(secret, k, k + more)
    random.shuffle(shares)
    assert shamir.combine([shamir.parse(share.text()) for share in shares[:k]]) == secret
    assert code_of(shamir.combine, shares[:k - 1]) == "crypto.share.few"
    # k-1 shares fit every secret: with one made-up share more they give another value, never the secret's
    made_up = shamir.Share(shares[0].set_id, k, 200, bytes(32))
    assert shamir.combine([*shares[:k - 1], made_up]) != secret or k + more == 200


def test_a_slip_of_the_pen_is_found_and_lookalikes_are_forgiven() -> None:
    text = shamir.split(bytes(range(32)), 2, 3)[0].text()
    assert shamir.parse(text.lower().replace("0", "o").replace("1", "l").replace("-", " ")) == shamir.parse(text)
    for place, symbol in enumerate(text):
        if symbol != "-":
            wrong = text[:place] + ("7" if symbol != "7" else "8") + text[place + 1:]
            assert code_of(shamir.parse, wrong) == "crypto.share.invalid", place
    assert code_of(shamir.parse, text[:-1]) == code_of(shamir.parse, "口令") == "crypto.share.invalid"
    for k, n in ((1, 3), (4, 3), (2, 17)):
        with pytest.raises(ValueError, match="threshold"):
            shamir.split(bytes(32), k, n)


def test_k_of_n_persons_open_the_root(tmp_path: Path) -> None:
    provider, kek = SealedFile(tmp_path), uuid.uuid4()
    provider.create("old passphrase")
    provider.put_kek(kek, b"k" * 16)
    first = provider.share(2, 3)
    (tmp_path / "root-next.json").unlink()
    if (child := os.fork()) == 0:  # killed before anybody has read the shares
        try:
            provider.share(2, 3)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert (tmp_path / "root-next.json").exists()
    shares = provider.share(2, 3)
    other = SealedFile(tmp_path)
    other.unseal("old passphrase")
    assert other.get_kek(kek) == b"k" * 16 and other.state() == UnsealState("passphrase", next_need=2)
    assert code_of(other.unseal, first[1]) == "crypto.share.foreign"
    other.unseal(shares[1])
    assert other.state().next_given == (2,) and code_of(other.unseal, shares[1]) == "crypto.share.twice"
    other.unseal(shares[2])
    assert not (tmp_path / "root-next.json").exists() and other.state() == UnsealState("shares", 2)
    # killed between the two steps: what is left of the old name is passed over
    (tmp_path / "root-next.json").write_bytes((tmp_path / "root.json").read_bytes())
    assert provider.get_kek(kek) == b"k" * 16 and provider.state() == UnsealState("shares", 2)
    for one, two in itertools.permutations(shares, 2):
        other = SealedFile(tmp_path)
        other.unseal(one)
        state = other.state()
        assert not other.is_open() and (state.method, state.need) == ("shares", 2)
        assert state.given == (shares.index(one) + 1,)
        assert code_of(other.get_kek, kek) == SEALED.code
        other.unseal(two)
        assert other.is_open() and other.get_kek(kek) == b"k" * 16 and other.state().given == ()
    other = SealedFile(tmp_path)
    other.unseal(shares[0])
    assert code_of(other.unseal, shares[0]) == "crypto.share.twice"
    assert code_of(other.unseal, first[1]) == "crypto.share.foreign"
    assert code_of(other.unseal, "old passphrase") == "crypto.share.invalid"
    genuine = shamir.parse(shares[1])
    for forged in (shamir.Share(genuine.set_id, 2, 2, bytes(32)), shamir.Share(genuine.set_id, 3, 2, genuine.data)):
        assert code_of(other.unseal, forged.text()) == "crypto.share.wrong"
    # shares of a splitting that is no longer in force count for nothing
    provider.unseal(shares[0])
    provider.unseal(shares[1])
    newer = provider.share(3, 3)
    for one in newer:
        provider.unseal(one)
    other.unseal(newer[1])
    assert other.state() == UnsealState("shares", 3, (2,)) and not other.is_open()
    other.seal()
    assert other.state().given == ()
    assert not any(share.replace("-", "")[12:40] in (tmp_path / "root.json").read_text() for share in shares)


def test_a_root_in_the_environment_is_for_development(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch,
) -> None:
    runtime = sqlite_database.runtime
    assert runtime is not None

    def with_profile(profile: Literal["dev", "production"]) -> Runtime:
        settings = Settings(home=runtime.home.root, profile=profile, root_provider="environment")
        return Runtime(settings=settings, home=runtime.home, database=sqlite_database, box=runtime.box)

    monkeypatch.setenv("MULIAN_ROOT_KEY", "ab" * 32)
    vault, kek = vault_of(with_profile("dev")), uuid.uuid4()
    material = vault.new_kek(kek)
    assert vault_of(with_profile("dev")).kek(kek) == material
    assert code_of(vault_of, with_profile("production")) == PROVIDER_REFUSED.code
    vault.seal()
    assert code_of(vault.unseal, "cd" * 32) == PASSPHRASE_WRONG.code
    monkeypatch.setenv("MULIAN_ROOT_KEY", "ab")
    assert code_of(vault_of, with_profile("dev")) == PASSPHRASE_WRONG.code
    runtime.extras.clear()


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of Debian's softhsm2 in a temporary folder."""
    if not SOFTHSM.exists() or shutil.which("softhsm2-util") is None:
        closing.missing("softhsm2")
        pytest.skip("softhsm2 is not installed")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "mulian", "--pin", PIN, "--so-pin", "9999"],
                   check=True, capture_output=True)
    return str(SOFTHSM)


def test_a_token_wraps_keks_and_keeps_its_key(token: str, tmp_path: Path) -> None:
    folder, kek, other = tmp_path / "data", uuid.uuid4(), uuid.uuid4()
    provider = Pkcs11Root(folder, token, "mulian")
    assert not provider.exists() and code_of(provider.unseal, PIN) == "crypto.root.missing"
    assert code_of(provider.unseal, "000000") == code_of(provider.create, "000000") == PASSPHRASE_WRONG.code
    provider.create(PIN)
    assert provider.exists() and code_of(provider.create, PIN) == ROOT_EXISTS.code
    provider.put_kek(kek, b"0123456789abcdef")
    assert provider.get_kek(kek) == b"0123456789abcdef"
    stored = (folder / f"kek-{kek}.bin").read_bytes()
    assert b"0123456789abcdef" not in stored and len(stored) == 22 + 24
    provider.seal()
    assert code_of(provider.get_kek, kek) == SEALED.code
    assert code_of(provider.unseal, "000000") == PASSPHRASE_WRONG.code
    provider.unseal(PIN)
    assert provider.get_kek(kek) == b"0123456789abcdef" and provider.state().method == "pin"
    (folder / f"kek-{other}.bin").write_bytes(stored)
    assert code_of(provider.get_kek, other) == "crypto.provider.damaged"
    (folder / f"kek-{kek}.bin").write_bytes(stored[:-1] + bytes((stored[-1] ^ 1,)))
    assert code_of(provider.get_kek, kek) == "crypto.provider.damaged"
    (folder / f"kek-{kek}.bin").write_bytes(stored)
    # killed between the token's key and its marker: what is there is taken up
    (folder / "pkcs11-root").unlink()
    provider.create(PIN)
    assert provider.get_kek(kek) == b"0123456789abcdef"
    # the token ended the session by itself; a log-out that it refuses leaves nothing open either
    provider.call("C_CloseSession", provider.handles()[0])
    assert code_of(provider.get_kek, kek) == code_of(provider.put_kek, other, bytes(16)) == SEALED.code
    provider.unseal(PIN)
    provider.call("C_Logout", provider.handles()[0])
    provider.seal()
    assert not provider.is_open() and code_of(provider.unseal, "000000") == PASSPHRASE_WRONG.code
    # a session of this process that is logged in lets no other text in
    provider.unseal(PIN)
    assert code_of(Pkcs11Root(folder, token, "mulian").unseal, "000000") == PASSPHRASE_WRONG.code
    provider.delete_kek(kek)
    assert not provider.has_kek(kek)
    assert code_of(Pkcs11Root(folder, token, "another").unseal, PIN) == MODULE_FAILED.code
    assert code_of(Pkcs11Root, folder, str(tmp_path / "no.so"), "mulian") == MODULE_FAILED.code
    provider.seal()


def test_a_device_with_the_sdf_interface_closes_keks(tmp_path: Path) -> None:
    library = sdf_device.build(tmp_path)
    if library is None:
        closing.missing("a C compiler (cc)")
        pytest.skip("no C compiler")
    folder, kek, other = tmp_path / "data", uuid.uuid4(), uuid.uuid4()
    provider = SdfRoot(folder, str(library), 1)
    assert code_of(provider.unseal, sdf_device.PASSWORD) == "crypto.root.missing"
    assert code_of(provider.create, "wrong") == PASSPHRASE_WRONG.code
    provider.create(sdf_device.PASSWORD)
    provider.put_kek(kek, b"0123456789abcdef")
    provider.seal()
    assert code_of(provider.get_kek, kek) == SEALED.code
    again = SdfRoot(folder, str(library), 1)
    assert code_of(again.unseal, "wrong") == PASSPHRASE_WRONG.code
    again.unseal(sdf_device.PASSWORD)
    assert again.get_kek(kek) == b"0123456789abcdef" and again.state().method == "pin"
    stored = (folder / f"kek-{kek}.bin").read_bytes()
    # the device's SM4 is the standard's: what it closed, our own SM4 opens with its session key
    session_key = sm4.cbc_decrypt(b"device kek no. 1", bytes(16), (folder / "sdf-root").read_bytes())
    assert sm4.cbc_decrypt(session_key, stored[6:22], stored[22:])[:16] == b"0123456789abcdef"
    (folder / f"kek-{other}.bin").write_bytes(stored)
    assert code_of(again.get_kek, other) == "crypto.provider.damaged"
    for place in range(len(stored)):
        (folder / f"kek-{kek}.bin").write_bytes(stored[:place] + bytes((stored[place] ^ 1,)) + stored[place + 1:])
        assert code_of(again.get_kek, kek) == "crypto.provider.damaged", place
    (folder / f"kek-{kek}.bin").write_bytes(stored)
    again.library.refuse(0x01000003)  # the line to the device is down
    assert code_of(again.get_kek, kek) == code_of(again.put_kek, other, bytes(16)) == MODULE_FAILED.code
    again.seal()
    assert not again.is_open() and code_of(again.unseal, sdf_device.PASSWORD) == MODULE_FAILED.code
    again.library.refuse(0)
    again.unseal(sdf_device.PASSWORD)
    again.delete_kek(kek)
    assert not again.has_kek(kek)
    assert code_of(SdfRoot(folder, str(library), 2).unseal, sdf_device.PASSWORD) == PASSPHRASE_WRONG.code
    assert code_of(SdfRoot, folder, str(tmp_path / "no.so"), 1) == MODULE_FAILED.code
