"""Errors of demands."""

from kernel.errors import define

NOT_SHARED = define(
    "catalog.demand.not_shared", 409, zh="所选数据项含不予共享的内容，不能申请", en="The demand contains items that are not shared",
    fix_zh="请去掉不予共享的数据项，或凭法律依据另行申请协商", fix_en="Leave those items out, or ask for a negotiation with its legal basis",
)
NO_ITEMS = define("catalog.demand.no_items", 422, zh="请至少选择一个数据项", en="Choose at least one item")
ITEM_FOREIGN = define("catalog.demand.item_foreign", 422, zh="数据项不属于所选数据目录", en="An item belongs to another entry")
ENTRY_NOT_PUBLISHED = define("catalog.demand.entry_not_published", 409, zh="数据目录「{code}」尚未发布",
    en="Entry {code} is not published")
SAME_PERSON = define(
    "catalog.demand.same_person", 403, zh="申请人不能审批自己的申请", en="The applicant cannot decide the own demand",
    fix_zh="请由另一位有审批权限的人员处理", fix_en="Another person has to decide",
)
STATE = define("catalog.demand.state", 409, zh="申请「{number}」当前为「{status}」，不能执行此操作", en="Demand {number} is {status}")
VALIDITY = define("catalog.demand.validity", 422, zh="使用期限须在今后三年之内", en="The term must end within the next three years")
