"""A district of chance for the protocols' tests: entries whose public state is everything it can be, and changes."""

import contextlib
import random
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from catalog.feed.jobs import seal_all
from catalog.nodes import queries as nodes
from catalog.nodes import service
from catalog.nodes.kinds import KINDS
from catalog.nodes.models import DataEntry
from catalog.public.queries import public
from catalog.review import queries as reviews
from catalog.review import service as review
from crypto.servicekeys import service as servicekeys
from kernel import clock
from kernel.db import Database
from kernel.home import Home
from kernel.runtime import Runtime
from kernel.settings import Settings
from tests.catalog.conftest import Town, make_town

WORDS = ("婚姻登记", "养老机构", "停车泊位", "食品经营许可", "𠮷字古建筑", "A&B <标签> \"引号\"", "街道网格", "Wi-Fi 覆盖", "预算公开")
OPEN = ("unconditional", "conditional", "none")
LINK = "https://data.example.cn/e/"


@dataclass
class District:
    """A database with entries in every state, and the hands that change them."""

    database: Database
    chance: random.Random
    town: Town
    ids: list[uuid.UUID] = field(default_factory=list)

    @classmethod
    def make(cls, database: Database, seed: int, entries: int = 24) -> "District":
        """Entries of two departments, three quarters of them published, of every level; the first three are public."""
        district = cls(database, random.Random(seed), make_town(database))
        with database.write() as session:
            plain = {"open_type": "unconditional", "level": 1}
            district.ids = [district.draft(session, **plain if number < 3 else {}).id for number in range(entries)]
        district.publish(district.ids[: entries * 3 // 4])
        return district

    def values(self) -> dict[str, Any]:
        """Values of an entry."""
        pick = self.chance.choice
        return {
            "name": f"{pick(WORDS)}{self.chance.randrange(1000)}", "abstract": f"包括{pick(WORDS)}、{pick(WORDS)}等",
            "keywords": [pick(WORDS), "西城"], "theme": pick((None, "credit", "transport", "health")),
            "formats": pick(([], ["csv"], ["xlsx", "csv"], ["接口"])), "share_type": "unconditional",
            "open_type": pick(OPEN), "open_condition": "注明来源", "level": pick((1, 1, 2, 2, 3, 4)),
            "update_cycle": pick((None, "daily", "monthly", "irregular")), "region": "110102",
            "source_url": pick((None, LINK + "1", "javascript:alert(1)")), "data_range": pick((None, "2020年至2025年")),
        }

    def draft(self, session: Session, **more: Any) -> DataEntry:
        """A new draft of one of the departments."""
        department = self.chance.choice((self.town.civil, self.town.health))
        made: DataEntry = service.create(
            session, self.town.bureau, "data_entry", {**self.values(), **more}, department_id=department,
            children=[{"name": "姓名"}, {"name": "内部备注", "open_type": "none"}],
        )
        return made

    def publish(self, ids: list[uuid.UUID]) -> None:
        """Submit and approve what waits."""
        if ids:
            self.database.run(lambda s: review.submit(s, self.town.bureau, "data_entry", ids) and None)
            self.approve()

    def approve(self) -> None:
        """Approve every open case."""
        def unit(session: Session) -> None:
            cases = list(session.scalars(reviews.queue(
                self.town.bureau_too, state="open", kind=None, department_id=None, mine=False
            )))
            if cases:
                review.decide_cases(
                    session, self.town.bureau_too, cases, "approve", secrecy=review.Secrecy("pass", "公开")
                )

        self.database.run(unit)

    def step(self) -> str:
        """One change of chance, by service or by hand; returns its name."""
        name = self.chance.choice(
            ("online", "offline", "level", "open", "change", "withdraw", "publish", "rolled back", "delete", "rename")
        )
        entry_id = self.chance.choice(self.ids)
        getattr(self, "_" + name.replace(" ", "_"))(entry_id)
        return name

    def write(self, entry_id: uuid.UUID, **values: Any) -> None:
        """Change a row behind the back of every service."""
        with self.database.write() as session:
            session.execute(update(DataEntry).where(DataEntry.id == entry_id).values(**values))

    def _online(self, entry_id: uuid.UUID) -> None:
        self.write(entry_id, online=True)

    def _offline(self, entry_id: uuid.UUID) -> None:
        self.write(entry_id, online=False)

    def _level(self, entry_id: uuid.UUID) -> None:
        self.write(entry_id, level=self.chance.randrange(1, 7))

    def _open(self, entry_id: uuid.UUID) -> None:
        self.write(entry_id, open_type=self.chance.choice((*OPEN, None)))

    def _change(self, entry_id: uuid.UUID) -> None:
        def unit(session: Session) -> bool:
            entry = session.get(DataEntry, entry_id)
            if entry is None or entry.status != "published":
                return False
            service.edit(session, self.town.bureau, "data_entry", entry, self.values())
            review.submit(session, self.town.bureau, "data_entry", [entry_id])
            return True

        if self.database.run(unit) and self.chance.random() < 0.8:
            self.approve()

    def _withdraw(self, entry_id: uuid.UUID) -> None:
        def unit(session: Session) -> bool:
            entry = session.get(DataEntry, entry_id)
            if entry is None or entry.status != "published":
                return False
            return bool(review.submit(
                session, self.town.bureau, "data_entry", [entry_id], action="withdraw", note="不再产生"
            ))

        if self.database.run(unit):
            self.approve()

    def _publish(self, entry_id: uuid.UUID) -> None:
        with self.database.read() as session:
            entry = session.get(DataEntry, entry_id)
            ready = entry is not None and entry.status == "draft"
        if ready:
            self.publish([entry_id])

    def _rolled_back(self, entry_id: uuid.UUID) -> None:
        with self.database.session(write=True) as session:
            session.execute(update(DataEntry).where(DataEntry.id == entry_id).values(level=1, online=True))
            session.rollback()

    def _delete(self, entry_id: uuid.UUID) -> None:
        if len(self.ids) > 8 and self.chance.random() < 0.3:
            self.ids.remove(entry_id)
            with self.database.write() as session:
                session.execute(delete(DataEntry).where(DataEntry.id == entry_id))

    def _rename(self, entry_id: uuid.UUID) -> None:
        from kernel.identity.models import Department

        with self.database.write() as session:
            session.execute(
                update(Department).where(Department.id == self.town.health)
                .values(name=f"区卫生健康委{self.chance.randrange(10_000)}", version=Department.version + 1)
            )

    def seal(self) -> int:
        """Let the sealer run until nothing waits."""
        return seal_all(self.database)

    def public(self) -> set[str]:
        """The ids that are public by the one definition."""
        with self.database.read() as session:
            return {str(one) for one in session.scalars(select(DataEntry.id).where(public()))}

    def touch(self, entry_id: uuid.UUID) -> None:
        """Make an entry change without a new version."""
        self.write(entry_id, data_updated_at=clock.now())


def children_of(database: Database, entry_id: uuid.UUID) -> list[dict[str, Any]]:
    """The items of an entry."""
    with database.read() as session:
        return nodes.children(session, KINDS["data_entry"], [entry_id])[entry_id]


@contextlib.contextmanager
def installed(folder: Path, template: Path) -> Iterator[Database]:
    """A migrated SQLite installation in ``folder``: for tests of a module that share one district."""
    home = Home(folder / "home")
    home.prepare()
    home.database_file.write_bytes(template.read_bytes())
    database = Database.sqlite(home.database_file)
    Runtime(settings=Settings(home=home.root), home=home, database=database, box=servicekeys.create(home))
    yield database
    database.close()


class Served:
    """The real application over real HTTP on any database; ``with Served(database) as url``."""

    def __init__(self, database: Database) -> None:
        from mulian.app import create_app

        assert database.runtime is not None
        self._listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(database.runtime), log_level="warning", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __exit__(self, *error: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
