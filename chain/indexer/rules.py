"""Pure decisions of the follower."""

from collections.abc import Callable


def ancestor(height: int, same: Callable[[int], bool]) -> int:
    """Return the highest block at most ``height`` that both histories have, -1 where they share none.

    ``same(number)`` compares one block; blocks below a shared one are shared. Asks about 2 log₂(depth) times: forks
    are short, so it looks near the top first.
    """
    step, high = 1, height + 1  # ``high`` differs, or is beyond
    low = height
    while low >= 0 and not same(low):
        high, low, step = low, low - step, step * 2
    low = max(low, -1)
    while high - low > 1:
        middle = (low + high) // 2
        if same(middle):
            low = middle
        else:
            high = middle
    return low
