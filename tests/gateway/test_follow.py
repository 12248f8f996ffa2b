"""What a worker keeps on disk: sealed secrets, and a file that only this installation can have written."""

import orjson
import pytest
from sqlalchemy.exc import OperationalError

from gateway.snapshot import queries
from gateway.snapshot.follow import Follower
from kernel.digest import sm3_hex
from kernel.runtime import Runtime
from tests.gateway.support import District, http_definition


def _away(*_: object) -> int:
    raise OperationalError("SELECT", {}, Exception("away"))


def test_the_last_good_file_serves_a_fresh_start_unless_it_was_planted(
    district: District, runtime: Runtime, monkeypatch: pytest.MonkeyPatch,
) -> None:
    district.publish("echo", "/xc/echo", http_definition("http://127.0.0.1:9/x"))
    issued = district.app()
    district.demand(issued, {"街道": False})
    first = Follower(runtime, "production")
    served = first.poll()
    assert served is not None and issued.secret.encode() not in first.file.read_bytes()
    monkeypatch.setattr(queries, "head_number", _away)
    again = Follower(runtime, "production").poll()
    assert again is not None and again.sm3 == served.sm3
    kept = orjson.loads(first.file.read_bytes())
    body = kept["body"].replace("/xc/echo", "/xc/evil")
    for planted in (
        kept | {"body": body, "sm3": sm3_hex(body.encode())},
        kept | {"number": 99},
        {"number": 1},
        [],
        kept | {"mac": ""},
    ):
        first.file.write_bytes(orjson.dumps(planted))
        assert Follower(runtime, "production").poll() is None
