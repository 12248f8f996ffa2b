"""Why there is no page."""

from kernel.errors import define

NO_PAGE = define(
    "gateway.page.none", 409, zh="接口「{code}」还是草稿，没有说明页", en="{code} is a draft, it has no page yet",
    fix_zh="请先把草稿放入测试环境", fix_en="Put the draft into the test environment first",
)
