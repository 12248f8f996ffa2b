"""How far a long piece of work is."""

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""(done, total, message); it may raise to stop the work between two transactions."""


def half(progress: Progress, number: int) -> Progress:
    """The progress of one of two passes (0 or 1) over the same rows, so that both together go once from 0 to total."""
    return lambda done, total, message: progress((number * total + done) // 2, total, message)


def silent(done: int, total: int, message: str) -> None:
    """A progress that goes nowhere."""
