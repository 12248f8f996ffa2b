"""Synthetic entries for the search benchmark: titles and abstracts in the manner of an open-data listing.

Places come from the bundled GB/T 2260 table, so that rare, middle and very frequent bigrams all occur; every text
is made up, and the same seed gives the same texts.
"""

import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence

from catalog.codes import regions
from catalog.search.rules import normalise
from catalog.search.service import Document

_SUBJECTS = (
    "便民服务网点", "行政许可事项", "双公示", "办事指南", "公共设施", "检查计划", "检查结果", "年度统计", "投诉办理",
    "资金公开", "培训活动", "志愿服务", "应急物资", "停车泊位", "无障碍设施", "文化活动", "体育赛事", "健康讲座",
    "养老驿站", "社区菜市场", "垃圾投放点", "古建筑", "历史文化街区", "公园绿地", "政府采购", "招聘岗位", "婚姻登记",
    "低保对象", "残疾人证", "医疗机构", "疫苗接种", "幼儿园", "中小学校", "民办教育", "企业登记", "个体工商户",
    "食品经营", "药品经营", "特种设备", "计量器具", "知识产权", "不动产登记", "建筑工程", "燃气用户", "供热单位",
    "排水户", "河湖水质", "空气质量", "噪声监测", "固定污染源", "道路养护", "桥梁隧道", "公交线路", "出租汽车",
    "消防栓", "避难场所", "安全生产", "危险化学品", "信访事项", "人民调解", "法律援助", "公证事项", "律师事务所",
)
_VERBS = ("审批", "备案", "登记", "监督检查", "抽查", "公示", "办理", "评估", "认定", "核查", "汇总", "统计")
_SUFFIXES = ("信息", "信息", "信息", "名录", "统计表", "分布", "清单", "目录", "数据", "明细")
_FIELDS = (
    "名称", "地址", "联系电话", "开放时间", "责任单位", "统一社会信用代码", "经度", "纬度", "更新时间", "类别", "面积",
    "数量", "状态", "备注", "街道", "社区", "编号", "负责部门", "法定代表人", "注册资本", "有效期起", "有效期止",
    "许可证号", "决定日期", "许可内容", "处罚事由", "处罚依据", "检查日期", "检查结论", "整改期限", "产权性质", "用途",
)


def documents(count: int, departments: Sequence[uuid.UUID], seed: int = 20261121) -> Iterator[Document]:
    """``count`` documents spread over departments."""
    chance = random.Random(seed)
    places = [region.name for region in regions.bundled().values()]
    for number in range(1, count + 1):
        subject = chance.choice(_SUBJECTS)
        place = chance.choice(places) if chance.random() < 0.5 else ""
        verb = chance.choice(_VERBS) if chance.random() < 0.5 else ""
        title = f"{place}{subject}{verb}{chance.choice(_SUFFIXES)}"
        fields = "、".join(chance.sample(_FIELDS, chance.randint(5, 14)))
        year = chance.randint(2012, 2026)
        body = (
            f"{place or '本区'}{year}年{subject}{verb}情况，由{chance.choice(places)}{chance.choice(_SUBJECTS)}"
            f"主管部门提供，包括{fields}等字段信息。来源编号{chance.randrange(10**9):09d}"
        )
        yield Document(
            uuid.UUID(int=chance.getrandbits(128), version=4), "data_entry", departments[number % len(departments)],
            f"P-S{number % 97:02d}-{number:07d}", title, body,
        )


def terms(count: int, departments: Sequence[uuid.UUID], each: int, seed: int = 7) -> dict[str, list[str]]:
    """Query terms by how many of 20,000 sampled documents hold them: rare, middle and most frequent."""
    chance = random.Random(seed)
    sample = [
        (normalise(one.title), normalise(one.body)) for one in documents(min(count, 20_000), departments)
    ]
    drawn: Counter[str] = Counter()
    for _ in range(40_000):
        text = chance.choice(chance.choice(sample))
        size = chance.choice((2, 2, 3, 4, 5, 6, 8))
        at = chance.randrange(max(1, len(text) - size))
        term = text[at : at + size]
        if len(term) == size and " " not in term:
            drawn[term] += 1
    pool = [*(term for term, _ in drawn.most_common(300)), *chance.sample(sorted(drawn), 1500)]
    held = {term: sum(term in title or term in body for title, body in sample) / len(sample) for term in pool}
    by = sorted(held, key=lambda term: held[term])
    rare = [term for term in by if held[term] <= 0.0005]
    middle = [term for term in by if 0.002 <= held[term] <= 0.03]
    return {
        "rare": chance.sample(rare, min(each, len(rare))), "middle": chance.sample(middle, min(each, len(middle))),
        "frequent": by[-each:],
    }
