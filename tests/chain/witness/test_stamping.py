"""Time stamps of a real authority (``openssl ts``) over checkpoints, and every answer that is none."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from chain.witness import stamping
from chain.witness.models import AnchorTimestamp
from crypto.sm import timestamp
from crypto.sm.timestamp import StampError
from kernel import clock
from kernel.db import Database
from tests.chain.anchoring.test_batching import runtime_of
from tests.support import closing, tsa
from tests.support.scale import examples

DIGEST, NONCE = hashlib.sha256(b"a checkpoint").digest(), 2**62 + 7


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tsa.Authority]:
    if not tsa.available():
        closing.missing("openssl")
        pytest.skip("no openssl on this machine")
    folder = tmp_path_factory.mktemp("tsa")
    return {kind: tsa.Authority.make(folder / kind, kind) for kind in tsa.KINDS}


@pytest.fixture(scope="module")
def answers(authorities: dict[str, tsa.Authority]) -> dict[str, bytes]:
    return {kind: one.answer(timestamp.request(DIGEST, NONCE)) for kind, one in authorities.items()}


@pytest.fixture
def stamped(authorities: dict[str, tsa.Authority], database: Database) -> Iterator[tsa.Authority]:
    """The installation's authority."""
    runtime = runtime_of(database)
    with authorities["rsa"].serve() as authority:
        authority.asked, authority.change = 0, bytes
        runtime.settings = runtime.settings.model_copy(update={
            "tsa_url": authority.url, "tsa_certificate": authority.certificate, "outbound_allow": "127.0.0.0/8",
        })
        yield authority


@pytest.mark.parametrize("kind", sorted(tsa.KINDS))
def test_a_stamp_is_read_and_nothing_else_is(
    kind: str, authorities: dict[str, tsa.Authority], answers: dict[str, bytes]
) -> None:
    own, answer = authorities[kind].certificate.read_bytes(), answers[kind]
    found = timestamp.read(answer, DIGEST, NONCE, own)
    assert found.serial > 0 and abs((found.time - clock.now()).total_seconds()) < 600
    other = authorities["ec" if kind == "rsa" else "rsa"].certificate.read_bytes()
    for digest, nonce, certificate, why in (
        (hashlib.sha256(b"another").digest(), NONCE, own, "another digest"),
        (DIGEST, NONCE + 1, own, "another request"), (DIGEST, NONCE, other, "not the authority's|kind of key"),
        (DIGEST, NONCE, b"no certificate", "not one of a time stamp authority"),
    ):
        with pytest.raises(StampError, match=why):
            timestamp.read(answer, digest, nonce, certificate)
    place = answer.index(hashlib.sha256(b"a checkpoint").digest())
    with pytest.raises(StampError):
        timestamp.read(answer[:place] + b"\1" + answer[place + 1:], DIGEST, NONCE, own)


@given(at=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_no_changed_byte_is_another_stamp(
    authorities: dict[str, tsa.Authority], answers: dict[str, bytes], at: float, mask: int
) -> None:
    """A changed answer is refused, or says exactly what the whole one says (what is not signed may differ)."""
    answer, own = answers["rsa"], authorities["rsa"].certificate.read_bytes()
    place, whole = int(at * len(answer)), timestamp.read(answer, DIGEST, NONCE, own)
    try:
        found = timestamp.read(answer[:place] + bytes([answer[place] ^ mask]) + answer[place + 1:], DIGEST, NONCE, own)
    except StampError:
        return
    assert (found.time, found.serial) == (whole.time, whole.serial)


@given(st.binary(max_size=examples(200, 400)))
def test_any_bytes_are_refused(authorities: dict[str, tsa.Authority], data: bytes) -> None:
    with pytest.raises(StampError):
        timestamp.read(data, DIGEST, NONCE, authorities["rsa"].certificate.read_bytes())


def test_checkpoints_are_stamped_once_and_openssl_agrees(
    database: Database, stamped: tsa.Authority, grow: Callable[..., None], tmp_path: Path
) -> None:
    runtime = runtime_of(database)
    assert stamping.stamp_all(runtime) == {"stamped": 0, "problem": None}
    grow(database, 3)
    grow(database, 2, "calls")
    assert stamping.stamp_all(runtime) == {"stamped": 2, "problem": None}
    assert stamping.stamp_all(runtime) == {"stamped": 0, "problem": None} and stamped.asked == 2
    grow(database, 4)
    assert stamping.stamp_all(runtime)["stamped"] == 1
    with database.read() as session:
        written = list(stamping.export(session, tmp_path / "stamps"))
    assert [path.name for path, _ in written] == ["calls-2.tst", "catalog-7.tst"]
    for token, _ in written:
        said = stamped.openssl(
            "ts", "-verify", "-data", str(token.with_suffix(".checkpoint")), "-in", str(token), "-token_in",
            "-CAfile", "tsa.pem",
        )
        assert "Verification: OK" in said
    other = tmp_path / "stamps" / "calls-2.checkpoint"
    wrong = ["openssl", "ts", "-verify", "-data", str(other), "-in", str(written[1][0]), "-token_in", "-CAfile",
             str(stamped.certificate)]
    assert subprocess.run(wrong, capture_output=True, check=False).returncode != 0


def test_an_authority_that_answers_wrongly_leaves_nothing(
    database: Database, stamped: tsa.Authority, grow: Callable[..., None]
) -> None:
    runtime = runtime_of(database)
    grow(database, 1)
    first = stamped.answer(timestamp.request(DIGEST, NONCE))
    for change in (lambda answer: answer[:-1], lambda answer: b"", lambda answer: first, lambda answer: b"x" * 70_000):
        stamped.change = change
        done = stamping.stamp_all(runtime)
        assert done["stamped"] == 0 and done["problem"]
    stamped.change = bytes
    runtime.settings = runtime.settings.model_copy(update={"tsa_url": "http://127.0.0.1:9/"})
    assert stamping.stamp_all(runtime)["stamped"] == 0
    with database.read() as session:
        assert session.scalars(select(AnchorTimestamp)).all() == []
