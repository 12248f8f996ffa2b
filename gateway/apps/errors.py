"""Errors of keys that applications bring along. Append only: a code never changes."""

from kernel.errors import define

REQUESTER_TAKEN = define(
    "gateway.app.requester_taken", 409, zh="请求者标识「{name}」已属于另一应用", en="{name} belongs to another application",
    fix_zh="请核对标识；确需转移的，先在原应用停用其密钥", fix_en="Check the identifier; revoke its keys there before it moves",
)
KEY_REFUSED = define(
    "gateway.app.key_refused",
    422,
    zh="密钥不能采用：{reason}",
    en="The key cannot be used: {reason}",
    fix_zh="国密公钥请提交 SM2 公钥（PEM，或以 04 开头的 130 位十六进制）；旧平台密钥为 8 至 200 个可见字符",
    fix_en="SM2: a public key as PEM or 130 hex digits from 04 on; older platforms: 8 to 200 visible characters",
)
