"""Three sizes of the same tests."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """``scale.of(small, full)``: small counts in ``make test``, the issue's full counts in ``make prove``."""

    size: str

    def of(self, small: int, full: int) -> int:
        """Return the count of this run."""
        return full if self.size == "prove" else small

    @property
    def full(self) -> bool:
        """Tell whether this run proves the full counts."""
        return self.size == "prove"
