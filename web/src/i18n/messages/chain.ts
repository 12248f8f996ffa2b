import type { Pairs } from "../define";

export const chain = {
  verify: {
    lead: ["核对存证文件的记录、默克尔路径、区块与出块人签名", "Checks record, Merkle path, block and the sealers' signatures of a proof file"],
    drop: ["把存证文件拖到这里，或点击选择", "Drop a proof file here, or click to choose one"], hint: ["*.proof.json，不超过 4 MB；文件只用于核验，不保存", "*.proof.json, at most 4 MB; it is checked and not kept"],
    ok: ["核验通过", "The proof holds"], bad: ["核验不通过", "The proof does not hold"], okText: ["文件“{name}”与链上记录一致。", "“{name}” agrees with the chain."],
    tooLarge: ["文件超过 4 MB，不是存证文件", "More than 4 MB: this is no proof file"],
    offline: ["也可以用 verify_proof.py 和信任文件在断网的电脑上核验，结论相同。", "verify_proof.py with the trust file gives the same verdict on a computer without network."],
    field: {
      code: ["编码", "Code"], version: ["版本", "Version"], entry_hash: ["内容摘要", "Content digest"], block_number: ["区块高度", "Block"], block_hash: ["区块哈希", "Block hash"],
      tx_hash: ["交易哈希", "Transaction"], kind: ["类型", "Kind"], org: ["单位", "Organisation"], id: ["编号", "Id"], action: ["动作", "Action"], anchored_at: ["上链时间", "Anchored at"], block_time: ["出块时间", "Block time"],
      stream: ["数据流", "Stream"], record: ["记录", "Record"], leaf_index: ["叶序号", "Leaf"], chain_id: ["链标识", "Chain id"],
    },
  },
  chain: {
    lead: ["高度、出块间隔与上链队列", "Height, block interval and what waits to be anchored"], height: ["区块高度", "Height"], lastBlock: ["最新区块时间", "Latest block"],
    interval: ["平均出块间隔", "Mean block interval"], txs: ["交易总数", "Transactions"], perMinute: ["每分钟交易", "Transactions per minute"], intervals: ["出块间隔（秒）", "Block interval (s)"],
    heights: ["区块高度", "Block height"], anchored: ["已上链记录", "Records anchored"], waiting: ["等待上链", "Waiting"], streams: ["上链数据流", "Anchoring streams"], contracts: ["智能合约", "Contracts"],
    address: ["地址", "Address"], chainId: ["链标识", "Chain id"], stream: ["数据流", "Stream"], block: ["区块", "Block"], tx: ["交易", "Transaction"], hash: ["哈希", "Hash"], parent: ["父区块", "Parent"], sealer: ["出块人", "Sealer"],
    gas: ["消耗 gas", "Gas used"], txCount: ["交易数", "Transactions"], from: ["发起账户", "From"], to: ["目标", "To"], method: ["方法", "Method"], time: ["时间", "Time"],
    searchHint: ["区块高度或交易哈希", "Block height or transaction hash"], blocks: ["最新区块", "Latest blocks"], nothing: ["没有找到“{q}”", "Nothing found for “{q}”"],
    failedDay: ["近 24 小时失败 {n} 笔", "{n} failed in 24 hours"], day: ["近 24 小时", "last 24 hours"], tps: ["平均每秒交易", "Mean tx per second"], peak: ["峰值 {n}", "peak {n}"],
    liveAt: ["上线时间", "Live since"], blockTotal: ["共 {n} 个区块", "{n} blocks"], size: ["大小", "Size"], newest: ["最新", "Newest"], older: ["更早的区块", "Older blocks"],
    input: ["输入数据", "Input"], nonce: ["序号（nonce）", "Nonce"], events: ["事件数", "Events"],
    noBlocks: ["链上还没有区块", "The chain has no blocks yet"],
  },
} satisfies Pairs;
