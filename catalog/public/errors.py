"""Errors of what is public: online and offline, what was withdrawn, and releases."""

from kernel.errors import define

ONLINE_STATE = define(
    "catalog.entry.online_state", 409,
    zh="「{code}」当前{now}，不能{action}", en="{code} is {now_en}; it cannot be taken {action_en}",
    fix_zh="请刷新后查看状态", fix_en="Reload and look at its state",
)
GONE = define(
    "catalog.entry.gone", 410,
    zh="数据目录「{name}」（{code}）已于 {day} 撤销：{reason}", en="{code} was withdrawn on {day}: {reason}",
    fix_zh="编码不再使用；如需同类数据请检索现行目录", fix_en="Its code is never used again; search the current directory",
)
RELEASE_MISSING = define(
    "catalog.release.missing", 403,
    zh="「{codes}」为重要或核心数据，没有有效的出域批准，不得{purpose}",
    en="{codes}: important or core data without a valid release for {purpose_en}",
    fix_zh="请先申请出域批准（数据目录 → 出域批准）", fix_en="Apply for a release first",
)
RELEASE_NEEDLESS = define(
    "catalog.release.needless", 409, zh="「{code}」不是重要或核心数据，无需出域批准", en="{code} needs no release",
)
RELEASE_TERM = define(
    "catalog.release.term", 422, zh="有效期须在今后一年以内", en="A release holds for at most a year from now",
)
RELEASE_UNKNOWN = define("catalog.release.unknown", 404, zh="没有找到该出域批准", en="No such release")
