"""Pure rules of exchanges: states, and which may follow which."""

KIND, JOB = "chain.account.rotate", "chain.account.rotate"
ROTATE, APPROVE = "chain.account.rotate", "chain.account.approve"
OPEN = ("proposed", "granting", "switching", "retiring", "undoing")
# what the job carries on; a proposal waits for a person
WORKING = ("granting", "switching", "retiring", "undoing")
STATES = {
    "proposed": ("待审批", "Awaits consent"), "granting": ("新账户取得权限中", "New account gets its rights"),
    "switching": ("切换中", "Switching"), "retiring": ("旧账户退出中", "Old account leaves"), "done": ("已完成", "Done"),
    "rejected": ("未同意", "Not agreed"), "undoing": ("撤销中", "Being undone"), "undone": ("已撤销", "Undone"),
}
_NEXT = {
    "proposed": {"granting", "rejected"}, "granting": {"switching", "undoing"}, "switching": {"retiring"},
    "retiring": {"done"}, "undoing": {"undone"},
}


def may_follow(before: str, after: str) -> bool:
    """Whether an exchange may go from one state to another."""
    return after in _NEXT.get(before, ())


def may_undo(state: str) -> bool:
    """Whether the old account can still go on: nothing was signed with the new one for others yet."""
    return may_follow(state, "undoing")
