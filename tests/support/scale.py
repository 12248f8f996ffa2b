"""Three sizes of the same tests, and the record of what was counted."""

import os
from dataclasses import dataclass, field


@dataclass
class Scale:
    """``scale.of(small, full)``: small counts in ``make test``, the issue's full counts in ``make prove``."""

    size: str
    counts: list[int] = field(default_factory=list)

    def of(self, small: int, full: int) -> int:
        """Return the count of this run and remember it for the proof report."""
        count = full if self.full else small
        self.counts.append(count)
        return count

    @property
    def full(self) -> bool:
        """Tell whether this run proves the full counts."""
        return self.size == "prove"


def examples(small: int, full: int = 1_000) -> int:
    """Return ``max_examples`` of a property test that is too dear for the profile's count in ``make test``."""
    return full if os.environ.get("MULIAN_TEST_SIZE") == "prove" else small
