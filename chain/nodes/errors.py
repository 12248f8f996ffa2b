"""Errors of nodes, votes and the list of accounts."""

from kernel.errors import define

NODE_NOT_FOUND = define("chain.node.not_found", 404, zh="没有该区块链节点", en="There is no such chain node")
NODE_URL_TAKEN = define("chain.node.url_taken", 409, zh="该地址已登记：{url}", en="This address is registered: {url}")
NODE_ENODE_INVALID = define(
    "chain.node.enode_invalid", 422, zh="enode 不合规：{reason}", en="Not a valid enode: {reason}",
    fix_zh="形如 enode://128 位十六进制@主机:端口", fix_en="It reads enode://<128 hex digits>@host:port",
)
NODE_OWN = define(
    "chain.node.own", 409, zh="平台链节点由系统自动登记，不能在此修改", en="The platform's own node is registered by itself",
    fix_zh="请修改 MULIAN_RPC_URL", fix_en="Change MULIAN_RPC_URL",
)
VOTE_UNSUPPORTED = define(
    "chain.vote.unsupported", 409, zh="所连网络不由验证节点投票增减成员", en="This network has no votes on validators",
)
VOTE_NO_SIGNER = define(
    "chain.vote.no_signer", 409, zh="节点「{name}」没有出块账户", en="Node {name} has no account that seals",
    fix_zh="请先核对节点并登记其出块账户", fix_en="Check the node and register the account that it seals with",
)
VOTE_OPEN = define(
    "chain.vote.open", 409, zh="已有进行中的表决：{address}", en="A vote is under way: {address}",
    fix_zh="一次只进行一项表决，请等待其结束", fix_en="There is one vote at a time; wait for its end",
)
VOTE_MEMBER = define("chain.vote.member", 409, zh="{address} 已是验证节点", en="{address} is a validator already")
VOTE_NOT_MEMBER = define("chain.vote.not_member", 409, zh="{address} 不是验证节点", en="{address} is no validator")
VOTE_LAST = define("chain.vote.last", 409, zh="不能移除最后一个验证节点", en="The last validator cannot be removed")
VOTE_BELOW_SAFE = define(
    "chain.vote.below_safe", 409,
    zh="移除后剩 {left} 个验证节点，少于安全数 {safe}：再停一个就不能出块",
    en="{left} validators would be left, below the safe number {safe}: one more loss would stop the chain",
    fix_zh="请先增加一个验证节点", fix_en="Add a validator first",
)
VOTE_NO_QUORUM = define(
    "chain.vote.no_quorum", 409,
    zh="表决后需 {needed} 个验证节点运行，现只有 {running} 个可用：网络会停止出块",
    en="{needed} validators would have to run and {running} do: the network would stop",
    fix_zh="请先恢复停止的验证节点", fix_en="Bring the stopped validators back first",
)
VOTE_NOT_READY = define(
    "chain.vote.not_ready", 409, zh="节点「{name}」当前为{state}，未与网络同步",
    en="Node {name} is {state}, not in step with the network",
    fix_zh="请待其同步后再提出", fix_en="Propose it when it has caught up",
)
VOTE_UNSEEN = define(
    "chain.vote.unseen", 409, zh="尚未取得网络的验证节点名单", en="The network's validators were not read yet",
    fix_zh="请待下一次采集后再试", fix_en="Try again after the next look at the nodes",
)
ACCOUNT_LISTED = define("chain.account.listed", 409, zh="账户已在名单中：{address}", en="The account is listed: {address}")
