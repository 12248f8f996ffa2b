"""Pure decisions about deployments."""

from dataclasses import dataclass
from typing import Literal

from kernel.digest import sha256_hex

# kinds of jobs, the kind of approval and who decides it
REHEARSE, DEPLOY, WRITE = "chain.contract.rehearse", "chain.contract.deploy", "chain.contract.write"
APPROVE = "chain.contract.approve"
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
