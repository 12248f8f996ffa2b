"""Errors of the change feed."""

from kernel.errors import define

SLOW = define(
    "catalog.feed.slow", 503, zh="变更编号耗时过长，本轮放弃，稍后重试", en="Sealing took too long; this round is given up",
    fix_zh="无需处理；若持续出现请检查数据库负载", fix_en="Nothing to do; look at the load of the database if it stays",
)
AFTER_INVALID = define(
    "catalog.feed.after", 422, zh="「after」大于最新变更号 {head}", en="after exceeds the newest change {head}",
    fix_zh="请从 0 开始重新同步", fix_en="Start again from 0",
)
QUERY_INVALID = define(
    "catalog.feed.query", 422, zh="检索式无效：{reason}", en="The query is not valid: {reason}",
    fix_zh="请改用普通词语检索", fix_en="Search with plain words",
)
