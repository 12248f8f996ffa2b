"""Error codes of file resources."""

from kernel.errors import define

CODE_TAKEN = define("gateway.file.code_taken", 409, zh="文件资源代码「{code}」已被使用", en="Code {code} is taken")
STATE = define("gateway.file.state", 409, zh="文件资源「{code}」当前为「{state}」", en="File {code} is {state}")
NOT_APPROVED = define(
    "gateway.file.not_approved", 403, zh="下载申请未获批准或已过期", en="The request is not approved, or it has expired",
    fix_zh="请提交申请并等待数源部门批准；批准后 7 天内有效", fix_en="Apply and wait for the approval; it holds for 7 days",
)
