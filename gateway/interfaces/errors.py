"""Why a part cannot get a revision."""

from kernel.errors import define

CANARY_BREAKS = define(
    "gateway.interface.canary_breaks", 409, zh="接口「{code}」的新版与现版不兼容，不能按比例灰度：{reason}",
    en="The revision of {code} breaks callers, so it cannot be served to a share of the calls: {reason}",
    fix_zh="请只选择已商定的应用灰度，或按公告期发布", fix_en="Choose applications that agreed, or announce it",
)
CANARY_EMPTY = define("gateway.interface.canary_empty", 422, zh="请选择灰度的应用，或给出 1‰ 至 999‰ 的比例",
    en="Choose applications, or a share from 1 to 999 per mille")
