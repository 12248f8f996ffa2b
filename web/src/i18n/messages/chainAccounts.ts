import type { Pairs } from "../define";

export const chainAccounts = {
  chainAccount: {
    lead: ["平台的链上账户与密钥更换、审批合约成员离线签名的操作、平台写入的登记合约", "The platform's ledger accounts and their keys, operations that persons sign offline, registries that the platform writes"],
    accounts: ["平台账户", "Accounts"], hint: ["密钥以 SM4 加密保存，不能导出。更换须两人：新账户先取得全部权限，旧账户最后一笔交易不可回退后才退出。", "Keys rest sealed with SM4 and cannot be exported. Two people exchange one: the new account gets every right first; the old one leaves when its last transaction is final."],
    purpose: ["用途", "Purpose"], address: ["地址", "Address"], roles: ["可写的角色与方法", "Who may write what"], since: ["启用", "Since"], state: ["启用 / 更换", "Since / change"],
    rights: ["链上权限", "On the chain"], noRights: ["没有角色、所有权或名单权限", "No role, ownership or place in a list"], kind: ["权限", "Right"], contract: ["合约", "Contract"], detail: ["内容", "Detail"],
    rotate: ["更换密钥", "Exchange the key"], rotateText: ["将为“{purpose}”更换密钥。须由另一人同意。请写明理由。", "The key of {purpose} is exchanged. Another person must agree. Say why."], asked: ["已提交，等待另一人同意", "Submitted to another person"],
    undo: ["撤销", "Undo"], undoText: ["“{purpose}”继续使用旧账户，新账户交还权限并移出名单。", "{purpose} goes on with the old account; the new one gives its rights back."], undone: ["正在撤销", "Being undone"],
    rotations: ["更换记录", "Changes"], none: ["还没有更换", "No change yet"], fromTo: ["旧 / 新地址", "Old / new address"], waiting: ["须由有权的人移交：{n} 项", "{n} rights have to be moved by persons"], empty: ["还没有账户", "No account yet"],
  },
  operation: {
    title: ["多人签名操作", "Operations that persons sign"], hint: ["升级权、管理权在审批合约时，须其成员离线签名。导出文件、由成员在自己的计算机上签名、导入签名；够数即自动执行。平台不能代签。", "Where an approvals contract governs, its members sign offline: hand out the document, import what they signed; with enough signatures it runs. The platform cannot sign for anybody."],
    open: ["提出操作", "New operation"], reason: ["事由", "What for"], calls: ["调用（JSON 数组）", "Calls (JSON list)"], callsHint: ["每项含 contract、method、arguments；先以审批合约的身份试算", "Each has contract, method, arguments; dry-run as the approvals contract first"], days: ["签名有效天数", "Days to sign"], environment: ["环境", "Environment"], opened: ["已提出，等待成员签名", "Waits for its members"],
    signatures: ["签名", "Signatures"], notAfter: ["截止", "Until"], document: ["导出", "Document"], sign: ["导入签名", "Import signatures"], signed: ["已导入，{given} / {needed}", "Imported, {given} of {needed}"], cancel: ["取消", "Cancel"], cancelText: ["取消后不再执行“{title}”；等待它的部署随之失败。", "{title} is given up; a deployment that waits for it fails."], cancelled: ["已取消", "Given up"], none: ["还没有操作", "No operation yet"], members: ["成员", "Members"], digest: ["签名摘要", "Digest"], badFile: ["“{name}”不是签名文件", "“{name}” is no signature file"],
  },
  registry: {
    title: ["登记合约", "Registries"], hint: ["在正式环境上线并启用后，平台把相应事项写入链上，恰好一次。部门角色由平台账户代管。", "Once live in production and switched on, the platform writes what happens, exactly once. Roles of departments are custodial."],
    name: ["登记", "Registry"], written: ["已上链", "Written"], waiting: ["等待", "Waiting"], notLive: ["未上线", "Not live"], on: ["启用", "Switch on"], off: ["停用", "Switch off"], switchedOn: ["已启用", "Switched on"], switchedOff: ["已停用", "Switched off"], askRoles: ["申请 {n} 个角色", "Ask for {n} roles"], asked: ["已提出多人签名操作", "An operation waits for signatures"],
    records: ["登记记录", "Records"], object: ["对象", "Object"], transaction: ["交易", "Transaction"], none: ["还没有记录", "No record yet"], chain: ["链上登记", "On the chain"],
  },
} satisfies Pairs;
