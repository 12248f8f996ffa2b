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
EPOCH_OTHER = define(
    "catalog.feed.epoch", 409, zh="变更序列已重新开始（现为 {epoch}），所给位置不在其中",
    en="The feed began anew (epoch {epoch}); the given place is not in it",
    fix_zh="请从 0 开始重新同步全部公开目录", fix_en="Start again from 0 and take everything",
)
CURSOR_INVALID = define(
    "catalog.feed.cursor", 422, zh="cursor 无效", en="The cursor is not valid",
    fix_zh="请使用上次应答中的 cursor，或从 after=0 开始", fix_en="Use the cursor of the last answer, or start with after=0",
)
QUERY_INVALID = define(
    "catalog.feed.query", 422, zh="检索式无效：{reason}", en="The query is not valid: {reason}",
    fix_zh="请改用普通词语检索", fix_en="Search with plain words",
)
