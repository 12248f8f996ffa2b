"""Errors of witnesses: the platform's side and the witness program."""

from kernel.errors import define

WITNESS_NOT_FOUND = define("chain.witness.not_found", 404, zh="没有该见证方", en="There is no such witness")
WITNESS_KEY = define(
    "chain.witness.key", 422, zh="见证方公钥不可用：{reason}", en="The witness's public key cannot be used: {reason}",
    fix_zh="填写 mulian witness init 显示的 130 位十六进制公钥；每个公钥、每个名称只能登记一次",
    fix_en="Give the 130 hex digits that mulian witness init shows; a key and a name are registered once",
)
WITNESS_QUORUM = define(
    "chain.witness.quorum", 409,
    zh="要求 {quorum} 个见证方，但只有 {active} 个在用", en="{quorum} witnesses are asked for, {active} are active",
    fix_zh="请先登记足够的见证方", fix_en="Register enough witnesses first",
)
WITNESS_ANSWER = define(
    "chain.witness.answer_wrong", 422, zh="见证签名不成立：{reason}", en="The cosignature does not hold: {reason}",
)
WITNESS_REQUEST = define(
    "chain.witness.request", 400, zh="联合签名请求无法识别：{reason}", en="Not a request for a cosignature: {reason}",
)
WITNESS_FOREIGN = define(
    "chain.witness.foreign", 403,
    zh="检查点不是本见证方所见证的平台签发的：{reason}", en="Not a checkpoint of the platform this witness knows: {reason}",
    fix_zh="请核对信任文件；平台更换检查点密钥后须重新运行 mulian witness init --trust",
    fix_en="Compare the trust file; after a change of the checkpoint key run mulian witness init --trust again",
)
WITNESS_SIZE = define(
    "chain.witness.size", 409,
    zh="见证方已见到 {stream} 的大小 {size}，请求却从 {old} 起", en="The witness knows {stream} at size {size}, not {old}",
    fix_zh="请从见证方已见到的大小起重新请求", fix_en="Ask again from the size that the witness knows",
)
WITNESS_INCONSISTENT = define(
    "chain.witness.inconsistent", 422,
    zh="拒绝签名：{stream} 大小 {size} 的检查点与已见到的历史不一致，证据已保存",
    en="Refused: {stream} at {size} contradicts what was seen; evidence is kept",
    fix_zh="存证历史可能被改写：请保全证据并通知审计", fix_en="History may have been rewritten: keep the evidence and tell the auditors",
)
WITNESS_HOME = define(
    "chain.witness.home", 409, zh="{home} 不是可用的见证方目录：{reason}", en="{home} cannot be a witness's home: {reason}",
    fix_zh="请先运行 mulian witness init --home", fix_en="Run mulian witness init --home first",
)
