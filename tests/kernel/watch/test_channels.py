"""What leaves for outside: rates, digests, quiet hours, formats, and at least once with the same key."""

import base64
import hashlib
import hmac
import http.server
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock, digest
from kernel.errors import MulianError
from kernel.identity.actor import system_actor
from kernel.outbox.models import OutboxMessage
from kernel.runtime import Runtime
from kernel.watch.channels import formats, jobs, queue, rules, send, service
from kernel.watch.channels.models import WatchChannel, WatchDelivery
from kernel.watch.channels.rules import Kind, Message, Quiet, Told

SYSTEM = system_actor("test")
NOW = datetime(2026, 10, 1, 23, 30, tzinfo=clock.BEIJING)
MESSAGE = Message("critical", "「年报」异常", "断在对方系统\n请检查")


class _Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        server: Any = self.server
        server.taken.append((self.path, dict(self.headers), body))
        status, answer = server.answers.pop(0) if server.answers else (200, b'{"errcode":0,"code":0}')
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Any]:
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.taken, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _channel(runtime: Runtime, url: str, kind: Kind = Kind.WEBHOOK, **more: Any) -> uuid.UUID:
    values: dict[str, Any] = {"name": "值班群", "settings": {"declared": ["127.0.0.1"]}, "min_severity": "warning",
                              "department_id": None, "quiet_from": None, "quiet_to": None, **more}
    secrets = values.pop("secrets", {"url": url, "secret": "s3"})
    return runtime.database.run(lambda session: service.add(session, SYSTEM, kind=kind, secrets=secrets, **values).id)


def _tell(runtime: Runtime, count: int, severity: str = "warning", at: datetime = NOW) -> None:
    def unit(session: Session) -> None:
        for number in range(count):
            queue.tell(session, at, incident_id=None, department_id=None, severity=severity, title=f"告警 {number}",
                       body="", level=0)
    runtime.database.run(unit)


def _deliver(runtime: Runtime, now: datetime = NOW) -> list[dict[str, Any]]:
    runtime.database.run(lambda session: service.dispatch(session, now))
    with runtime.database.read() as session:
        payloads = list(session.scalars(select(OutboxMessage.payload).order_by(OutboxMessage.id)))
    for payload in payloads:
        jobs.deliver(runtime, payload)
    return payloads


def test_a_webhook_is_signed_and_repeats_with_the_same_key(runtime: Runtime, receiver: Any) -> None:
    _channel(runtime, receiver.url)
    _tell(runtime, 1)
    receiver.answers.append((500, b""))
    runtime.database.run(lambda session: service.dispatch(session, NOW))
    with runtime.database.read() as session:
        payload = session.scalars(select(OutboxMessage.payload)).one()
    with pytest.raises(MulianError, match="channel_refused"):
        jobs.deliver(runtime, payload)
    jobs.deliver(runtime, payload)
    jobs.deliver(runtime, payload)
    assert len(receiver.taken) == 2, "what was taken is not sent again"
    headers, body = receiver.taken[1][1:]
    expected = digest.hmac_sm3(b"s3", headers[formats.TIMESTAMP].encode() + b"." + body).hex()
    assert headers[formats.SIGNATURE] == f"hmac-sm3={expected}"
    assert headers[formats.IDEMPOTENCY] == receiver.taken[0][1][formats.IDEMPOTENCY] == orjson.loads(body)["id"]


def test_a_robot_gets_no_more_than_it_takes_and_nothing_is_lost(runtime: Runtime, receiver: Any) -> None:
    _channel(runtime, receiver.url, Kind.DINGTALK)
    _tell(runtime, 30)
    _tell(runtime, 1, "critical")
    _deliver(runtime)
    texts = [orjson.loads(body)["markdown"]["text"] for _, _, body in receiver.taken]
    assert len(texts) == 20
    assert sum("告警汇总：12 条" in text for text in texts) == 1
    assert sum("🔴" in text for text in texts) == 1, "the gravest goes alone"
    _tell(runtime, 2)
    _deliver(runtime, NOW + timedelta(seconds=59))
    assert len(receiver.taken) == 20, "the minute is not over"
    _deliver(runtime, NOW + timedelta(seconds=61))
    assert len(receiver.taken) == 22
    with runtime.database.read() as session:
        assert all(session.scalars(select(WatchDelivery.sent_at)))


def test_quiet_hours_hold_back_all_but_critical(runtime: Runtime, receiver: Any) -> None:
    _channel(runtime, receiver.url, quiet_from=22 * 60, quiet_to=7 * 60)
    _tell(runtime, 1)
    _tell(runtime, 1, "critical")
    _deliver(runtime)
    assert [orjson.loads(body)["severity"] for _, _, body in receiver.taken] == ["critical"]
    _deliver(runtime, NOW + timedelta(hours=7, minutes=31))
    assert len(receiver.taken) == 2


