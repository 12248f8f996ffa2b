"""Errors of anchoring."""

from kernel.errors import define

ANCHOR_STREAM_NAME = define(
    "chain.anchor.stream_name", 422,
    zh="存证流名称不合规：{stream}", en="Not a valid stream name: {stream}",
    fix_zh="小写字母开头，可含数字和 . _ -，至多 28 个字符", fix_en="Lower-case letter first, then letters, digits, . _ -, at most 28",
)
ANCHOR_ALREADY = define(
    "chain.anchor.already_appended", 409,
    zh="{object_type} {object_id} 的版本 {version} 已提交上链",
    en="Version {version} of {object_type} {object_id} was appended before",
)
ANCHOR_NOT_FOUND = define("chain.anchor.not_found", 404, zh="没有该对象版本的存证", en="This version was never anchored")
ANCHOR_NOT_FINAL = define(
    "chain.anchor.not_final", 409, zh="存证尚未在链上确认", en="Not final on the chain yet",
    fix_zh="通常数秒内完成，请稍后再取", fix_en="It usually takes seconds; fetch it again later",
)
ANCHOR_HALTED = define(
    "chain.anchor.halted", 409,
    zh="存证流「{stream}」已停止封存：{reason}", en="Stream {stream} is halted: {reason}",
    fix_zh="请运维人员核对链与数据库的备份，再执行 mulian anchor resume",
    fix_en="An operator compares the backups of chain and database, then runs mulian anchor resume",
)
ANCHOR_EVIDENCE = define(
    "chain.anchor.evidence_wrong", 502,
    zh="节点返回的区块与存证批次 {tx_hash} 不符：{reason}", en="What the node says about {tx_hash} does not fit the batch: {reason}",
    fix_zh="请检查所连节点是否正确、是否被替换", fix_en="Check that this is the right node and that it was not replaced",
)
ANCHOR_OTHER_CHAIN = define(
    "chain.anchor.other_chain", 409,
    zh="所连的链不是本系统的链：记录为 {expected}，现为 {found}", en="This is another chain: {expected} is on record, {found} answers",
    fix_zh="请检查 MULIAN_RPC_URL 与链数据目录", fix_en="Check MULIAN_RPC_URL and the chain folder",
)
ANCHOR_UNPROVEN = define(
    "chain.anchor.unproven", 409,
    zh="存证按当前信任文件尚不能认证：{reason}", en="Not authenticated by the present trust file: {reason}",
    fix_zh="多为见证方尚未签名，请稍后再试", fix_en="Usually the witnesses have not signed yet; try again later",
)
CHECKPOINT_UNKNOWN = define(
    "chain.checkpoint.unknown", 404,
    zh="存证流 {stream} 没有大小为 {size} 的检查点", en="Stream {stream} has no checkpoint at size {size}",
)
CONSISTENCY_RANGE = define(
    "chain.consistency.range", 422,
    zh="一致性证明的范围不合规：{old} 到 {size}（存证流 {stream} 已确认 {known} 条）",
    en="No consistency proof from {old} to {size}: stream {stream} has {known} final records",
    fix_zh="两个大小须满足 1 ≤ 旧 ≤ 新 ≤ 已确认数", fix_en="Both sizes are within 1 ≤ old ≤ new ≤ final records",
)
TRUST_UNKNOWN = define(
    "chain.trust.unknown", 409, zh="尚未与链建立联系，没有信任文件",
    en="There is no trust file before the first contact with the chain",
    fix_zh="请启动链后执行 mulian anchor flush", fix_en="Start the chain, then run mulian anchor flush",
)
