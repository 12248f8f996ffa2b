"""Errors of the indexer."""

from kernel.errors import define

INDEX_OTHER_CHAIN = define(
    "chain.index.other_chain", 409,
    zh="所连的链与已索引的不是同一条：创世块记录为 {expected}，现为 {found}",
    en="This is another chain than the indexed one: block 0 is {expected} on record, {found} answers",
    fix_zh="请检查 MULIAN_RPC_URL；确已更换链时执行 mulian chain index rebuild",
    fix_en="Check MULIAN_RPC_URL; if the chain was replaced on purpose, run mulian chain index rebuild",
)
INDEX_BUSY = define(
    "chain.index.busy", 409, zh="另一个进程正在更新链索引", en="Another process is writing the index of the chain",
    fix_zh="请稍后再试", fix_en="Try again in a moment",
)
