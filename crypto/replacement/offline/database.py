"""The department's database through whatever driver is there: a part of the offline tool's one file."""

from __future__ import annotations

import contextlib
import importlib
import os
from typing import Any, Iterator, Sequence

from crypto.replacement.offline.sealing import Stop

PAGE, SLICE, REHEARSED = 2000, 500, 100
STYLES = ("format", "pyformat", "qmark", "numeric", "named")


class Table:
    """One column to be replaced, and the statements on it. ``own``: rows are named by the column itself.

    ``sensitive``: by this or another column of the job.
    """

    def __init__(self, base: Base, column: dict[str, str], columns: Sequence[dict[str, str]]) -> None:
        quote = base.quote
        self.base, self.column, self.own = base, column, column["key"] == column["column"]
        self.sensitive = any(
            (one.get("schema"), one["table"], one["column"]) == (column.get("schema"), column["table"], column["key"])
            for one in columns
        )
        self.key, self.value = quote(column["key"]), quote(column["column"])
        self.table = ".".join(quote(part) for part in (column.get("schema"), column["table"]) if part)
        self.text, self.same = self.value, self.value + " = ?"
        if base.product == "postgresql":
            self.text = self.value + "::text"
            self.same = self.text + ' COLLATE "C" = ?'
        elif base.product == "mysql":
            self.same = f"CAST(CONVERT({self.value} USING utf8mb4) AS BINARY) = CAST(? AS BINARY)"
        self.kept = "".join(f", {name} = {name}" for name in self._updated())

    def pages(self, after: Any) -> Iterator[list[list[Any]]]:
        """Yield pages of [key, value] behind a key, by key."""
        while True:
            where = "" if after is None else f" WHERE t.{self.key} > ?"
            rows = [list(row) for row in self.base.rows(
                f"SELECT t.{self.key}, t.{self.text} FROM {self.table} t{where} ORDER BY t.{self.key}"
                f"{self.base.limit(PAGE)}", [] if after is None else [after],
            )]
            yield rows
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def rehearse(self, changes: Sequence[Sequence[Any]]) -> None:
        """Change some rows and roll back; stop if no row can be changed: two that collide are no reason."""
        said = self._rehearsed(changes)
        alone = [self._rehearsed([one]) for one in changes] if said else []
        if alone and all(alone):
            raise Stop(f"{self.table}.{self.value}: {alone[0]}")

    def _rehearsed(self, changes: Sequence[Sequence[Any]]) -> str:
        try:
            return "读回的值不同 / reads back otherwise" if self._swap(changes, True) else ""
        except self.base.driver.Error as error:
            return told(error)

    def swap(self, changes: Sequence[Sequence[Any]]) -> list[Any]:
        """Change [key, old, new] where the row holds exactly old; return the keys of rows that do not hold new then."""
        left: list[Any] = []
        for at in range(0, len(changes), SLICE):
            part = changes[at:at + SLICE]
            try:
                left += self._swap(part, False)
            except self.base.driver.Error:
                for one in part:
                    try:
                        left += self._swap([one], False)
                    except self.base.driver.Error:  # its message would quote the value
                        left.append(one[0])
        return left

    def _swap(self, part: Sequence[Sequence[Any]], rehearse: bool) -> list[Any]:
        base = self.base
        try:
            self._update(part)
            names = [new if self.own else key for key, _, new in part]
            marks = ",".join("?" * len(names))
            now = dict(base.rows(
                f"SELECT {self.key}, {self.text} FROM {self.table} WHERE {self.key} IN ({marks})", names,
            ))
        except base.driver.Error:
            base.link.rollback()
            raise
        if rehearse:
            base.link.rollback()
        else:
            base.link.commit()
        now = {_plain(key): value for key, value in now.items()}
        return [key for (key, _, new), name in zip(part, names) if now.get(_plain(name)) != new]

    def _update(self, part: Sequence[Sequence[Any]]) -> None:
        keys = [key for key, _, _ in part]
        if self.base.product != "mysql":
            self.base.many(
                f"UPDATE {self.table} SET {self.value} = ? WHERE {self.key} = ? AND {self.same}",
                [[new, key, old] for key, old, new in part],
            )
            return
        # one statement instead of hundreds: each value is chosen, and compared, by its key's position
        marks = ",".join("?" * len(part))
        chosen = f"ELT(FIELD({self.key},{marks}),{marks})"
        self.base.rows(
            f"UPDATE {self.table} SET {self.value} = {chosen}{self.kept} WHERE {self.key} IN ({marks})"
            f" AND {self.same.replace('?', chosen)}",
            [*keys, *(new for _, _, new in part), *keys, *keys, *(old for _, old, _ in part)],
        )

    def _updated(self) -> list[str]:
        """MySQL changes some columns by itself with every row; they are to stay."""
        if self.base.product != "mysql":
            return []
        found = self.base.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND LOWER(extra) LIKE ?",
            [self.column.get("schema", ""), self.column["table"], "%on update%"],
        )
        return [self.base.quote(row[0]) for row in found if row[0] != self.column["column"]]


class Base:
    """The department's database through whatever driver is here."""

    def __init__(self, driver: str, product: str, parameters: dict[str, Any], suspend: bool) -> None:
        self.driver = importlib.import_module(driver)
        self.product = product
        if self.driver.paramstyle not in STYLES:
            raise Stop(f"驱动 {driver} 的参数写法不受支持 / paramstyle {self.driver.paramstyle}")
        password = os.environ.get("MULIAN_DB_PASSWORD")
        self.link = self.driver.connect(**parameters, **({} if password is None else {"password": password}))
        if product == "mysql":
            self.rows("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'", [])
            if suspend:
                self.rows("SET SESSION foreign_key_checks = 0", [])
        elif product == "postgresql" and suspend:
            self.rows("SELECT set_config('session_replication_role', 'replica', false)", [])
        self.link.commit()

    def quote(self, name: str) -> str:
        """Quote a name; one with % would be taken for a parameter."""
        if "%" in name or "?" in name:
            raise Stop(name)
        mark = "`" if self.product == "mysql" else '"'
        return mark + name.replace(mark, mark * 2) + mark

    def marked(self, statement: str) -> str:
        """Return a statement with the driver's own marks for parameters; nothing of ours has a ? in quotes."""
        if self.driver.paramstyle in ("format", "pyformat"):
            return statement.replace("?", "%s")
        if self.driver.paramstyle == "qmark":
            return statement
        first, *others = statement.split("?")
        return first + "".join(f":{number}{part}" for number, part in enumerate(others, 1))

    def limit(self, count: int) -> str:
        """Return how the product says that a few rows are enough."""
        return f" LIMIT {count}" if self.product in ("mysql", "postgresql") else f" FETCH FIRST {count} ROWS ONLY"

    def rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Run a statement and return its rows."""
        with contextlib.closing(self.link.cursor()) as cursor:
            cursor.execute(self.marked(statement), tuple(values))
            return list(cursor.fetchall()) if cursor.description else []

    def many(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        """Run a statement for many rows."""
        with contextlib.closing(self.link.cursor()) as cursor:
            cursor.executemany(self.marked(statement), [tuple(row) for row in values])


def told(error: Any) -> str:
    """Return what is safe of a driver's error: its text would quote the value."""
    first = error.args[0] if error.args else None
    number = first if isinstance(first, int) else getattr(error, "sqlstate", None)
    return f"{type(error).__name__} {number or ''}".strip()


def _plain(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)
