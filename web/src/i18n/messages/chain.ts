import type { Pairs } from "../define";

export const chain = {
  verify: {
    lead: ["核对存证文件的记录、默克尔路径、区块与出块人签名", "Checks record, Merkle path, block and the sealers' signatures of a proof file"],
    drop: ["把存证文件拖到这里，或点击选择", "Drop a proof file here, or click to choose one"], hint: ["*.proof.json，不超过 4 MB；文件只用于核验，不保存", "*.proof.json, at most 4 MB; it is checked and not kept"],
    bad: ["未能核验", "Not verified"],
    status: { authenticated: ["核验通过", "The proof holds"], consistent: ["自洽，但不能认证", "Consistent, but not authenticated"], invalid: ["核验不通过", "The proof does not hold"] },
    text: {
      authenticated: ["文件“{name}”完整、未被改动，签名与本平台信任文件一致。", "“{name}” is whole and unchanged, and its signatures agree with this platform's trust file."],
      consistent: ["文件“{name}”自身完整，但签名人不在本平台的信任文件中。", "“{name}” is whole in itself, but its signers are not in this platform's trust file."],
      invalid: ["文件“{name}”已被改动、不完整或是伪造的。", "“{name}” was changed, is incomplete or forged."],
    },
    tooLarge: ["文件超过 4 MB，不是存证文件", "More than 4 MB: this is no proof file"],
    offline: ["也可以用 verify_proof.py 和信任文件在断网的电脑上核验，结论相同。", "verify_proof.py with the trust file gives the same verdict on a computer without network."],
    reason: {
      no_trust_file: ["未提供信任文件", "No trust file"], other_chain: ["链、创世块或存证合约与信任文件不符", "Chain, genesis or registry differ from the trust file"],
      other_checkpoint_key: ["检查点签名公钥不在信任文件中", "The checkpoint's key is not in the trust file"], other_sealer: ["出块者不在信任文件所列名单中", "The sealer is not in the trust file"],
      checkpoint_signature_wrong: ["检查点的 SM2 签名不正确", "The checkpoint's SM2 signature is wrong"], event_registry: ["存证事件并非出自所称合约", "The event is not of the named contract"],
      event_root: ["链上的树根与检查点不一致", "The root on chain differs from the checkpoint"], event_stream: ["链上的存证流与检查点不一致", "The stream on chain differs from the checkpoint"],
      not_canonical: ["文件不是规范字节（内容被改写过）", "The bytes are not canonical: the file was rewritten"], not_json: ["文件不是 JSON", "The file is not JSON"],
      path_root: ["记录与树根不符（记录、盐值或路径被改动）", "The record does not lead to the root"], receipt_trie: ["收据不在该区块中", "The receipt is not in the block"],
      seal_format: ["区块签名格式不正确", "The seal's format is wrong"], seal_wrong: ["区块签名不正确（区块头被改动）", "The seal is wrong: the header was changed"], unreadable: ["文件无法读取", "The file cannot be read"],
    },
    field: {
      code: ["编码", "Code"], version: ["版本", "Version"], entry_hash: ["内容摘要", "Content digest"], block_number: ["区块高度", "Block"], block_hash: ["区块哈希", "Block hash"],
      tx_hash: ["交易哈希", "Transaction"], kind: ["类型", "Kind"], org: ["单位", "Organisation"], id: ["编号", "Id"], action: ["动作", "Action"], anchored_at: ["上链时间", "Anchored at"], block_time: ["出块时间", "Block time"],
      stream: ["存证流", "Stream"], index: ["序号", "Index"], size: ["树大小", "Tree size"], root: ["树根", "Root"], seq: ["批次", "Batch"], checkpoint_time: ["签发时间", "Signed at"], registry: ["登记合约", "Registry"], block: ["区块高度", "Block"], sealer: ["出块人", "Sealer"], trust: ["信任文件指纹", "Trust file fingerprint"], prev_hash: ["上一版摘要", "Digest before"], valid_from: ["生效时间", "Valid from"], object_type: ["对象类型", "Object"], record: ["记录", "Record"], leaf_index: ["叶序号", "Leaf"], chain_id: ["链标识", "Chain id"],
    },
  },
  chain: {
    lead: ["高度、出块间隔与上链队列", "Height, block interval and what waits to be anchored"], height: ["区块高度", "Height"], lastBlock: ["最新区块时间", "Latest block"],
    interval: ["平均出块间隔", "Mean block interval"], txs: ["交易总数", "Transactions"], perMinute: ["每分钟交易", "Transactions per minute"], intervals: ["出块间隔（秒）", "Block interval (s)"],
    heights: ["区块高度", "Block height"], anchored: ["已上链记录", "Records anchored"], waiting: ["等待上链", "Waiting"], streams: ["存证流", "Anchoring streams"], contracts: ["智能合约", "Contracts"],
    address: ["地址", "Address"], chainId: ["链标识", "Chain id"], stream: ["存证流", "Stream"], block: ["区块", "Block"], tx: ["交易", "Transaction"], hash: ["哈希", "Hash"], parent: ["父区块", "Parent"], sealer: ["出块人", "Sealer"],
    gas: ["消耗 gas", "Gas used"], txCount: ["交易数", "Transactions"], from: ["发起账户", "From"], to: ["目标", "To"], method: ["方法", "Method"], time: ["时间", "Time"],
    searchHint: ["区块高度或交易哈希", "Block height or transaction hash"], blocks: ["最新区块", "Latest blocks"], nothing: ["没有找到“{q}”", "Nothing found for “{q}”"],
    lastFinal: ["最近确认", "Last confirmed"],
    failedDay: ["近 24 小时失败 {n} 笔", "{n} failed in 24 hours"], day: ["近 24 小时", "last 24 hours"], tps: ["平均每秒交易", "Mean tx per second"], peak: ["峰值 {n}", "peak {n}"],
    liveAt: ["上线时间", "Live since"], blockTotal: ["共 {n} 个区块", "{n} blocks"], size: ["大小", "Size"], newest: ["最新", "Newest"], older: ["更早的区块", "Older blocks"],
    input: ["输入数据", "Input"], nonce: ["序号（nonce）", "Nonce"], events: ["事件数", "Events"],
    noBlocks: ["链上还没有区块", "The chain has no blocks yet"],
  },
} satisfies Pairs;
