import type { Pairs } from "../define";

export const crypto = {
  keys: {
    lead: ["每个部门的每个加密字段各有密钥；页面从不显示密钥内容", "Each encrypted column of each department has its own key; key material is never shown"],
    scopes: ["加密字段", "Encrypted columns"], all: ["全部密钥", "All keys"], field: ["字段", "Column"], table: ["表", "Table"], algorithm: ["算法", "Algorithm"], keyNow: ["现用密钥", "Key in use"],
    since: ["启用时间", "Since"], due: ["应更换日期", "Change due"], overdue: ["已逾期", "Overdue"], change: ["申请更换", "Ask to change"], running: ["更换中", "Changing"],
    provider: ["密钥载体", "Key store"], certified: ["经认证的密码产品", "Certified module"], uncertified: ["软件实现，未经认证", "Software, not certified"], sealed: ["密钥已封存", "Keys are sealed"], open: ["密钥已启封", "Keys are open"],
    unseal: ["启封", "Unseal"], seal: ["封存", "Seal"], passphrase: ["根密钥口令", "Passphrase of the root key"], unsealText: ["口令不保存、不记录；启封后本进程才能加解密。", "It is neither stored nor logged; this process can then encrypt and decrypt."],
    sealText: ["封存后本进程立即忘记密钥，解密请求将返回 503，直到有人再次启封。", "This process forgets its keys at once; decrypting answers 503 until somebody unseals."],
    unsealed: ["密钥已启封", "Keys are open"], sealedNow: ["密钥已封存", "Keys are sealed"], fences: ["{n} 个表缺少写入围栏", "{n} tables lack their write fence"],
    columns: ["加密字段", "Encrypted columns"], active: ["启用中的密钥", "Active keys"], openRotations: ["进行中的更换", "Changes in progress"], overdueKeys: ["逾期未更换", "Overdue"],
    purpose: ["用途", "Use"], enc: ["加密", "Encryption"], bi: ["盲索引", "Blind index"], version: ["版本", "Version"], kcv: ["校验值", "Check value"], uses: ["已用次数（预留）", "Uses (reserved)"], keyId: ["密钥编号", "Key"],
    replaced: ["更换时间", "Replaced"], retired: ["停用时间", "Retired"],
  },
  rotation: {
    lead: ["申请、另一位安全管理员审批、在线更换、出具证明；期间业务照常读写", "Ask, another security administrator approves, change online, certificate; reading and writing go on"],
    reason: ["更换理由", "Reason"], reasonHint: ["例如：年度例行更换", "For example: yearly change"], ask: ["申请更换密钥", "Ask to change the key"], askText: ["为“{name}”更换密钥。提交后须由另一位安全管理员审批。", "Change the key of “{name}”. Another security administrator must approve."],
    asked: ["已提交，等待另一位安全管理员审批", "Submitted; another security administrator must approve"], maker: ["申请人", "Asked by"], checker: ["审批人", "Approved by"], progress: ["进度", "Progress"],
    old: ["原密钥", "Old key"], fresh: ["新密钥", "New key"], total: ["应更换", "To change"], done: ["已更换", "Changed"], skipped: ["已是新密钥", "Already new"], passes: ["遍数", "Passes"], unreadable: ["无法解密的行", "Rows that cannot be decrypted"],
    switched: ["切换写入", "Writes switched"], finished: ["完成时间", "Finished"], certificate: ["更换证明", "Certificate"], mayLeave: ["可离开此页，更换在后台继续；重启后从断点继续。", "You may leave: it goes on in the background and continues after a restart."],
    empty: ["还没有更换过密钥", "No key was changed yet"], steps: { planned: ["已批准", "Approved"], switching: ["切换", "Switch"], rewriting: ["改写", "Rewrite"], verifying: ["核对", "Verify"], done: ["完成", "Done"] },
  },
} satisfies Pairs;
