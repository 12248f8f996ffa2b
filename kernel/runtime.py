"""What a process of an installation holds: settings, home, database and secret box."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from kernel.db.database import Database
from kernel.home import Home
from kernel.secretbox.port import SecretBox
from kernel.settings import Settings


@dataclass
class Runtime:
    """Handed to jobs, commands and the HTTP edge. ``extras`` holds what upper floors register by name."""

    settings: Settings
    home: Home
    database: Database
    box: SecretBox
    extras: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database.runtime = self


def runtime_of(session: Session) -> Runtime:
    """Return the runtime of the session's database; raise RuntimeError outside an installation."""
    runtime = session.info.get("runtime")
    if not isinstance(runtime, Runtime):
        raise RuntimeError("this session belongs to no runtime")
    return runtime
