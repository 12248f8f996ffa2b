"""The Chinese page of one interface, as a document that becomes html, docx or pdf. Pure."""

import json
from collections.abc import Sequence

from gateway.pages import sampling
from gateway.pages.facts import TYPE_NAMES, Facts, call_errors, reason
from kernel.documents.model import Block, Column, Document, Heading, KeyValues, Paragraph, Table

_STATES = {
    "draft": "草稿", "testing": "测试中", "submitted": "待审核", "published": "已发布", "ending": "即将停用", "retired": "已停用",
}


def page(facts: Facts, files: Sequence[tuple[str, str]] = ()) -> Document:
    """Return the page. ``files``: (what, address) of the downloads that stand beside it."""
    blocks: list[Block] = [
        *_basics(facts), *_request(facts), *_answer(facts), *_signing(facts), *_errors(),
    ]
    if files:
        blocks += [Heading(1, "下载"), KeyValues(tuple(files))]
    return Document(title=f"{facts.name}接口说明", blocks=tuple(blocks), subtitle=f"第 {facts.revision} 版")


def _basics(facts: Facts) -> list[Block]:
    rows = [
        ("接口代码", facts.code), ("状态", _STATES[facts.state]), ("提供部门", facts.department), ("数据目录", facts.entry),
        ("访问地址", facts.base + facts.path), ("请求方法", "、".join(facts.definition["methods"])),
        ("超时", f"{facts.definition['timeout_ms']} 毫秒"),
    ]
    blocks: list[Block] = [Heading(1, "基本信息"), KeyValues(tuple(rows))]
    if facts.ends_on is not None:
        blocks.append(Paragraph(f"本接口将于 {facts.ends_on} 停用，请在此之前改用替代接口。", bold=True))
    return blocks


def _request(facts: Facts) -> list[Block]:
    rows = tuple(
        (one["name"], TYPE_NAMES[one["type"]], "是" if one["required"] else "否", one["text"])
        for one in facts.parameters
    )
    if not rows:
        return [Heading(1, "请求参数"), Paragraph("查询参数与请求体原样转给数据源。")]
    columns = (Column("参数", 2), Column("类型", 2), Column("必填"), Column("说明", 3))
    return [Heading(1, "请求参数"), Table(columns, rows, note="未声明的参数会被拒绝，不会被忽略。")]


def _answer(facts: Facts) -> list[Block]:
    if facts.streams:
        return [Heading(1, "返回内容"), Paragraph("数据源的应答原样返回。")]
    rows = tuple(
        (one["name"], one["title"], TYPE_NAMES[one["type"]], "缺省脱敏" if one["sensitive"] or one["encrypted"] else "")
        for one in facts.fields
    )
    columns = (Column("字段", 2), Column("名称", 2), Column("类型", 2), Column("说明", 2))
    return [
        Heading(1, "返回字段"), Table(columns, rows, note="只返回获得授权的字段；敏感字段须申请并获准“明文”才返回明文。"),
        Heading(2, "返回示例（模拟数据）"), Paragraph(json.dumps(facts.example, ensure_ascii=False), indent=False),
    ]


def _signing(facts: Facts) -> list[Block]:
    if facts.definition["auth"] == "appkey":
        return [Heading(1, "认证"), Paragraph("请求头 X-Mulian-Key 填 AppKey。")]
    lines = [
        "mulian-sm3-v1", "请求方法（大写）", "路径（与发送时逐字节相同）", "查询参数：按 & 拆开、按字节排序、再以 & 连接",
        "请求体的 SM3（小写十六进制；没有请求体时为空串的 SM3）", "时间戳（Unix 秒）", "随机数（16 至 64 个字符）", "AppKey", "密钥版本",
    ]
    method = facts.definition["methods"][0]
    commands = tuple((name, sampling.command(name, facts.base, method, facts.path)) for name in sampling.FILES)
    return [
        Heading(1, "签名"),
        Paragraph("请求头 X-Mulian-Key、X-Mulian-Key-Version、X-Mulian-Timestamp、X-Mulian-Nonce、X-Mulian-Signature。"
                  "签名为 HMAC-SM3（密钥，待签字符串），小写十六进制；待签字符串为以下九行，以换行符连接，末尾没有换行："),
        *(Paragraph(f"{number}. {line}", indent=False) for number, line in enumerate(lines, 1)),
        Heading(2, "示例程序"), KeyValues(commands),
    ]


def _errors() -> list[Block]:
    columns = (Column("状态码"), Column("代码", 5), Column("原因", 4), Column("处理", 5))
    rows = tuple(
        (str(kind.status), kind.code, reason(kind), kind.fix_zh or "请联系数据服务工程师，提供请求编号")
        for kind in call_errors()
    )
    note = "错误应答为 application/problem+json，含 code、title（原因）、fix（处理）、request_id（请求编号，同响应头 X-Request-Id）。"
    return [Heading(1, "错误代码"), Table(columns, rows, note=note)]
