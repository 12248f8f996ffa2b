"""Errors of the explorer."""

from kernel.errors import define

BLOCK_NOT_FOUND = define("chain.block.not_found", 404, zh="没有区块 {number}", en="There is no block {number}")
TRANSACTION_NOT_FOUND = define(
    "chain.transaction.not_found", 404, zh="没有交易 {hash}", en="There is no transaction {hash}"
)
METRICS_RANGE = define(
    "chain.metrics.range", 422,
    zh="时间范围须为正，且至多 {limit} 个点", en="The span must be positive and have at most {limit} points",
    fix_zh="请缩短时间范围或加大每点秒数", fix_en="Shorten the span or make the points wider",
)
EXPORT_UNKNOWN = define(
    "chain.export.unknown", 404, zh="没有该导出，或文件已过期", en="There is no such export, or its file expired",
    fix_zh="请重新导出", fix_en="Export again",
)
EXPORT_UNKNOWN = define(
    "chain.export.unknown", 404, zh="没有该导出，或文件已过期", en="There is no such export, or its file expired",
    fix_zh="请重新导出", fix_en="Export again",
)
