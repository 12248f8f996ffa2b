"""The pages of an interface: what they say, that their samples sign, and who opens a dated link."""

import json
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from sqlalchemy import update

from gateway.pages import document, openapi, postman, sampling
from gateway.pages.facts import Facts, call_errors
from gateway.pages.models import PageLink
from kernel import clock
from kernel.documents.html import render
from kernel.runtime import Runtime
from tests.gateway import test_xml as xml
from tests.gateway.support import ROOT, Client, District, field, http_definition, running
from tests.support.scale import Scale

FIELDS = [
    field("name", "姓名", sensitive=True, mask="name"), field("when", "时间", type="instant"),
    field("n", "数", type="integer"),
]
SECRET_PLACE = "http://10.1.2.3:9/hidden"
TABLE = {
    "kind": "table", "table": "secret_table", "key": "id", "page_max": 100, "department": None, "columns": {},
    "parameters": [{"name": "street", "column": "secret_column", "type": "text", "op": "eq", "required": True}],
}
VECTORS = json.loads((ROOT / "docs" / "consumers" / "samples" / "vectors.json").read_text())


def facts(**changes: Any) -> Facts:
    """A published interface over an upstream."""
    definition = http_definition(SECRET_PLACE, FIELDS) | changes
    return Facts("persons", "人口<b>查询", "/xc/persons", "民政局（样例）", "人口基础信息", "https://gw.example.cn", 3, "published",
                 None, definition)


@pytest.mark.pure
@pytest.mark.parametrize("definition", [
    {}, {"source": TABLE, "methods": ["GET"]}, {"auth": "appkey"}, {"methods": ["POST", "DELETE"]},
    {"contract": {"mode": "stream", "fields": [], "items": [], "passthrough": [], "row_key": ""}},
])
def test_the_openapi_document_is_one(definition: dict[str, Any]) -> None:
    made = openapi.document(facts(**definition))
    OpenAPI.model_validate(made)
    text = json.dumps(made)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(made["components"]["schemas"]), "every reference leads somewhere"
    operations = made["paths"]["/xc/persons"]
    assert set(operations) == {one.lower() for one in facts(**definition).definition["methods"]}
    for operation in operations.values():
        names = [(one["name"], one["in"]) for one in operation["parameters"]]
        assert len(set(names)) == len(names) and {"200", "401", "403", "429", "503"} <= set(operation["responses"])
    for hidden in ("10.1.2.3", "hidden", "secret_table", "secret_column"):
        assert hidden not in text, "where data come from is nobody's business"


@pytest.mark.pure
def test_the_example_follows_the_schema() -> None:
    made = openapi.document(facts())
    record = made["components"]["schemas"]["Record"]["properties"]
    answer = made["paths"]["/xc/persons"]["get"]["responses"]["200"]["content"]["application/json"]
    assert set(answer["schema"]["properties"]) == {"items", "total"} == set(answer["example"])
    kinds = {"string": str, "integer": int}
    for row in answer["example"]["items"]:
        assert set(row) == set(record)
        assert all(isinstance(row[name], kinds[one["type"][0]]) for name, one in record.items())


@pytest.mark.pure
def test_the_page_says_everything_and_runs_nothing() -> None:
    page = render(document.page(facts(source=TABLE))).decode()
    assert "人口&lt;b&gt;查询" in page and "<b>查询" not in page and "<script" not in page
    address = "https://gw.example.cn/xc/persons"
    for words in ("street", "缺省脱敏", address, "node mulian_sign.js", "请求编号", "X-Mulian-Nonce"):
        assert words in page, words
    for kind in call_errors():
        assert kind.code in page
    assert "参数「…」不正确" in page
    assert "secret_table" not in page and "10.1.2.3" not in page


@pytest.mark.pure
def test_postman_has_a_request_a_method_and_the_script() -> None:
    made = postman.collection(facts(source=TABLE, methods=["GET"]))
    assert [one["request"]["method"] for one in made["item"]] == ["GET"]
    assert made["item"][0]["request"]["url"]["query"][0] == {
        "key": "street", "value": "", "description": "等于", "disabled": False}
    assert "appSecret" in "\n".join(made["event"][0]["script"]["exec"])


