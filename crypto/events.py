"""Events that the crypto package publishes."""

from crypto.rotation.events import RotationFinished

__all__ = ["RotationFinished"]
