"""Errors of search."""

from kernel.errors import define

SAVED_UNKNOWN = define(
    "catalog.search.saved_unknown", 404, zh="没有找到该保存的检索", en="No such saved search",
)
SAVED_NAME = define(
    "catalog.search.saved_name", 409, zh="您已有名为「{name}」的检索", en="You already have a search named {name}",
    fix_zh="请换一个名称，或修改原有的检索", fix_en="Choose another name, or change the existing one",
)
SAVED_LIMIT = define(
    "catalog.search.saved_limit", 409, zh="保存的检索已有 {limit} 个", en="There are {limit} saved searches already",
    fix_zh="请先删除不再使用的", fix_en="Delete those you no longer use",
)
SAVED_BROAD = define(
    "catalog.search.saved_broad", 422, zh="该检索命中超过 {limit} 条，不能开启新增提醒",
    en="The search has more than {limit} matches; new ones cannot be told",
    fix_zh="请加上部门、主题等条件后再开启", fix_en="Narrow it by department or theme first",
)
SAVED_FILTER = define(
    "catalog.search.saved_filter", 422, zh="「{name}」不是可用的筛选条件", en="{name} is not a filter",
    fix_zh="可用：{known}", fix_en="Known: {known}",
)
PERSON_ONLY = define(
    "catalog.search.person_only", 403, zh="只有用户可以保存检索", en="Only a person can save a search",
)
