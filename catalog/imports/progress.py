"""How far a long piece of work is."""

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""(done, total, message); it may raise to stop the work between two transactions."""


def silent(done: int, total: int, message: str) -> None:
    """A progress that goes nowhere."""
