"""Permissions of the chain package and the roles that hold them at first. Append only."""

from kernel.identity.permissions import Permission

_READERS = (
    "system_admin", "security_admin", "auditor", "data_officer", "department_reviewer", "department_admin",
    "bureau_admin", "data_engineer", "operator", "leader", "supervisor",
)

PERMISSIONS: tuple[Permission, ...] = (
    Permission("chain.explorer.read", "查看区块链总览与区块", "See the chain overview and blocks"),
    Permission("chain.node.read", "查看区块链节点", "See chain nodes"),
    Permission("chain.node.manage", "登记与配置区块链节点、准入账户", "Register and configure chain nodes and accounts"),
    Permission("chain.vote.propose", "提出增减验证节点", "Propose to add or remove validators"),
    Permission("chain.vote.approve", "审批增减验证节点", "Agree to adding or removing validators"),
    Permission("chain.contract.read", "查看智能合约", "See contracts"),
    Permission("chain.contract.manage", "管理智能合约（登记、试运行、申请部署）", "Manage contracts (register, rehearse, propose)"),
    Permission("chain.contract.approve", "审批合约部署", "Approve deployments of contracts"),
    Permission("chain.contract.call", "经平台调用合约写方法", "Write to contracts through the platform"),
    Permission("chain.contract.freeze", "冻结合约", "Freeze contracts"),
    Permission("chain.contract.grant", "授予合约写方法", "Grant writes to roles"),
    Permission("chain.anchor.read", "查看上链批次与存证流", "See anchored batches and streams"),
    Permission("chain.proof.read", "下载上链存证", "Download proofs"),
    Permission("chain.anchor.operate", "处置已停止的存证流", "Decide about a halted stream"),
    Permission("chain.witness.manage", "管理存证见证方", "Manage witnesses"),
    Permission("chain.app.read", "查看链上应用", "See applications on the chain"),
    Permission("chain.app.manage", "登记与管理链上应用", "Register and manage applications on the chain"),
    Permission("chain.app.approve", "审批与暂停链上应用", "Approve and suspend applications on the chain"),
    Permission("chain.account.rotate", "申请更换链上账户密钥", "Propose to exchange keys of ledger accounts"),
    Permission("chain.account.approve", "审批更换链上账户密钥", "Agree to exchanging keys of ledger accounts"),
)

_GIVEN: dict[str, tuple[str, ...]] = {
    "chain.explorer.read": _READERS,
    "chain.node.read": (
        "system_admin", "auditor", "department_admin", "bureau_admin", "data_engineer", "operator", "supervisor",
    ),
    "chain.node.manage": ("operator",),
    "chain.vote.propose": ("operator",),
    "chain.vote.approve": ("bureau_admin",),
    "chain.anchor.read": _READERS,
    "chain.proof.read": _READERS,
    "chain.anchor.operate": ("operator",),
    "chain.witness.manage": ("security_admin",),
    "chain.contract.manage": ("data_engineer", "operator"),
    "chain.contract.approve": ("bureau_admin", "operator"),
    "chain.contract.call": ("bureau_admin", "data_engineer", "operator"),
    "chain.contract.freeze": ("bureau_admin", "operator", "security_admin"),
    "chain.contract.grant": ("security_admin",),
    "chain.contract.read": (
        "system_admin", "security_admin", "auditor", "bureau_admin", "data_engineer", "operator", "supervisor",
    ),
    "chain.app.read": (
        "auditor", "department_admin", "bureau_admin", "data_engineer", "operator", "leader", "supervisor",
        "consumer_contact",
    ),
    "chain.app.manage": ("consumer_contact",),
    "chain.app.approve": ("bureau_admin",),
    "chain.account.rotate": ("operator",),
    "chain.account.approve": ("security_admin",),
}

GRANTS: dict[str, tuple[str, ...]] = {
    role: tuple(key for key, roles in _GIVEN.items() if role in roles) for role in (*_READERS, "consumer_contact")
}
