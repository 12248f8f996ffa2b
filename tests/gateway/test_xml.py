"""XML and SOAP upstreams: declared fields come out, nothing of a hostile document does."""

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.interfaces.rules import definition_fault
from gateway.sources import xml_rules
from gateway.sources.table_rules import ParameterFault
from tests.gateway.support import Upstream, field, http_definition

FIELDS = [field("name", "姓名", sensitive=True, mask="name"), field("age", "年龄", type="integer"), field("id", "编号"),
          field("alive", "在世", type="boolean")]
REQUEST = {
    "action": "urn:query", "parameters": [{"name": "street", "required": True}, {"name": "page", "required": False}],
    "body": '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><q><street>{street}</street>'
            '<page n="{page}"/></q></s:Body></s:Envelope>',
}
SHAPE = {
    "items": ["Envelope", "Body", "list", "row"], "request": REQUEST,
    "fields": {"name": "person/name", "age": "person/age", "id": "@id", "alive": "alive"},
}
CONTRACT = {"mode": "fields", "fields": FIELDS, "items": ["items"], "passthrough": [], "row_key": ""}
ANSWER = """<?xml version="1.0" encoding="{encoding}"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><list xmlns="urn:x">
 <row id="1"><person><name>张三 &amp; 李四</name><age> 7 </age></person><alive>true</alive>
  <secret>990101199003071234</secret></row>
 <row id="2"><person><name><![CDATA[王<五>]]></name><age/></person></row>
</list></soap:Body></soap:Envelope>"""
XXE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
ROWS = [{"name": "张三 & 李四", "age": 7, "id": "1", "alive": True},
        {"name": "王<五>", "age": None, "id": "2", "alive": None}]


def answering(connection: socket.socket, request: bytes, source: Upstream) -> bool:
    """A SOAP service that answers in GBK, and every third request with a document type."""
    body = ANSWER.replace("{encoding}", "gbk").encode("gbk")
    if len(source.requests) % 3 == 0:
        body = (XXE + "<Envelope/>").encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n" % len(body)
    connection.sendall(head + body)
    return True


def definition(url: str = "http://10.1.1.1/ws", **changes: Any) -> dict[str, Any]:
    """A SOAP upstream."""
    made = http_definition(url, FIELDS) | {"contract": CONTRACT, "methods": ["GET"]}
    made["source"] = made["source"] | {"xml": SHAPE | changes}
    return made


@pytest.mark.pure
@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "GB2312", "gb18030", "utf-16"])
def test_declared_fields_are_read_in_every_encoding(encoding: str) -> None:
    read = xml_rules.reader(SHAPE, CONTRACT)
    assert read(ANSWER.replace("{encoding}", encoding).encode(encoding)) == {"items": ROWS}



HOSTILE = {
    "external entity": XXE + "<a>&x;</a>", "external dtd": '<!DOCTYPE a SYSTEM "http://10.0.0.1/x"><a/>',
    "laughs": '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>', "deep": "<a>" * 100 + "</a>" * 100,
    "parameter entity": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://10.0.0.1/x"> %p;]><a/>', "empty": "",
    "broken": "<a><b></a>", "unknown entity": "<a>&nothing;</a>", "two roots": "<a/><b/>", "text": "hello",
    "bad gbk": '<?xml version="1.0" encoding="gbk"?><a>\udcff</a>', "many": "<a>" + "<b/>" * 2_000 + "</a>",
}


@pytest.mark.pure
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_documents_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_rules, "MAX_NODES", 2_000)
    with pytest.raises(ValueError):
        xml_rules.parse(text.encode("utf-8", "surrogateescape"))


@pytest.mark.pure
@pytest.mark.parametrize("body", [
    ANSWER.replace("soap:Envelope", "soap:Other"), ANSWER.replace(" 7 ", "seven"), ANSWER.replace("true", "maybe"),
    "<e:Envelope xmlns:e='x'><e:Body><e:Fault><text>990101199003071234</text></e:Fault></e:Body></e:Envelope>",
])
def test_what_the_contract_does_not_describe_is_no_answer(body: str) -> None:
    with pytest.raises(ValueError):
        xml_rules.reader(SHAPE, CONTRACT)(body.replace("{encoding}", "utf-8").encode())


@pytest.mark.pure
@pytest.mark.parametrize(("changes", "words"), [
    ({"fields": {"name": "a"}}, "paths and contract"), ({"items": ["a", "@b"]}, "step"),
    ({"fields": SHAPE["fields"] | {"name": "a//b"}}, "step"), ({"request": REQUEST | {"parameters": []}}, "template"),
    ({"request": REQUEST | {"body": "<a>{street}{page}"}}, "not XML"),
    ({"request": REQUEST | {"body": XXE + "<a>{street}{page}</a>"}}, "not XML"),
])
def test_a_shape_that_cannot_work_is_no_definition(changes: dict[str, Any], words: str) -> None:
    fault = definition_fault(definition(**changes))
    assert fault is not None and words in fault[1], fault
    assert definition_fault(definition()) is None


@pytest.mark.pure
@given(st.text(max_size=40))
def test_no_parameter_leaves_its_place(text: str) -> None:
    """Whatever a caller sends is the text of one element, or the call is refused."""
    from urllib.parse import quote

    made = xml_rules.template(REQUEST)
    assert made is not None
    try:
        body = made.render(f"street={quote(text, errors='replace')}&page=1".encode())
    except ParameterFault:
        return
    root = xml_rules.parse(body)
    call = root.children[0].children[0]
    assert [one.name for one in call.children] == ["street", "page"] and call.children[1].attributes == {"n": "1"}
    assert call.children[0].text.split() == text.replace("\r\n", "\n").replace("\r", "\n").split()


@pytest.mark.pure
@pytest.mark.parametrize(("query", "name"), [(b"", "street"), (b"street=1&x=2", "x"), (b"page=1", "street"),
                                            (b"street=%00", "street"), (b"%zz", "query")])
def test_parameters_are_declared(query: bytes, name: str) -> None:
    made = xml_rules.template(REQUEST)
    assert made is not None
    with pytest.raises(ParameterFault) as caught:
        made.render(query)
    assert caught.value.name == name
