"""One call of the log, proven by two paths and checked by verify_proof.py; all rows and all positions agree."""

import json
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.anchoring import service as anchoring
from chain.anchoring import verify_proof
from gateway.calllog import proving, record, ship
from gateway.calllog.log import CallLog
from gateway.calllog.models import ShippedSegment
from gateway.calllog.record import COLUMNS, CallRow
from kernel import canonical, clock
from kernel.errors import MulianError
from kernel.runtime import Runtime
from tests.chain.anchoring.fakechain import FakeChain
from tests.chain.anchoring.test_batching import flush
from tests.gateway.test_calllog import line

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBER = st.integers(-1, canonical.MAX_INTEGER)


@given(st.lists(TEXT, min_size=17, max_size=17), st.lists(NUMBER, min_size=17, max_size=17))
def test_a_rows_bytes_are_canonical(texts: list[str], numbers: list[int]) -> None:
    fields = CallRow.__annotations__
    row = CallRow(**{name: number if fields[name] is int else text
                     for name, text, number in zip(COLUMNS, texts, numbers, strict=True)})
    assert record.row_json([[getattr(row, name)] for name in COLUMNS]) == [
        canonical.dumps({name: getattr(row, name) for name in COLUMNS})
    ]


def shipped(runtime: Runtime, count: int) -> ShippedSegment:
    log = CallLog(runtime.home.calllog_dir, "gw", 0, size=1024 * 1024)
    for number in range(count):
        log.start()
        log.append(line(number))
    log.start()  # never answered: a row as well
    log.close()
    ship.ship_all(runtime)
    with runtime.database.read() as session:
        return session.query(ShippedSegment).one()


@pytest.mark.parametrize("count", [0, 255, 700])
def test_a_call_is_proven(runtime: Runtime, tmp_path: Path, count: int) -> None:
    segment = shipped(runtime, count)
    assert segment.rows == count + 1
    assert not flush(runtime.database, FakeChain(tmp_path / "chain.db")).errors
    from gateway.calllog.reader import slice_of

    calls = slice_of(runtime.home.calllog_dir / segment.file, 0, 1000)
    verifier = verify_proof.Verifier(verify_proof.Trust(anchoring.trust(runtime)))
    for index in {0, count // 2, max(0, count - 1), count}:
        with runtime.database.read() as session:
            data = proving.call_proof(session, request_id=calls[index].request_id, at=calls[index].at)
        result = verifier.verify(data)
        assert (result.status, result.facts["row"], result.facts["rows"]) == ("authenticated", index, count + 1)
        whole = json.loads(data)
        assert whole["proof"]["record"]["sm3"] == segment.sm3 and whole["row"]["at"] == calls[index].at
        for field, value in (("status", 599), ("app_key", "other"), ("at", 1)):
            changed = whole | {"row": whole["row"] | {field: value}}
            assert verifier.verify(canonical.dumps(changed) + b"\n").reasons == ("row_root",)
        for changed in (whole | {"salt": "00" * 32}, whole | {"index": index + 1}, whole | {"path": []}):
            if changed != whole and count:
                assert verifier.verify(canonical.dumps(changed) + b"\n").exit_code == 1
    salts = set()
    for index in range(min(count, 3)):
        with runtime.database.read() as session:
            proof = proving.call_proof(session, request_id=calls[index].request_id, at=calls[index].at)
        salts.add(orjson.loads(proof)["salt"])
    assert len(salts) == min(count, 3), "each row has a salt of its own"


def test_what_cannot_be_proven(runtime: Runtime, tmp_path: Path) -> None:
    segment = shipped(runtime, 5)
    at = clock.to_micros(segment.first_at)

    def ask(request_id: str, moment: int = at) -> str:
        with runtime.database.read() as session, pytest.raises(MulianError) as caught:
            proving.call_proof(session, request_id=request_id, at=moment)
        return caught.value.code

    assert ask("0" * 24) == "chain.anchor.not_final"
    assert ask("no such call") == ask("0" * 24, at - 10_000_000) == "chain.anchor.not_found"
    flush(runtime.database, FakeChain(tmp_path / "chain.db"))
    next(runtime.home.calllog_dir.rglob("*.rows")).unlink()
    assert ask("0" * 24) == "chain.anchor.not_found", "a segment from before segments were anchored"