def _signs_like_the_vectors(script: str, lines: str) -> None:
    done = subprocess.run(["node", "-e", script], input=json.dumps(VECTORS), capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [one["signature"] for one in VECTORS], lines


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_postman_script_signs_like_the_vectors() -> None:
    pm = """
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const run = new Function("pm", "newNonce", "Date", SCRIPT);
for (const one of given) {
  const found = {}, values = { appKey: one.key, appSecret: one.secret, keyVersion: one.version };
  const pm = { variables: { get: (name) => values[name], replaceIn: (text) => text },
    request: { method: one.method, body: { raw: one.body },
      url: { getPathWithQuery: () => one.path + (one.query ? "?" + one.query : "") },
      headers: { upsert: (header) => { found[header.key] = header.value; } } } };
  run(pm, null, { now: () => Number(one.timestamp) * 1000 });
  console.log(found["X-Mulian-Signature"]);
}
"""
    # the script makes its own nonce: each vector's takes its place
    text = "\n".join(postman.collection(facts())["event"][0]["script"]["exec"])
    text = text.replace("var nonce = newNonce();", "var nonce = pm.nonce;")
    pm = pm.replace("SCRIPT", json.dumps(text)).replace("variables: {", "nonce: one.nonce, variables: {")
    _signs_like_the_vectors(pm, "postman")


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_node_sample_signs_like_the_vectors() -> None:
    source = (sampling.read("mulian_sign.js") or b"").decode()
    script = source + """
for (const one of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  const target = one.path + (one.query ? "?" + one.query : "");
  console.log(signature(one.secret, one.method, target, one.body, one.timestamp, one.nonce, one.key, one.version));
}
process.exit(0);
"""
    _signs_like_the_vectors(script.replace("require.main === module", "false"), "node")


def _commands(folder: Path, url: str, key: str, secret: str, target: str) -> dict[str, list[str]]:
    """The lines of the page with a real key, run beside the downloaded file."""
    found = {}
    for name in sampling.FILES:
        (folder / name).write_bytes(sampling.read(name) or b"")
        line = sampling.command(name, url, "GET", target).replace('"', "")
        found[name] = line.replace("AppKey", key).replace("密钥", secret).split(" ")
    found["mulian_sign.py"][0] = sys.executable
    return found


def test_samples_call_a_soap_service_through_the_gateway(
    tmp_path: Path, district: District, upstream, runtime: Runtime, scale: Scale
) -> None:
    """Each downloaded sample signs; the XML of the service leaves as granted JSON, or not at all."""
    source = upstream(xml.answering)
    district.publish("persons", "/xc/persons", xml.definition(source.url))
    issued = district.app()
    district.demand(issued, {"姓名": False, "街道": False})
    with running(runtime) as gateway:
        client = Client(gateway.port, issued)
        answer = client.call("GET", "/xc/persons?street=%E5%BE%B7%E8%83%9C%3C")
        assert answer.json["items"][0] == {"name": "张***", "age": 7, "id": "1", "alive": True}, answer.body
        sent = source.requests[0].decode()
        assert sent.startswith("POST /base HTTP/1.1\r\n") and 'SOAPAction: "urn:query"' in sent
        assert "<street>德胜&lt;</street>" in sent
        assert client.call("GET", "/xc/persons?area=1").code == "gateway.call.parameter"
        assert client.call("GET", "/xc/persons?street=1").status == 200
        assert client.call("GET", "/xc/persons?street=1").code == "gateway.call.policy", "a document type"
        address = f"http://127.0.0.1:{gateway.port}"
        lines = _commands(tmp_path, address, issued.app.app_key, issued.secret, "/xc/persons?street=b&page=%E8%A5%BF")
        if not scale.of(0, 1):  # compiling takes as long as all the rest
            del lines["MulianSign.java"]
        elif shutil.which("javac"):
            line = ["javac", "-encoding", "UTF-8", "--release", "8", "-Xlint:-options", "MulianSign.java"]
            built = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
            assert built.returncode == 0, built.stderr
        for name, line in lines.items():
            if shutil.which(line[0]) is None:
                continue
            source.requests.clear()
            done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0 and done.stdout.startswith("200\n"), (name, done.stdout, done.stderr)
            assert '"age":7' in done.stdout


def test_dated_links(live_server, runtime: Runtime) -> None:
    district = District(runtime)
    contact = live_server.signed_in("consumer_contact", department_id=district.consumer)
    engineer = live_server.signed_in("data_engineer")
    made = engineer.post("/gateway/interfaces", json={
        "code": "persons", "name": "人口查询", "path": "/xc/persons", "entry_id": str(district.entry_id),
        "definition": http_definition(SECRET_PLACE, FIELDS)}).json()
    base = f"/gateway/interfaces/{made['id']}"
    assert contact.get(f"{base}/page").json()["code"] == "gateway.page.none"
    assert engineer.post(f"{base}/test").status_code == 200
    shown = contact.get(f"{base}/page")
    assert shown.status_code == 200 and "人口查询接口说明" in shown.text and "10.1.2.3" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert contact.get(f"{base}/page?form=docx").content[:2] == b"PK"
    assert contact.get(f"{base}/samples").json()["items"][0]["name"] == "mulian_sign.py"
    link = contact.post(f"{base}/links", json={"note": "承建单位", "days": 7}).json()
    path = link["path"]
    with live_server.client() as anybody:
        page = anybody.get(path)
        assert page.status_code == 200 and f"{path}/openapi.json" in page.text
        assert anybody.get(f"{path}/openapi.json").json()["info"]["title"] == "人口查询"
        for name in (*sampling.FILES, "postman.json"):
            assert anybody.get(f"{path}/{name}").status_code == 200, name
        assert anybody.get(f"{path}/nothing").status_code == 404
        assert anybody.get(path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 404
        assert anybody.get(f"/api/v1{base}/page").status_code == 401
        with runtime.database.read() as session:
            kept = session.query(PageLink).one()
            assert path.rpartition("/")[2] not in json.dumps({k: str(v) for k, v in vars(kept).items()})
        over = update(PageLink).values(expires_at=clock.now() - timedelta(seconds=1))
        runtime.database.run(lambda s: s.execute(over))
        assert anybody.get(path).status_code == 404, "over"
        again = update(PageLink).values(expires_at=clock.now() + timedelta(days=1))
        runtime.database.run(lambda s: s.execute(again))
        assert anybody.get(path).status_code == 200
        assert contact.post(f"/gateway/links/{link['id']}/revoke").status_code == 200
        assert anybody.get(path).status_code == 404, "revoked"
    assert [one["revoked_at"] is None for one in engineer.get(f"{base}/links").json()["items"]] == [False]
