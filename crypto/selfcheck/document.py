"""The self-check as a document for assessors: docx, html or pdf."""

from typing import Any

from crypto.selfcheck.gbt import Status
from crypto.selfcheck.scanning import KINDS
from kernel import clock
from kernel.documents.model import Block, Cell, Column, Document, Heading, KeyValues, Paragraph, Table

_ITEMS = (Column("要求", 4), Column("结论", 2, "center"), Column("依据", 6), Column("整改", 5), Column("由谁提供", 3),
          Column("证据", 2))
_FIELDS = (Column("部门", 3), Column("字段", 3), Column("算法", 2), Column("模式", 2), Column("密钥", 1, "center"),
           Column("最近更换", 2, "center"), Column("应更换", 2, "center"), Column("逾期", 1, "center"))
_PLACES = (Column("位置", 3), Column("文件或批次", 1, "right", "number"), Column("字节", 2, "right", "number"),
           Column("命中", 1, "right", "number"))
_MODES = {"rand": "随机"}


def document(found: dict[str, Any]) -> Document:
    """Return the report of a self-check (``report.build``)."""
    blocks: list[Block] = [
        Heading(1, "概况"), _head(found), Paragraph(found["limits"][0], bold=True), _summary(found),
        Heading(1, "加密字段"), _columns(found), Heading(1, "密码算法与密钥来源"), _algorithms(found),
        Heading(1, "明文扫描"), *_scan(found["scan"]),
        Heading(1, "逐项自查（GB/T 39786）"),
    ]
    numbers = _numbers(found)
    for area in found["areas"]:
        blocks += [Heading(2, f"{area['title_zh']}：{area['status']}"), _area(area, numbers)]
    if numbers:
        evidence = tuple((f"证 {number}", name) for name, number in numbers.items())
        blocks += [Heading(1, "证据编号"), KeyValues(evidence)]
    blocks += [Heading(1, "说明"), *(Paragraph(text) for text in found["limits"])]
    made = clock.parse(found["made_at"])
    return Document(
        "密码应用安全自查报告", tuple(blocks), subtitle="按 GB/T 39786 列项，供测评准备使用", issued_on=clock.business_day(made),
    )


def _head(found: dict[str, Any]) -> KeyValues:
    root, drill = found["root"], found["drill"]
    if root["certified_product"]:
        source = f"{root['provider']}（经认证的产品）"
    else:
        source = f"{root['provider']}（{'密码设备，认证须核实' if root['device'] else '软件，不是经认证的产品'}）"
    return KeyValues((
        ("自查时间（北京时间）", _time(found["made_at"])), ("运行方式", "正式" if root["profile"] == "production" else "开发，不得用于正式环境"),
        ("根密钥", source), ("数据库", found["database"]), ("使用中的数据密钥", str(found["active_data_keys"])),
        ("逾期", "、".join(found["overdue"]) or "无"),
        ("更换演练", "没有记录" if drill is None else f"{'通过' if drill['passed'] else '不通过'}（{_time(drill['at'])}）"),
    ))


def _summary(found: dict[str, Any]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for area in found["areas"]:
        counts = [sum(item["status"] == status for item in area["items"]) for status in Status]
        rows.append((area["title_zh"], *counts, area["status"]))
    columns = (Column("方面", 3), *(Column(status.value, 1, "center", "number") for status in Status),
               Column("结论", 2, "center"))
    return Table(columns, tuple(rows), caption="自查结论汇总")


def _columns(found: dict[str, Any]) -> Table:
    names = dict.fromkeys(f"{one['label']}为 {one['table']} 表 {one['column']}" for one in found["columns"])
    return Table(_FIELDS, tuple(
        (one["department"], one["label"], one["algorithm"],
         _MODES.get(one["mode"], one["mode"]), f"#{one['key_id']}" if one["key_id"] else "无",
         _day(one["last_rotation_at"]) or "未更换", _day(one["due"]), "是" if one["overdue"] else "否")
        for one in found["columns"]
    ), caption="加密字段与密钥", note=f"密钥来源：{found['root']['provider']}；字段：{'、'.join(names)}")


def _algorithms(found: dict[str, Any]) -> Table:
    columns = (Column("用途", 2), Column("算法", 4), Column("实现", 3), Column("经认证的产品", 2, "center"))
    return Table(columns, tuple(
        (one["use"], one["algorithm"], one["implementation"], "否") for one in found["algorithms"]
    ), caption="密码算法")


def _scan(scan: dict[str, Any] | None) -> list[Block]:
    if scan is None:
        return [Paragraph("没有明文扫描记录。请执行 mulian crypto self-check --scan。")]
    places = tuple((KINDS.get(kind, kind), files, size, hits) for kind, files, size, hits in scan["looked"])
    text = f"{_time(scan['at'])}，查找 {scan['canaries']} 个样本，命中 {scan['hits']} 处，无法读取 {scan['unreadable']} 处。"
    found = [Paragraph(f"发现明文的位置：{'、'.join(scan['places'])}", bold=True)] if scan["places"] else []
    return [Paragraph(text), Table(_PLACES, places, caption="扫描范围", note=f"证据：{scan['evidence']}"), *found]


def _numbers(found: dict[str, Any]) -> dict[str, int]:
    """Return a number for each piece of evidence: its id is too long for a cell."""
    names = dict.fromkeys(one for area in found["areas"] for item in area["items"] for one in item["evidence"])
    return {name: number for number, name in enumerate(names, 1)}


def _day(instant: str | None) -> str:
    return "" if instant is None else clock.business_day(clock.parse(instant)).isoformat()


def _time(instant: str) -> str:
    return clock.parse(instant).astimezone(clock.BEIJING).strftime("%Y-%m-%d %H:%M")


def _area(area: dict[str, Any], numbers: dict[str, int]) -> Table:
    return Table(_ITEMS, tuple(
        (item["title"], item["status"], item["finding"], item["rectification"], item["supplier_zh"],
         "、".join(f"证 {numbers[one]}" for one in item["evidence"])) for item in area["items"]
    ))


def lines(found: dict[str, Any]) -> list[str]:
    """Return the self-check for a terminal."""
    shown = ["密码应用安全自查（GB/T 39786）", *(f"{key}：{value}" for key, value in _head(found).rows), ""]
    for one in found["columns"]:
        shown.append(f"· {one['department']} {one['label']} {one['table']}.{one['column']}：{one['algorithm']}，密钥 "
                     f"#{one['key_id']}，最近更换 {one['last_rotation_at'] or '无'}{'，逾期' if one['overdue'] else ''}")
    scan = found["scan"]
    shown.append("明文扫描：没有记录" if scan is None else
                 f"明文扫描：{scan['at']}，{scan['canaries']} 个样本，{scan['files']} 个文件，命中 {scan['hits']} 处"
                 + "".join(f"\n  ✗ {place}" for place in scan["places"]))
    for area in found["areas"]:
        shown += ["", f"■ {area['title_zh']}：{area['status']}"]
        shown += [f"  [{item['status']}] {item['title']}：{item['finding']}" for item in area["items"]]
    return [*shown, "", *found["limits"]]
