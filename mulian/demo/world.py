"""What the steps share: the installation, its child processes, the people, the folder of artefacts."""

import json
import secrets
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from kernel.files_atomic import write_atomic
from kernel.home import Home
from kernel.identity import service
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department
from kernel.identity.queries import department_by_name
from kernel.identity.sessions import actor_of_user
from kernel.runtime import Runtime
from mulian.supervisor import Supervisor

T = TypeVar("T")
# the department whose people and persons the demo shows
HOME_DEPARTMENT = "北京市西城区民政局"


@dataclass(frozen=True)
class Size:
    """How much is encrypted, and how many writes there must be while the key is changed."""

    persons: int = 10_000
    writes: int = 1_000


@dataclass
class World:
    """A demo run's hands. ``people``: (role, department name or None) → actor."""

    runtime: Runtime
    supervisor: Supervisor
    listing: Path | None
    ports: dict[str, int]
    size: Size = Size()
    people: dict[tuple[str, str | None], Actor] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)
    credentials: list[dict[str, Any]] = field(default_factory=list)
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def home(self) -> Home:
        """The home of the installation."""
        return self.runtime.home

    @property
    def folder(self) -> Path:
        """Where the artefacts go."""
        return self.home.demo_dir

    def do(self, unit: Callable[[Session], T]) -> T:
        """Run a write unit."""
        return self.runtime.database.run(unit)

    def look(self, unit: Callable[[Session], T]) -> T:
        """Run a read unit."""
        with self.runtime.database.read() as session:
            return unit(session)

    def department(self, name: str) -> Department:
        """Return a department by name."""
        found = self.look(lambda session: department_by_name(session, name))
        assert found is not None, name
        return found

    def person(self, role: str, department: str | None = None, *, number: int = 1) -> Actor:
        """Return the actor of a demo user with this role, opened at first use and written to the credentials."""
        key = (f"{role}{number}", department)
        if key not in self.people:
            self.people[key] = self.do(lambda session: self._open(session, role, department, number))
        return self.people[key]

    def end(self) -> None:
        """Stop every process of the run."""
        self.supervisor.stop()
        for process in self.processes:
            process.terminate()
            process.wait(10)

    def write_credentials(self) -> Path:
        """Write user names and passwords, readable by this user only."""
        path = self.folder / "credentials.json"
        write_atomic(path, json.dumps(self.credentials, ensure_ascii=False, indent=1).encode() + b"\n", mode=0o600)
        return path

    def _open(self, session: Session, role: str, department: str | None, number: int) -> Actor:
        place = department_by_name(session, department) if department else None
        username = f"demo-{role.replace('_', '-')}" + (f"-{len(self.credentials) + 1}" if self._taken(role) else "")
        password = f"Mq7-{secrets.token_urlsafe(12)}#z"
        user, _ = service.create_user(
            session, system_actor("demo"), username=username, display_name=f"演示{number}", role_keys=[role],
            department_id=place.id if place else None, password=password,
        )
        user.must_change_password = False
        session.flush()
        self.credentials.append(
            {"username": username, "password": password, "role": role, "department": department}
        )
        return actor_of_user(session, user)

    def _taken(self, role: str) -> bool:
        return any(entry["role"] == role for entry in self.credentials)
