"""The grammar: numbers, series, functions over a window, arithmetic, comparisons, and/or/unless, parentheses.

Source: Prometheus 2.x, "Querying basics" and "Operators" (precedence, durations). Left out on purpose: label
matchers, aggregation, offset, @, subqueries, ``bool``: rules that need them belong into a Prometheus.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"""\s*(?:
    (?P<duration>\[\s*(?:\d+(?:ms|[smhdwy]))+\s*\])
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
  | (?P<op>==|!=|>=|<=|[-+*/%()><,])
)""", re.VERBOSE)
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}), frozenset({"and", "unless"}), frozenset({"==", "!=", ">", "<", ">=", "<="}),
    frozenset({"+", "-"}), frozenset({"*", "/", "%"}),
)
SETS, COMPARISONS = _LEVELS[0] | _LEVELS[1], _LEVELS[2]
FUNCTIONS = frozenset({
    "rate", "increase", "delta", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time",
    "count_over_time", "last_over_time",
})
_DEEPEST = 40


class BadExpression(ValueError):
    """The text is not of the grammar; the message says where and why."""


@dataclass(frozen=True)
class Number:
    """A scalar."""

    value: float


@dataclass(frozen=True)
class Newest:
    """The newest value of a series, at most five minutes old."""

    series: str


@dataclass(frozen=True)
class Over:
    """A function over the window of milliseconds that ends now."""

    function: str
    series: str
    window: int


@dataclass(frozen=True)
class Binary:
    """An operator between two operands."""

    op: str
    left: "Node"
    right: "Node"


Node = Number | Newest | Over | Binary


def parse(text: str) -> Node:
    """Parse a rule's expression; it has to give a vector. Raises :class:`BadExpression`."""
    reader = _Reader(list(_tokens(text)))
    found = reader.expression(0, 0)
    if reader.kind != "end":
        raise BadExpression(f"unexpected {reader.text!r}")
    if is_scalar(found):
        raise BadExpression("the expression is a number, not a series")
    return found


def is_scalar(node: Node) -> bool:
    """Tell whether a node is a number for every subject."""
    if isinstance(node, Binary):
        return is_scalar(node.left) and is_scalar(node.right)
    return isinstance(node, Number)


def series_of(node: Node) -> dict[str, int]:
    """Return the series that are read and how far back, in milliseconds."""
    if isinstance(node, Newest):
        return {node.series: 300_000}
    if isinstance(node, Over):
        return {node.series: node.window}
    found: dict[str, int] = {}
    if isinstance(node, Binary):
        for side in (node.left, node.right):
            for name, window in series_of(side).items():
                found[name] = max(found.get(name, 0), window)
    return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise BadExpression(f"cannot read {text[at:at + 12].strip()!r}")
        yield match.lastgroup, match.group(match.lastgroup)
        at = match.end()
    yield "end", ""


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def text(self) -> str:
        return self._tokens[self._at][1]

    def take(self, wanted: str = "") -> str:
        text = self.text
        if wanted and text != wanted:
            raise BadExpression(f"expected {wanted!r}, found {text!r}")
        self._at += 1
        return text

    def expression(self, level: int, depth: int) -> Node:
        if depth > _DEEPEST:
            raise BadExpression("nested too deeply")
        if level == len(_LEVELS):
            return self._unary(depth)
        left = self.expression(level + 1, depth)
        while self.text in _LEVELS[level]:
            op = self.take()
            left = _binary(op, left, self.expression(level + 1, depth))
        return left

    def _unary(self, depth: int) -> Node:
        if self.text == "-":
            self.take()
            operand = self._unary(depth + 1)
            return Number(-operand.value) if isinstance(operand, Number) else _binary("*", Number(-1.0), operand)
        if self.text == "(":
            self.take()
            found = self.expression(0, depth + 1)
            self.take(")")
            return found
        if self.kind == "number":
            return Number(float(self.take()))
        if self.kind == "name":
            return self._name()
        raise BadExpression(f"unexpected {self.text!r}")

    def _name(self) -> Node:
        name = self.take()
        if name in SETS:
            raise BadExpression(f"unexpected {name!r}")
        if self.text != "(":
            return Newest(name)
        if name not in FUNCTIONS:
            raise BadExpression(f"no function {name}")
        self.take("(")
        if self.kind != "name":
            raise BadExpression(f"{name} takes a series with a window")
        series = self.take()
        if self.kind != "duration":
            raise BadExpression(f"{name} takes a series with a window")
        window = _millis(self.take())
        self.take(")")
        return Over(name, series, window)


def _binary(op: str, left: Node, right: Node) -> Node:
    scalars = is_scalar(left), is_scalar(right)
    if op in SETS and any(scalars):
        raise BadExpression(f"{op} stands between series")
    if op in COMPARISONS and all(scalars):
        raise BadExpression("two numbers are not compared")
    return Binary(op, left, right)


def _millis(text: str) -> int:
    parts: list[tuple[str, str]] = re.findall(r"(\d+)(ms|[smhdwy])", text)
    total = sum(int(count) * _UNITS[unit] for count, unit in parts)
    if total <= 0:
        raise BadExpression("a window is longer than nothing")
    return total