def test_an_address_inside_is_reached_only_where_it_is_declared(runtime: Runtime, receiver: Any) -> None:
    _channel(runtime, receiver.url, settings={})
    _tell(runtime, 1)
    with pytest.raises(MulianError, match="outbound"):
        _deliver(runtime)
    assert receiver.taken == []


def test_secrets_are_sealed_and_a_bad_channel_is_refused(runtime: Runtime) -> None:
    channel = _channel(runtime, "http://robot.example/?token=very-secret")
    with runtime.database.read() as session:
        assert b"very-secret" not in session.get_one(WatchChannel, channel).sealed
    for kind, secrets in ((Kind.WEBHOOK, {"url": "ftp://a/"}), (Kind.SMS, {"url": "http://a/"}), (Kind.MAIL, {})):
        with pytest.raises(MulianError, match="channel_invalid"):
            _channel(runtime, "", kind, secrets=secrets)


def test_text_messages_call_whoever_is_on_duty(runtime: Runtime, receiver: Any) -> None:
    people = [{"number": "13800000001", "username": "first"}, {"number": "13800000002", "username": "second"},
              {"number": "13800000003"}]
    _channel(runtime, "", Kind.SMS, secrets={"url": receiver.url, "recipients": people}, settings={
        "template": '{"to":"{number}","text":"{text}"}', "declared": ["127.0.0.1"]})
    _tell(runtime, 1)
    _deliver(runtime)
    assert [orjson.loads(body)["to"] for _, _, body in receiver.taken] == ["13800000003"], "nobody is on duty"
    assert send.numbers(people, frozenset({"first"})) == ["13800000001", "13800000003"]
    assert send.numbers(people[:2], frozenset()) == ["13800000001", "13800000002"], "somebody is always called"


def test_robots_own_formats() -> None:
    ding = formats.robot(Kind.DINGTALK, {"url": "https://a/send?access_token=t", "secret": "k"}, MESSAGE, "id", NOW)
    asked = parse_qs(urlsplit(ding.url).query)
    stamp = asked["timestamp"][0]
    made = hmac.new(b"k", f"{stamp}\nk".encode(), hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(made).decode()]
    feishu = orjson.loads(formats.robot(Kind.FEISHU, {"url": "https://a/", "secret": "k"}, MESSAGE, "id", NOW).body)
    made = hmac.new(f"{feishu['timestamp']}\nk".encode(), b"", hashlib.sha256).digest()
    assert feishu["sign"] == base64.b64encode(made).decode()
    long = Message("warning", "标题", "长" * 4000)
    wecom = orjson.loads(formats.robot(Kind.WECOM, {"url": "https://a/"}, long, "id", NOW).body)
    assert len(wecom["markdown"]["content"].encode()) <= 4096
    assert formats.accepted(Kind.WECOM, 200, b'{"errcode":45009}') == "code 45009", "a robot says 200 and refuses"
    assert formats.accepted(Kind.FEISHU, 200, b'{"code":0}') is None


@given(st.text(max_size=60), st.booleans())
def test_a_value_never_becomes_part_of_the_template(text: str, form: bool) -> None:
    template = "text={text}&n={number}" if form else '{"n":"{number}","t":"{text}"}'
    made = formats.fill(template, {"text": text, "number": "1"}, form=form)
    if form:
        assert parse_qs(made, keep_blank_values=True, strict_parsing=True) == {"text": [text], "n": ["1"]}
    else:
        assert orjson.loads(made) == {"n": "1", "t": text.replace("{number}", "1")}


@given(st.lists(st.sampled_from(["info", "warning", "critical"]), max_size=60), st.integers(-2, 25))
def test_batches_lose_and_repeat_nothing(severities: list[str], budget: int) -> None:
    found = rules.batches(severities, budget)
    told = [index for batch in found for index in batch]
    assert len(found) <= max(budget, 0)
    assert sorted(told) == (list(range(len(severities))) if budget > 0 else [])


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 2880))
def test_quiet_hours_end(start: int, end: int, minute: int) -> None:
    at = datetime(2026, 10, 1, tzinfo=clock.BEIJING) + timedelta(minutes=minute)
    quiet = Quiet.of(start, end)
    ends = quiet.ends_after(at) if quiet else None
    inside = quiet is not None and (minute - start) % 1440 < (end - start) % 1440
    assert (ends is not None) == inside
    if ends is not None:
        assert at < ends <= at + timedelta(days=1)
        assert ends.hour * 60 + ends.minute == end


def test_a_digest_says_how_many() -> None:
    made = rules.compose([Told("warning", NOW, f"告警 {n}", "") for n in range(25)])
    assert made.title == "告警汇总：25 条"
    assert made.text.splitlines()[-1] == "另有 5 条，请登录平台查看"
