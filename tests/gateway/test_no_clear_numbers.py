"""No clear ID number or phone anywhere on disk or in an answer where the policy masks it: everything is searched."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq

from gateway.calllog.ship import parquet_folder, ship_all
from kernel.runtime import Runtime
from tests.gateway.support import Client, District, Script, Upstream, answer_json, field, http_definition, running

Start = Callable[[Script], Upstream]
# people that nobody else has: each must be found nowhere
PEOPLE = [(f"1101011990{month:02d}15{month:03d}X", f"139{month:04d}5678") for month in range(1, 10)]
FIELDS = [
    field("id_number", "公民身份号码", sensitive=True, mask="id_number"),
    field("phone", "手机号码", sensitive=True, mask="phone"), field("street", "街道"),
    field("note", "内部备注", sensitive=True),
]
_CLEAR = re.compile("|".join(number for person in PEOPLE for number in person).encode())


def _encoded(text: str) -> str:
    """Each character percent-encoded: how a careful evader would put a number into a query."""
    return "".join(f"%{ord(one):02X}" for one in text)


def _targets() -> Iterator[str]:
    for number, (id_number, phone) in enumerate(PEOPLE):
        yield f"/xc/persons?sfzh={id_number}&mobile={phone}"
        yield f"/xc/persons?q={_encoded(id_number)}&m=%2B86{phone}&m2={_encoded(phone)}"
        yield f"/xc/persons/{id_number}/{phone}?x={number}"
        yield f"/xc/persons?list={id_number},{phone};86{phone}&json=%7B%22id%22:%22{id_number}%22%7D"
        yield f"/xc/persons?glued={id_number}{phone}&word=%E6%95%B0{phone}&x={_encoded(id_number[:17])}%58"
        yield f"/xc/persons?lower={id_number.lower()}&dashed=x-{phone}-y&amp;{phone}"


def _files(*roots: Path) -> Iterator[tuple[Path, bytes]]:
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()


def _clear_in(data: bytes) -> bool:
    return bool(_CLEAR.search(data) or _CLEAR.search(data.upper()))


def test_the_search_itself_finds_a_clear_number(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.log").write_bytes(b"before" + PEOPLE[3][0].lower().encode() + b"after")
    assert [path.name for path, data in _files(tmp_path) if _clear_in(data)] == ["x.log"]


def test_masked_numbers_are_nowhere(
    district: District, upstream: Start, runtime: Runtime, tmp_path: Path, monkeypatch,
) -> None:
    """Calls, refusals, poisoned answers, a worker and a broker killed in between; then home, WAL, segments, Parquet,
    logs, temporary files and every answer are searched."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    rows = [{"id_number": a, "phone": b, "street": "德胜", "note": f"{a} {b}"} for a, b in PEOPLE]
    district.publish("persons", "/xc/persons", http_definition(upstream(answer_json({"items": rows})).url, FIELDS))
    poisoned = answer_json([f"{a}{b}" for a, b in PEOPLE])
    district.publish("poisoned", "/xc/poisoned", http_definition(upstream(poisoned).url, FIELDS))
    failing = [400, 404, 500]
    for status in failing:
        script = _failing(status)
        district.publish(f"f-{status}", f"/f/{status}", http_definition(upstream(script).url, FIELDS))
    issued = district.app()
    district.demand(issued, {"公民身份号码": False, "手机号码": False, "街道": False})
    answers: list[bytes] = []
    with running(runtime, workers=2) as gateway:
        targets = [*_targets(), "/xc/poisoned", *(f"/f/{status}" for status in failing)]
        for number, target in enumerate(targets):
            client = Client(gateway.port, issued)
            answer = client.call("GET", target)
            answers.append(repr(answer.headers).encode() + answer.body)
            forged = Client(gateway.port, issued).call("GET", target, secret=b"wrong")
            answers.append(repr(forged.headers).encode() + forged.body)
            client.close()
            if number == len(targets) // 2:
                _kill_and_await(gateway)
        assert b"**" in answers[0] and "德胜" in answers[0].decode()
    assert not [one for one in answers if _clear_in(one)]
    live = [path for path, data in _files(runtime.home.root, temporary) if _clear_in(data)]
    assert live == [], "in segments, the database or its WAL"
    assert ship_all(runtime)["rows"] >= 2 * len(targets)
    shipped = list(parquet_folder(runtime.home.calllog_dir).rglob("*.parquet"))
    assert shipped and not [path for path in shipped if _clear_in(repr(pq.read_table(path).to_pylist()).encode())]
    assert [path for path, data in _files(runtime.home.root, temporary) if _clear_in(data)] == []


def _failing(status: int) -> Script:
    body = " ".join(f"{a} {b}" for a, b in PEOPLE).encode()

    def script(connection, request: bytes, source: Upstream) -> bool:
        connection.sendall(b"HTTP/1.1 %d No\r\nX-Person: %b\r\nContent-Length: %d\r\n\r\n%b" % (
            status, PEOPLE[0][0].encode(), len(body), body,
        ))
        return True

    return script


def _kill_and_await(gateway) -> None:
    worker, broker = gateway.status()["pid"], gateway.runtime.home.run_dir / "gateway-broker.lock"
    before = broker.read_text()
    os.kill(worker, signal.SIGKILL)
    os.kill(int(before), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while gateway.status()["pid"] == worker or broker.read_text() == before:
        assert time.monotonic() < deadline
        time.sleep(0.02)
