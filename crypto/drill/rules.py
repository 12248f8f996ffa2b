"""What a drill does and how it is judged; pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from crypto.rotation.rules import STATE_TITLES, RotationState

When = Literal["committed", "inside"]
WORKING = (RotationState.PLANNED, RotationState.KEY_READY, RotationState.SWITCH, RotationState.REENCRYPT,
           RotationState.SCAN, RotationState.VERIFY)
_COMING = (*WORKING[:2], RotationState.ABORTING, *WORKING[2:])  # on the way back the first two are not met
_WHEN = {"committed": "提交后", "inside": "事务中"}
_CHECKS = {
    "finished": "更换完成并出具证书", "one_active_key": "恰有一个使用中的密钥，旧密钥已退役",
    "all_under_new_key": "全部行都在新密钥下", "all_rows_right": "全部行解出正确的值",
    "fence_in_place": "写入围栏在位", "old_key_refused": "数据库拒绝旧密钥的写入",
    "killed_everywhere": "每个状态都被杀过", "writers_worked": "演练期间写入持续成功",
}


@dataclass(frozen=True)
class Moment:
    """Where the process is killed: after the commit that led to ``state``, or inside the ``nth`` write begun in it."""

    state: RotationState
    when: When
    nth: int = 1

    def passed(self, state: str) -> bool:
        """Tell whether a rotation that reached ``state`` by a commit will not come by this moment soon."""
        return state not in _COMING or _COMING.index(RotationState(state)) > _COMING.index(self.state)


@dataclass(frozen=True)
class Kill:
    """What came of one moment. ``bad``: rows that did not open, or to a value nobody wrote, right afterwards."""

    moment: Moment
    killed: bool
    rows: int
    bad: int


@dataclass
class Outcome:
    """The drill of one scope."""

    department: str
    table: str
    column: str
    label: str
    rows: int
    planted: bool
    kills: list[Kill] = field(default_factory=list)
    writes: int = 0
    checks: dict[str, bool] = field(default_factory=dict)
    old_key: int = 0
    new_key: int = 0

    @property
    def passed(self) -> bool:
        """All checks were made, all are good, and no kill left a bad row."""
        return self.checks.keys() == _CHECKS.keys() and all(self.checks.values()) and not any(
            kill.bad for kill in self.kills
        )


def moments() -> list[Moment]:
    """Return the kills of one rotation in the order in which it meets them: each state after and inside its commits."""
    found = [Moment(state, when) for state in WORKING for when in ("committed", "inside")]
    at = found.index(Moment(RotationState.SCAN, "committed"))
    found[at:at] = [Moment(RotationState.REENCRYPT, "inside", 3), Moment(RotationState.REENCRYPT, "committed", 2)]
    return [*found, Moment(RotationState.VERIFY, "inside", 4)]


def everywhere(kills: Iterable[Kill]) -> bool:
    """Tell whether a process was killed after and inside a commit of every state."""
    done = {(kill.moment.state, kill.moment.when) for kill in kills if kill.killed}
    return done >= {(state, when) for state in WORKING for when in ("committed", "inside")}


def wrong(expected: set[str] | None, found: str | None) -> bool:
    """Tell whether a value (its mark) is none that may lie in a row; None: it did not open, or the row is new."""
    return found is None or expected is None or found not in expected


def allowed(initial: str, journal: Iterable[tuple[str, str]]) -> set[str]:
    """Return the marks a row may have after its writer was killed.

    ``journal``: ("try" | "done", mark) in order. The last that was acknowledged, or one begun after it.
    """
    found = {initial}
    for kind, mark in journal:
        found = {mark} if kind == "done" else found | {mark}
    return found


def ever(initial: str, journal: Iterable[tuple[str, str]]) -> set[str]:
    """Return every mark a row may have had at some time."""
    return {initial, *(mark for _, mark in journal)}


def report(outcomes: list[Outcome], *, started: str, finished: str, database: str) -> dict[str, Any]:
    """Return the report as data; its form has a version."""
    return {
        "v": 1, "type": "mulian-crypto-drill", "started_at": started, "finished_at": finished, "database": database,
        "passed": bool(outcomes) and all(one.passed for one in outcomes),
        "scopes": [
            {**{key: value for key, value in asdict(one).items() if key != "kills"}, "passed": one.passed,
             "kills": [
                 {"state": kill.moment.state.value, "when": kill.moment.when, "nth": kill.moment.nth,
                  "killed": kill.killed, "rows": kill.rows, "bad": kill.bad} for kill in one.kills
             ]}
            for one in outcomes
        ],
    }


def lines(report: dict[str, Any]) -> list[str]:
    """Return the report for people, Chinese first."""
    passed = "通过" if report["passed"] else "不通过"
    found = [f"密钥更换演练：{passed} / drill: {'passed' if report['passed'] else 'FAILED'}",
             f"数据库副本：{report['database']}　{report['started_at']} — {report['finished_at']}"]
    for scope in report["scopes"]:
        kills = scope["kills"]
        found += ["", f"■ {scope['department']} {scope['label']}（{scope['table']}.{scope['column']}）"
                  f"：{scope['rows']} 行{'（演练植入的虚构数据）' if scope['planted'] else ''}"
                  f"，密钥 #{scope['old_key']} → #{scope['new_key']}",
                  f"  强制终止 {sum(kill['killed'] for kill in kills)} 次，期间确认写入 {scope['writes']} 次"]
        found += [
            f"  · {STATE_TITLES[RotationState(kill['state'])][0]}（{_WHEN[kill['when']]}，第 {kill['nth']} 次）："
            f"{'已终止' if kill['killed'] else '未到达'}，{kill['rows']} 行，异常 {kill['bad']} 行" for kill in kills
        ]
        found += [f"  {'✓' if scope['checks'].get(name) else '✗'} {zh}" for name, zh in _CHECKS.items()]
    return found
