"""What the catalog's tests share: departments, people with rights, an imported batch."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog import permissions as p
from catalog.imports import service as imports
from catalog.imports.jobs import run_check
from catalog.imports.models import ImportBatch
from kernel.db import Database
from kernel.identity.actor import Actor, system_actor
from kernel.identity.service import create_department

ALL = (p.READ, p.EDIT, p.SUBMIT, p.REVIEW, p.IMPORT, p.SECRECY, p.ONLINE, p.CONFIGURE, p.RELEASE, p.RELEASE_APPROVE)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "beijing_open_data_listing.xlsx"


@dataclass(frozen=True)
class Town:
    """Two departments, an officer and a reviewer in each, and two people of the bureau."""

    civil: uuid.UUID
    health: uuid.UUID
    officer: Actor
    reviewer: Actor
    stranger: Actor
    bureau: Actor
    bureau_too: Actor


def person(name: str, department_id: uuid.UUID | None, *permissions: str, scope: str = "own") -> Actor:
    """An actor with a new id."""
    return Actor(
        user_id=uuid.uuid4(), name=name, department_id=department_id, permissions=frozenset(permissions),
        scope="all" if scope == "all" else "own",
    )


@pytest.fixture
def town(database: Database) -> Town:
    """Departments and people of a small district."""
    return make_town(database)


def make_town(database: Database) -> Town:
    """See :func:`town`."""
    root = system_actor("test")
    with database.write() as session:
        civil = create_department(session, root, name="区民政局", kind="bureau", aliases=["民政局"]).id
        health = create_department(session, root, name="区卫生健康委", kind="bureau").id
    return Town(
        civil, health,
        person("officer", civil, p.READ, p.EDIT, p.SUBMIT, p.IMPORT, p.RELEASE),
        person("reviewer", civil, p.READ, p.REVIEW, p.SECRECY),
        person("stranger", health, *ALL), person("bureau", None, *ALL, scope="all"),
        person("bureau2", None, *ALL, scope="all"),
    )


@pytest.fixture
def checked(database: Database) -> Callable[..., ImportBatch]:
    """Upload and check a workbook: ``checked(actor, data, profile="listing")``."""

    def check(
        actor: Actor, data: bytes, profile: str = "listing", filename: str = "book.xlsx", **options: object
    ) -> ImportBatch:
        batch = database.run(lambda s: imports.upload(
            s, actor, filename=filename, data=data, profile=profile, **options,  # type: ignore[arg-type]
        ))
        return run_check(database, actor, batch.id)

    return check
