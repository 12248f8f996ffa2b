"""Errors of codes."""

from kernel.errors import define

PROFILE_UNKNOWN = define(
    "catalog.codes.profile_unknown", 422, zh="没有名为「{key}」的编号方案", en="No number profile {key}",
    fix_zh="可用：{known}；或先登记该方案", fix_en="Known: {known}; or add the profile first",
)
PROFILE_INVALID = define(
    "catalog.codes.profile_invalid", 422, zh="方案内容不符合要求：{reason_zh}", en="The profile is not valid: {reason_en}",
    fix_zh="请按说明修改后重新提交", fix_en="Correct it and submit it again",
)
PROFILE_BUILTIN = define(
    "catalog.codes.profile_builtin", 409, zh="「{key}」是内置方案，不能修改", en="{key} is built in and cannot be changed",
    fix_zh="请换一个名称登记新方案", fix_en="Add your profile under another key",
)
TABLE_INVALID = define(
    "catalog.codes.table_invalid", 422, zh="代码表第 {line} 行不符合要求：{reason_zh}",
    en="Line {line} of the table is not valid: {reason_en}",
    fix_zh="请修改该行后重新导入，整表未导入任何内容", fix_en="Correct the line and import again; nothing was imported",
)
REGION_UNKNOWN = define(
    "catalog.codes.region_unknown", 422, zh="行政区划代码「{code}」不可用", en="The region code {code} is not in use",
    fix_zh="{hint}；代码表截至 {revision}，如有更新请导入新表",
    fix_en="{hint}; the table is of {revision}, import a newer one if there is one",
)
CODE_UNKNOWN = define(
    "catalog.codes.code_unknown", 404, zh="没有任何目录使用过编码「{code}」", en="No node bears or bore the code {code}",
    fix_zh="请核对编码，或改用名称检索", fix_en="Check the code, or search by name",
)
