"""Fixtures of the crypto tests: a cheap root, departments with scopes, persons, an approved rotation."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from crypto.keys.adapters import sealed_file
from crypto.keys.vault import ensure_dev_root
from crypto.persons import service as persons
from crypto.persons.rules import Person, synthetic
from crypto.rotation import queries as rotation_queries
from crypto.rotation import service as rotations
from crypto.scopes import service as scopes
from crypto.scopes.models import CryptoScope
from kernel import clock, ids
from kernel.approvals import service as approvals
from kernel.db import Database
from kernel.identity.actor import Actor, system_actor
from kernel.identity.models import Department, User
from kernel.runtime import Runtime
from tests.crypto.bureaus import Bureau, bureau

TABLE = "protected_person"


@pytest.fixture(autouse=True)
def cheap_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of scrypt is in the root file; tests use a small one."""
    monkeypatch.setattr(sealed_file, "_SCRYPT", {"n": 2**4, "r": 8, "p": 1})


@dataclass
class District:
    """A database with a root key, two departments with scopes, and people who may rotate."""

    database: Database
    department: uuid.UUID
    other: uuid.UUID
    maker: Actor
    checker: Actor

    @property
    def runtime(self) -> Runtime:
        """Return the runtime of the database."""
        assert self.database.runtime is not None
        return self.database.runtime

    def scope(self, column: str = "id_number_env", department: uuid.UUID | None = None) -> CryptoScope:
        """Return a scope's row."""
        with self.database.read() as session:
            return next(
                scope for scope in scopes.queries.of_table(session, TABLE)
                if scope.column_name == column and scope.department_id == (department or self.department)
            )

    def fill(self, count: int, *, first_id: int = 1, department: uuid.UUID | None = None) -> list[Person]:
        """Insert synthetic persons and return them."""
        people = synthetic(count, first_id=first_id, seed=first_id)
        self.database.run(lambda session: persons.insert_many(session, department or self.department, people))
        return people

    def rotation(self, column: str = "id_number_env") -> uuid.UUID:
        """Request and approve a rotation; return its id."""
        scope = self.scope(column)

        def ask(session: Session) -> uuid.UUID:
            return rotations.request(session, self.maker, scope_id=scope.id, reason="定期更换").id

        approval_id = self.database.run(ask)
        self.database.run(lambda session: approvals.decide(session, self.checker, approval_id, approve=True))
        with self.database.read() as session:
            row = rotation_queries.open_of(session, scope.id)
            assert row is not None
            return row.id


class Rotator:
    """The process of tests/crypto/rotator.py: everything is imported once, a kill costs a fork."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crypto.rotator"], cwd=Path(__file__).parents[2], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )

    def run(
        self, district: District, rotation_id: uuid.UUID, when: str, state: str, nth: int = 1, *, delay: float = 0,
        chunk: int = 30,
    ) -> int:
        """Run one rotation in a process of its own; return its exit status."""
        return self._answer(district, rotation=str(rotation_id), when=when, state=state, nth=nth, delay=delay,
                            chunk=chunk)

    def write(self, district: District, keys: list[int], secret: bytes, journal: Path) -> int:
        """Start a writer that journals what it gave these rows; return its process id."""
        return self._answer(
            district, write=str(journal), department=district.department.hex, keys=keys, secret=secret.hex())

    def end(self, district: District, writer: int) -> int:
        """Kill a writer; return its exit status."""
        return self._answer(district, end=writer)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)

    def _answer(self, district: District, **task: object) -> int:
        assert self._process.stdin and self._process.stdout
        place = {"home": str(district.runtime.home.root), "url": district.database.url}
        self._process.stdin.write(json.dumps(place | task) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def rotator() -> Iterator[Rotator]:
    """One for all tests that kill."""
    process = Rotator()
    yield process
    process.close()


@pytest.fixture
def district(database: Database) -> District:
    """Build a district on each database."""
    return make_district(database)


@pytest.fixture
def sqlite_district(sqlite_database: Database) -> District:
    """Build a district on SQLite only."""
    return make_district(sqlite_database)


def make_district(database: Database) -> District:
    """Make root, departments, users and scopes."""
    assert database.runtime is not None
    ensure_dev_root(database.runtime)
    first, second = ids.new(), ids.new()

    def unit(session: Session) -> tuple[Actor, Actor]:
        for number, department_id in enumerate((first, second)):
            session.add(Department(
                id=department_id, code=f"D{number}", uscc=None, name=f"单位{number}", short_name=None, kind="bureau",
                region=None, aliases=[], sort=number, valid_from=clock.now(), valid_to=None,
            ))
        session.flush()
        maker, checker = (_user(session, name) for name in ("maker", "checker"))
        scopes.declare(session, system_actor("test"), table=TABLE, department_ids=[first, second])
        return maker, checker

    maker, checker = database.run(unit)
    return District(database, first, second, maker, checker)


def _user(session: Session, name: str) -> Actor:
    user = User(
        id=ids.new(), username=name, display_name=name, department_id=None, password_hash="-", password_history=[],
        password_changed_at=clock.now(), created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    permissions = frozenset({"crypto.key.manage", "crypto.key.approve", "crypto.key.read"})
    return Actor(user_id=user.id, name=name, permissions=permissions, scope="all")


@pytest.fixture(params=["mysql", "postgresql"])
def there(request: pytest.FixtureRequest) -> Iterator[Bureau]:
    """A department's own database, of each product."""
    with bureau(request.param, request) as made:
        yield made
