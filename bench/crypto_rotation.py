"""A field key exchanged over a whole table against the job that one would write by hand, per database and key kind.

Ours is the whole state machine: new key, switch with the fence, re-encryption with comparing and compare-and-swap,
scan, verification of every row with its digest, certificate, retirement. The rival does less: it reads 1,000 rows
behind its cursor, decrypts and encrypts them one at a time with ``cryptography``, writes them by executemany and
commits; its table has no fence, and it looks at nothing afterwards. Rounds alternate and count the CPU seconds of
this process and of the database server's, so that a busy machine slows both alike; ``by_clock`` is the same by the
clock. ``reencrypt`` is ours without switch, scan and verification: what the rival also does.

MULIAN_BENCH_ROTATION: rows (the design asks for 1,000,000); MULIAN_BENCH_ROTATION_ON: databases;
MULIAN_BENCH_ROTATION_KEYS: kinds of keys.
"""

import os
import statistics
import tempfile
import uuid
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from sqlalchemy import Column, Table, insert, select, text
from sqlalchemy.orm import Session

from bench._spent import Spent, now
from crypto.envelope.row_keys import KeyKind, RowKey
from crypto.keys import queries as keys
from crypto.keys.keyring import keyring_of
from crypto.keys.vault import ensure_dev_root
from crypto.rotation import machine
from crypto.rotation import service as rotations
from crypto.rotation.models import CryptoRotation
from crypto.rotation.rules import APPROVAL_KIND, RotationState, approval_params
from crypto.scopes import queries as scopes
from crypto.scopes.registry import EncryptedTable
from crypto.scopes.rules import ENC, Scope
from crypto.servicekeys import service as servicekeys
from crypto.sm import bulk
from kernel import ids
from kernel.approvals import service as approvals
from kernel.db import Base, Database
from kernel.home import Home
from kernel.identity.actor import system_actor
from kernel.identity.service import create_department
from kernel.runtime import Runtime
from kernel.settings import Settings
from mulian import wiring
from mulian.migrations import run as migrations
from tests.crypto import keyed
from tests.support import postgres

ROWS = int(os.environ.get("MULIAN_BENCH_ROTATION", "1000000"))
ENGINES = os.environ.get("MULIAN_BENCH_ROTATION_ON", "sqlite,postgresql").split(",")
KINDS = [KeyKind(name) for name in os.environ.get("MULIAN_BENCH_ROTATION_KEYS", "bigint,uuid,text").split(",")]
ROUNDS = 3
PART, RIVAL_PART = 20_000, 1_000
TARGETS = {"postgresql": 5.0, "sqlite": 4.0}
ACTOR = system_actor("bench")
MODELS: dict[KeyKind, keyed.Keyed] = {
    KeyKind.BIGINT: keyed.IntegerKeyed, KeyKind.UUID: keyed.UuidKeyed, KeyKind.TEXT: keyed.TextKeyed,
}


def run(rows: int = ROWS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Return ratios with the design's targets; raise AssertionError where a value does not come back."""
    wiring.load_registrations()
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="mulian-rotation-") as folder:
        if "sqlite" in ENGINES:
            home = _home(Path(folder) / "sqlite")
            found += _database(Database.sqlite(home.database_file), home, rows, rounds, None)
        if "postgresql" in ENGINES and postgres.binaries() is not None:
            with (
                tempfile.TemporaryDirectory(prefix="mulian-pg-") as place,
                postgres.Server.start(Path(place)) as server,
            ):
                assert server.process is not None
                database, other = Database(server.create("bench")), _home(Path(folder) / "other")
                found += _database(database, other, rows, rounds, server.process.pid)
    return {"rows_of_a_table": rows, "rounds": rounds, "engine": bulk.engine(), "rows": found}


def _home(folder: Path) -> Home:
    home = Home(folder)
    home.prepare()
    return home


