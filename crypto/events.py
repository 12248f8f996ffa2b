"""Events that the crypto package publishes."""

from crypto.destruction.events import KekDestroyed
from crypto.rotation.events import RotationFinished

__all__ = ["KekDestroyed", "RotationFinished"]
