"""Pure decisions about deployments."""

from dataclasses import dataclass
from typing import Literal

from kernel.digest import sha256_hex

# kinds of jobs, the kind of approval and who decides it
REHEARSE, DEPLOY, WRITE = "chain.contract.rehearse", "chain.contract.deploy", "chain.contract.write"
APPROVE = "chain.contract.approve"
# the form of a rehearsal's report
REPORT = "mulian-rehearsal/2"
# the proxy of the build, and where it keeps the address of the code it runs (ERC-1967)
PROXY = "ERC1967Proxy"
IMPLEMENTATION_SLOT = 0x360894A13BA1A3210667C828492DB98DCA3E2076CC3735A920A3CA505D382BBC
Step = Literal["finish", "resend", "void"]


@dataclass(frozen=True)
class Wanted:
    """A contract of the build output that an installation needs."""

    name: str
    version: str


# what every installation has; a version names the interface, the code hash names the code. The others are
# optional, and those behind a proxy are governed by persons from their first block on: nobody makes them silently
WANTED = (Wanted("AnchorRegistry", "1"),)


def next_step(*, sealed: bool, account_nonce: int, release_nonce: int) -> Step:
    """Say how an interrupted deployment goes on.

    ``sealed``: its receipt exists. ``account_nonce``: the deployer's next nonce by the head state. A release whose
    nonce another transaction used up can never be sealed; any other is sent again, which is harmless.
    """
    if sealed:
        return "finish"
    return "void" if account_nonce > release_nonce else "resend"


def creation_hash(creation: bytes, arguments: bytes) -> str:
    """Return what binds creation code and constructor arguments."""
    return sha256_hex(creation, arguments)


# what a deployment does: Chinese and English, as approvals are titled
ACTIONS = {
    "deploy": ("部署", "Deploy"), "promote": ("发布", "Promote"), "upgrade": ("升级", "Upgrade"),
    "rollback": ("退回", "Roll back to"), "unfreeze": ("解冻", "Unfreeze"),
}
# states of versions, deployments and calls
STATES = {
    "draft": ("待试运行", "To be rehearsed"), "failed": ("未通过", "Failed"), "ready": ("试运行通过", "Rehearsed"),
    "retired": ("停用", "Retired"), "proposed": ("待审批", "Awaits consent"), "running": ("执行中", "Under way"),
    "done": ("已完成", "Done"), "rejected": ("未同意", "Not agreed"), "queued": ("待发送", "Queued"),
    "prepared": ("已签名", "Signed"), "sealed": ("已上链", "Sealed"),
}
# acts of the history
ACTS = {
    "version.register": ("登记版本", "Version registered"), "version.rehearse": ("重新试运行", "Rehearsed again"),
    "version.ready": ("试运行通过", "Rehearsal passed"), "version.failed": ("试运行未通过", "Rehearsal failed"),
    "version.retire": ("停用版本", "Version retired"), "deployment.propose": ("提出部署", "Deployment proposed"),
    "deployment.start": ("获批，开始执行", "Agreed and begun"), "deployment.rejected": ("未获同意", "Not agreed"),
    "deployment.lapsed": ("审批过期", "Proposal lapsed"), "deployment.resume": ("继续执行", "Resumed"),
    "deployment.done": ("执行完成", "Done"), "deployment.failed": ("执行失败", "Failed"),
    "deployment.unfrozen": ("已解冻", "Unfrozen"), "prepare": ("签名创建交易", "Creation signed"),
    "live": ("代码比对一致，上线", "Code compared, live"), "void": ("交易作废", "Transaction void"),
    "superseded": ("被替换", "Superseded"), "freeze": ("冻结", "Frozen"), "right.grant": ("授予调用", "Right granted"),
    "right.revoke": ("收回调用", "Right revoked"), "call.queue": ("提出调用", "Call queued"),
    "call.prepare": ("签名调用交易", "Call signed"), "call.sealed": ("调用已上链", "Call sealed"),
    "call.failed": ("调用未成功", "Call failed"), "call.void": ("调用交易作废", "Call transaction void"),
}
