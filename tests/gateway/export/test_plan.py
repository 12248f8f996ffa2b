"""What is refused, what is left to the gateway, and what the written files hold."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.export import apisix, kong, plan, service
from gateway.snapshot.rules import Compiled
from kernel.errors import MulianError
from kernel.runtime import Runtime
from tests.gateway.plane import KEY, row, snapshot
from tests.gateway.support import District, field, http_definition

URL = "http://10.0.0.1:9000/base"
CASES: dict[str, dict[str, Any]] = {
    "signature": {"auth": "mulian-sm3-v1"}, "cache": {"cache_seconds": 9}, "audited": {"audited": True},
    "websocket": {"websocket": True}, "mock": {"source": {"kind": "mock", "answer": "{}"}},
    "older_signature": {"accepts": [{"profile": "gjgxjhpt", "addresses": ["10.0.0.0/8"]}]},
    "unsafe_text": {"source": {"kind": "http", "url": 'http://10.0.0.1:9/a";}'}},
}


def _codes(refused: pytest.ExceptionInfo[MulianError]) -> str:
    return str(refused.value.params["list"])


@pytest.mark.parametrize("engine", service.ENGINES)
@pytest.mark.parametrize("policy", CASES)
def test_each_policy_is_refused_by_name(engine: str, policy: str, tmp_path: Path) -> None:
    compiled = snapshot([row("good", URL), row("bad", URL, **CASES[policy])])
    with pytest.raises(MulianError) as refused:
        service.export(compiled, engine, tmp_path / "out", listen="127.0.0.1:1")
    assert (refused.value.code, _codes(refused)) == ("gateway.export.refused", f"gateway.export.{policy} bad")
    assert not (tmp_path / "out").exists()


def _limited(**limits: int) -> Compiled:
    compiled = snapshot([row("one", URL)])
    grant = compiled.apps[KEY.encode()].grants["one"]
    grant.limits = grant.limits._replace(**limits)
    return compiled


@pytest.mark.parametrize(
    ("limits", "policy"),
    [
        ({"calls_day": 9}, "quota"),
        ({"calls_month": 9}, "quota"),
        ({"bytes_day": 9}, "volume"),
        ({"rate": 1000, "burst": 2}, "rate"),
    ],
)
def test_limits(limits: dict[str, int], policy: str, tmp_path: Path) -> None:
    for engine in service.ENGINES:
        if policy == "rate" and engine in ("nginx", "haproxy"):
            service.export(_limited(**limits), engine, tmp_path / engine, listen="127.0.0.1:1")
            continue
        with pytest.raises(MulianError) as refused:
            service.export(_limited(**limits), engine, tmp_path / engine, listen="127.0.0.1:1")
        assert _codes(refused) == f"gateway.export.{policy} one"


def test_what_is_refused_is_left_to_the_gateway(tmp_path: Path) -> None:
    compiled = snapshot([row("good", URL), row("bad", URL, [field("name")])])
    for engine in service.ENGINES:
        made = service.export(compiled, engine, tmp_path / engine, rest="http://10.0.0.9:8080", listen="127.0.0.1:1")
        assert [(one.route.code, one.rest) for one in made.served] == [("good", False), ("bad", True)]
        assert [one.code for one in made.refusals] == ["gateway.export.fields"]
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / engine).iterdir()} == {0o600}
    with pytest.raises(MulianError, match="gateway.export.rest"):
        plan.make(compiled, "nginx", frozenset(), rest="http://10.0.0.9:8080/; evil")


def test_kong_and_apisix_documents() -> None:
    """Shapes by kong/db/schema/entities/services.lua and apisix/schema_def.lua of the projects' repositories."""
    compiled = snapshot([row("one", URL), row("gone", URL, state="retired")])
    made = plan.make(compiled, "kong", kong.CAN)
    document = json.loads(kong.files(made, "", "")["kong.json"])
    for one in document["services"]:
        assert set(one) <= {"name", "tags", "retries", "connect_timeout", "read_timeout", "write_timeout", "routes",
                            "protocol", "host", "port", "path", "tls_verify"}
        assert 1 <= one["read_timeout"] < 2**31 - 1 and 0 <= one["retries"] <= 32767 and one["path"].startswith("/")
    text = apisix.files(made, "", "")["apisix.yaml"]
    assert text.endswith("#END\n")
    for one in json.loads(text.removesuffix("#END\n"))["routes"]:
        assert set(one) <= {"id", "uris", "labels", "priority", "methods", "plugins", "upstream"}
        assert "plugins" in one or "upstream" in one
    assert apisix.consumer("a-b_c") == "a_2db_5fc"
    assert str(int(time.time()))[:4] in text


def test_the_published_snapshot_without_its_secrets(district: District, runtime: Runtime, tmp_path: Path) -> None:
    with runtime.database.read() as session, pytest.raises(MulianError, match="gateway.export.no_snapshot"):
        service.load(session, "production")
    district.publish("open", "/xc/open", http_definition("http://10.0.0.1/a", auth="appkey"))
    issued = district.app()
    with runtime.database.read() as session:
        compiled = service.load(session, "production")
    service.export(compiled, "nginx", tmp_path / "out", listen="127.0.0.1:1")
    written = "".join(path.read_text() for path in (tmp_path / "out").iterdir())
    assert issued.app.app_key in written and issued.secret not in written