def _database(
    database: Database, home: Home, rows: int, rounds: int, postmaster: int | None,
) -> list[dict[str, Any]]:
    migrations.upgrade(database)
    runtime = Runtime(settings=Settings(home=home.root), home=home, database=database, box=servicekeys.create(home))
    ensure_dev_root(runtime)
    department = database.run(lambda session: create_department(session, ACTOR, name="样例局", kind="bureau").id)
    found = []
    for kind in KINDS:
        with keyed.declared(database, MODELS[kind], [department]) as table:
            found.append(_Work(runtime, table, kind, department, rows, postmaster).row(rounds))
    database.close()
    return found


class _Work:
    """One table of ours and one of the rival's, with the same keys and values."""

    def __init__(
        self, runtime: Runtime, declared: EncryptedTable, kind: KeyKind, department: uuid.UUID, rows: int,
        postmaster: int | None,
    ) -> None:
        self.postmaster = postmaster
        self.runtime, self.database, self.kind, self.rows = runtime, runtime.database, kind, rows
        self.scope = Scope(department, declared.name, "value_env")
        self.table = Base.metadata.tables[declared.name]
        self.rival = Table(
            f"rival_{self.kind}", Base.metadata, Column("code", self.table.c.code.type, primary_key=True),
            *(Column(name, self.table.c[name].type) for name in ("dept_id", "value_env", "value_bi", "value_bi_next")),
            postgresql_with={"fillfactor": 50},
        )
        self.key = SM4(os.urandom(16))
        named = [_key(kind, number) for number in range(rows)]
        self.database.run(lambda session: self.rival.create(session.connection()))
        for start in range(0, rows, PART):
            part = named[start:start + PART]
            self.database.run(lambda session, part=part, start=start: self._fill(session, part, start))

    def row(self, rounds: int) -> dict[str, Any]:
        """Rotate and let the rival rotate, in turns."""
        ours, inner, theirs = list[Spent](), list[float](), list[Spent]()
        for _ in range(rounds):
            self._settle()
            started = self._now()
            inner.append(self._rotate())
            ours.append(self._now() - started)
            self._settle()
            started = self._now()
            self._singly()
            theirs.append(self._now() - started)
        self._compare()
        Base.metadata.remove(self.rival)
        ratios = [other.cpu / mine.cpu for other, mine in zip(theirs, ours, strict=True)]
        clocks = [other.clock / mine.clock for other, mine in zip(theirs, ours, strict=True)]
        parts = [other.cpu / mine for other, mine in zip(theirs, inner, strict=True)]
        return {
            "name": f"rotation on {self.database.dialect}, {self.kind} keys,"
                    " vs executemany of 1,000 rows one at a time",
            "ratio": round(statistics.median(ratios), 2), "lowest": round(min(ratios), 2), "unit": "x",
            "target": TARGETS[self.database.dialect], "reencrypt": round(statistics.median(parts), 2),
            "by_clock": round(statistics.median(clocks), 2),
            "ours_per_second": round(self.rows / statistics.median(one.cpu for one in ours)),
            "rival_per_second": round(self.rows / statistics.median(one.cpu for one in theirs)),
        }

    def _now(self) -> Spent:
        return now(self.postmaster)

    def _fill(self, session: Session, row_keys: list[RowKey], start: int) -> None:
        values = [_value(number) for number in range(start, start + len(row_keys))]
        sealed = keyring_of(session).encrypt(session, self.scope, list(zip(row_keys, values, strict=True)))
        for table, envelopes in ((self.table, sealed), (self.rival, [self._seal(value.encode()) for value in values])):
            session.execute(insert(table), [
                {"code": key, "dept_id": self.scope.department_id, "value_env": envelope, "value_bi": None,
                 "value_bi_next": None} for key, envelope in zip(row_keys, envelopes, strict=True)
            ])

    def _settle(self) -> None:
        """Let nobody pay for the dead rows of the turn before."""
        if self.database.dialect == "postgresql":
            with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for table in (self.table, self.rival):
                    connection.execute(text(f"VACUUM ANALYZE {table.name}"))

    def _rotate(self) -> float:
        """Rotate; return the CPU seconds of re-encryption."""
        rotation_id = self.database.run(self._plan)
        times: dict[str, float] = {}

        def observe(rotation: CryptoRotation) -> None:
            if rotation.state not in times:  # looking is not free either
                times[rotation.state] = self._now().cpu

        done = machine.run(self.runtime, ACTOR, rotation_id, observe=observe)
        if (done.state, done.done) != (RotationState.RETIRED, self.rows):
            raise AssertionError("not every row was rotated")
        return times[RotationState.SCAN] - times[RotationState.REENCRYPT]

    def _plan(self, session: Session) -> uuid.UUID:
        scope = scopes.named(session, self.scope)
        assert scope is not None
        active = keys.active(session, self.scope, ENC)
        assert active is not None
        approval = approvals.propose(
            session, ACTOR, kind=APPROVAL_KIND, params=approval_params(scope.id, active.key_id, "bench"),
            title_zh="测速", title_en="bench", department_id=self.scope.department_id,
        )
        return rotations.plan(session, approval, scope_id=scope.id, old_key_id=active.key_id, urgent=True).id

    def _singly(self) -> None:
        """Do what one would write by hand; the old key's cipher and the new one's are made ready once."""
        old, self.key = self.key, SM4(os.urandom(16))
        key, after = self.rival.c.code, None
        while True:
            with self.database.write() as session:
                query = select(key, self.rival.c.value_env).order_by(key).limit(RIVAL_PART)
                page = session.execute(query if after is None else query.where(key > after)).all()
                rows = [(self._seal(self._open(old, data)), row_key) for row_key, data in page]
                if rows:
                    self._put(session, rows)
            if len(page) < RIVAL_PART:
                return
            after = page[-1][0]

    def _put(self, session: Session, rows: list[tuple[bytes, RowKey]]) -> None:
        mark = "?" if self.database.dialect == "sqlite" else "%s"
        if self.kind is KeyKind.UUID and self.database.dialect == "sqlite":
            rows = [(value, key.hex) for value, key in rows if isinstance(key, uuid.UUID)]
        session.connection().exec_driver_sql(
            f"UPDATE {self.rival.name} SET value_env = {mark} WHERE code = {mark}", rows,
        )

    def _seal(self, clear: bytes) -> bytes:
        nonce = os.urandom(12)
        encryptor = Cipher(self.key, GCM(nonce)).encryptor()
        body = encryptor.update(clear) + encryptor.finalize()
        return b"\x4d\x11\0\0\0\1" + nonce + body + encryptor.tag

    def _open(self, key: SM4, data: bytes) -> bytes:
        decryptor = Cipher(key, GCM(data[6:18], data[-16:])).decryptor()
        return decryptor.update(data[18:-16]) + decryptor.finalize()

    def _compare(self) -> None:
        """Both tables hold the values that they were filled with."""
        with self.database.read() as session:
            for table in (self.table, self.rival):
                page = _first(session, table)
                values: list[Any] = keyring_of(session).decrypt(self.scope, page, session=session)
                if table is self.rival:
                    values = [self._open(self.key, data) for _, data in page]
                if values != [_value(number).encode() for number in range(len(page))]:
                    raise AssertionError(f"{table.name} holds other values than before")


def _first(session: Session, table: Table) -> list[tuple[RowKey, bytes]]:
    return [(row[0], row[1]) for row in session.execute(
        select(table.c.code, table.c.value_env).order_by(table.c.code).limit(RIVAL_PART))]


def _key(kind: KeyKind, number: int) -> RowKey:
    if kind is KeyKind.UUID:
        return ids.new()
    return number if kind is KeyKind.BIGINT else f"440301-{number:09d}"


def _value(number: int) -> str:
    return f"{number:017d}X"
