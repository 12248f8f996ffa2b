"""Errors of operations. Append only: a code never changes."""

from kernel.errors import define

BOARD_UNKNOWN = define(
    "chain.operation.board_unknown", 404, zh="{environment} 环境没有上线的多人审批合约",
    en="No approvals contract is live in {environment}",
    fix_zh="先部署 Approvals", fix_en="Deploy Approvals first",
)
OPERATION_STATE = define(
    "chain.operation.state", 409, zh="操作当前状态（{state}）不能进行此办理", en="The operation is {state}: not possible now",
)
OPERATION_WAITS = define(
    "chain.operation.waits", 409, zh="等待签名：{given} / {needed}", en="Waits for signatures: {given} of {needed}",
    fix_zh="成员离线签名后导入", fix_en="Members sign offline; import what they signed",
)
OPERATION_ENDED = define(
    "chain.operation.ended", 409, zh="多人签名操作未执行：{reason}", en="The operation was not carried out: {reason}",
)
SIGNATURE_INVALID = define(
    "chain.operation.signature", 422, zh="签名不可用：{reason}", en="The signature cannot be used: {reason}",
    fix_zh="请用成员自己的密钥对本操作的文件重新签名", fix_en="Sign this operation's document with the member's own key",
)
KEY_FILE = define(
    "chain.operation.key_file", 422, zh="密钥文件不可用：{reason}", en="The key file cannot be used: {reason}",
)
