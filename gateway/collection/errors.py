"""Error codes of collection."""

from kernel.errors import define

CODE_TAKEN = define("gateway.collection.code_taken", 409, zh="代码「{code}」已被使用", en="Code {code} is taken")
CONTRACT = define(
    "gateway.collection.contract", 422, zh="字段「{column}」的约定不正确：{problem}", en="Column {column}: {problem}",
    fix_zh="请核对名称、类型、格式与范围；至少一个主键字段", fix_en="Check names, types, patterns and ranges; one key column at least",
)
SOURCE = define("gateway.collection.source", 422, zh="来源设置不正确：{field}", en="The source is not valid: {field}")
SCHEDULE = define("gateway.collection.schedule", 422, zh="计划不正确：{field}", en="The schedule is not valid: {field}")
STATE = define(
    "gateway.collection.state", 409, zh="汇聚任务「{code}」当前为「{state}」，不能执行此操作",
    en="Task {code} is {state}; this is not possible now",
)
RUNNING = define(
    "gateway.collection.running", 409, zh="汇聚任务「{code}」正在运行", en="Task {code} is running",
    fix_zh="请等待本次运行结束，或先取消", fix_en="Wait for the run to end, or cancel it first",
)
NOTHING_TO_UNDO = define(
    "gateway.collection.nothing_to_undo", 409, zh="没有可撤销的全量汇聚", en="There is no full load to undo",
    fix_zh="只能撤销最近一次全量汇聚，且撤销一次后须重新汇聚", fix_en="Only the last full load can be undone, once",
)
READ_FAILED = define(
    "gateway.collection.read_failed", 502, zh="来源读取失败：{reason}", en="The source cannot be read: {reason}",
    fix_zh="请核对地址、账号与分页设置，然后从中断处继续", fix_en="Check address, account and paging, then go on from here",
)
LOGIN_FAILED = define(
    "gateway.collection.login_failed", 502, zh="登录上游系统失败：{reason}", en="Log-in to the upstream failed: {reason}",
    fix_zh="请核对适配应用的登录地址、账号与令牌位置", fix_en="Check the upstream's log-in address, account and token path",
)
WRITE_FAILED = define(
    "gateway.collection.write_failed", 500, zh="汇聚写入失败：{reason}", en="Rows cannot be stored: {reason}",
    fix_zh="请把运行编号告诉运维人员；修复后从中断处继续", fix_en="Tell the operators the run's number; then go on from here",
)
RUN_FAILED = define(
    "gateway.collection.run_failed", 409, zh="本次汇聚未完成：{reason_zh}", en="The run did not end: {reason_en}",
    fix_zh="排除原因后从中断处继续", fix_en="Remove the cause, then go on from here",
)
TOO_MANY_BAD = define(
    "gateway.collection.too_many_bad", 409, zh="问题数据 {bad} 行，超过上限 {limit}%，本次全量未生效",
    en="{bad} bad rows are over the limit of {limit} %; the load is not shown",
    fix_zh="请查看问题数据的原因，修正来源后重新运行，或提高上限后继续", fix_en="Correct the source and run again, or raise the limit and go on",
)
FILE_NEEDED = define(
    "gateway.collection.file_needed", 409, zh="文件汇聚须先上传文件", en="A task by file is run by uploading one",
)
PROBLEM_STATE = define(
    "gateway.collection.problem_state", 409, zh="该问题数据已是「{state}」", en="The row is {state} already",
)
PROBLEM_UNREADABLE = define(
    "gateway.collection.problem_unreadable", 500, zh="问题数据无法解密", en="The row does not open",
)
HOOK_REFUSED = define(
    "gateway.collection.hook_refused", 401, zh="回调签名不正确或已使用：{reason}", en="The callback was refused: {reason}",
    fix_zh="请核对密钥、时间戳（毫秒，须大于上一次）与签名", fix_en="Check secret, timestamp (ms, above the last one) and signature",
)
