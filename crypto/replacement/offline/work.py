#!/usr/bin/env python3
"""目链离线替换工具：在业务单位内网把敏感列替换为标识。只用 Python 3.7 以上的标准库，数据库驱动用本机已有的。

    collect  读取各列，生成 values.mlv（交平台签发）        read the columns, write what the platform issues for
    apply    按平台回填的 answers.mla 逐行替换，中断后可续做  replace row by row, resumable
    undo     用平台经审批签发的 undo.mlk 逐字节还原          put everything back, byte for byte
    status   显示进度                                       how far it is

数据库连接参数写在 --connect 指定的 JSON 文件（驱动 connect() 的关键字参数），口令取环境变量 MULIAN_DB_PASSWORD；
包口令取 MULIAN_PACKAGE_CODE，缺省时询问。工作目录里凡含数据的文件都是密文；撤销文件只有平台经双人审批才能打开。
"""

from __future__ import annotations

import argparse
import contextlib
import getpass
import importlib
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any, Iterator, Sequence

from crypto.replacement.offline.sealing import (
    ANSWERS,
    CAPTURE,
    JOB,
    UNDO,
    UNDO_KEY,
    VALUES,
    Sealed,
    Stop,
    code_secret,
    sm2_encrypt,
)

PAGE, SLICE = 2000, 500
STYLES = ("format", "pyformat", "qmark", "numeric", "named")


class Table:
    """One column to be replaced, and the statements on it. ``own``: rows are named by the column itself."""

    def __init__(self, base: Base, column: dict[str, str]) -> None:
        quote = base.quote
        self.base, self.column, self.own = base, column, column["key"] == column["column"]
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

    def swap(self, changes: Sequence[Sequence[Any]], rehearse: bool = False) -> list[Any]:
        """Change [key, old, new] where the row holds exactly old; return the keys of rows that do not hold new then."""
        left: list[Any] = []
        for at in range(0, len(changes), SLICE):
            part = changes[at:at + SLICE]
            try:
                left += self._swap(part, rehearse)
            except self.base.driver.Error as error:
                if rehearse:
                    raise Stop(f"{self.table}: {type(error).__name__} {error.args[:1]}") from None
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


class Work:
    """A job in its working folder."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.folder, self.secret = folder, secret
        path = folder / "job.mlj"
        if not path.exists():
            raise Stop("工作目录中没有 job.mlj / no job.mlj in the folder")
        with path.open("rb") as file:
            self.id = file.read(21)[5:]
        self.job: dict[str, Any] = next(self.file("job.mlj", JOB).records())[1]
        self.journal = folder / "journal.txt"

    def file(
        self, name: str, kind: bytes, secret: bytes | None = None, wrapped: bytes = b"", begin: bool = False,
    ) -> Sealed:
        """Open a sealed file of this job, or begin it."""
        if not begin and not (self.folder / name).exists():
            raise Stop(f"工作目录中没有 {name} / no {name} in the folder")
        return Sealed(self.folder / name, kind, self.id, secret or self.secret, wrapped)

    def finished(self, word: str) -> set[int]:
        """Return the numbers of the ranges that the journal calls finished."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return {int(line.split()[1]) for line in lines if line.startswith(word + " ") and line.endswith(".")}

    def note(self, word: str, number: int) -> None:
        """Write that a range is finished; the full stop tells a whole line from a torn one."""
        with self.journal.open("a") as file:
            file.write(f"{word} {number} .\n")
            file.flush()
            os.fsync(file.fileno())

    def list_left(self, phase: str, table: Table, keys: Sequence[Any]) -> None:
        """List rows that were not changed; by number only where the key is the value itself."""
        with (self.folder / "left.txt").open("a", encoding="utf-8") as file:
            for key in keys:
                file.write(f"{phase} {table.column['table']}.{table.column['column']} {'*' if table.own else key}\n")


def collect(work: Work, base: Base) -> dict[str, int]:
    """Write what every row holds (sealed) and the different values of each field for the platform."""
    capture = work.file("capture.mlc", CAPTURE, begin=True)
    state = capture.last() or {"slot": 0, "upto": None, "last": False}
    if state["slot"] < len(work.job["columns"]) and not state.get("end"):
        slot = state["slot"] + (1 if state["last"] else 0)
        after = None if state["last"] else state["upto"]
        for number in range(slot, len(work.job["columns"])):
            for rows in Table(base, work.job["columns"][number]).pages(after):
                base.link.commit()
                full = [[key, value] for key, value in rows if isinstance(value, str) and value.strip()]
                upto = rows[-1][0] if rows else after
                capture.append({"slot": number, "upto": upto, "rows": full, "last": len(rows) < PAGE})
            after = None
        capture.append({"slot": len(work.job["columns"]), "upto": None, "rows": [], "last": True, "end": True})
    seen: dict[str, dict[str, None]] = {}
    rows_ = 0
    for _, content in capture.records():
        rows_ += len(content["rows"])
        if content["rows"]:
            field = work.job["columns"][content["slot"]]["field"]
            seen.setdefault(field, {}).update((value, None) for _, value in content["rows"])
    if (work.folder / "values.mlv").exists():
        (work.folder / "values.mlv").unlink()
    values = work.file("values.mlv", VALUES, begin=True)
    for field, of_field in seen.items():
        every = list(of_field)
        for at in range(0, len(every), PAGE):
            values.append({"field": field, "values": every[at:at + PAGE]})
    values.append({"end": True})
    return {"rows": rows_, "values": sum(map(len, seen.values()))}


def identifiers(work: Work) -> dict[str, dict[str, str]]:
    """Return, for each field, the identifier of each value that got one."""
    found: dict[str, dict[str, str]] = {}
    asked, answered = work.file("values.mlv", VALUES).records(), work.file("answers.mla", ANSWERS).records()
    for (_, one), (_, other) in zip(asked, answered):
        if "end" in one and "end" in other:
            return found
        pairs = zip(one["values"], other["identifiers"])
        found.setdefault(one["field"], {}).update((value, new) for value, new in pairs if new)
    raise Stop("answers.mla 不完整 / answers.mla is not whole")


def apply(work: Work, base: Base) -> dict[str, int]:
    """Replace every captured row that has an identifier; what was finished is in the journal."""
    mapping, finished = identifiers(work), work.finished("applied")
    tables = [Table(base, column) for column in work.job["columns"]]
    session = secrets.token_bytes(32)
    name = f"undo-{len(list(work.folder.glob('undo-*.mlu'))) + 1:04d}.mlu"
    undo = work.file(name, UNDO, session, sm2_encrypt(bytes.fromhex(work.job["public"]), session), True)
    counts, rehearsed = {"replaced": 0, "exceptions": 0, "left": 0}, set(work.finished("rehearsed"))
    for number, (_, content) in enumerate(work.file("capture.mlc", CAPTURE).records()):
        if number in finished or not content["rows"]:
            continue
        table = tables[content["slot"]]
        of_field = mapping.get(table.column["field"], {})
        changes = [[key, old, of_field[old]] for key, old in content["rows"] if old in of_field]
        out = [key for key, old in content["rows"] if old not in of_field]
        if changes and content["slot"] not in rehearsed:
            table.swap(changes[:100], rehearse=True)
            rehearsed.add(content["slot"])
            work.note("rehearsed", content["slot"])
        undo.append({"range": number, "slot": content["slot"], "rows": changes})
        left = table.swap(changes)
        work.list_left("exception", table, out)
        work.list_left("left", table, left)
        work.note("applied", number)
        counts["replaced"] += len(changes) - len(left)
        counts["exceptions"] += len(out)
        counts["left"] += len(left)
    request = {"job": work.id.hex(), "wrapped": [
        Sealed(path, UNDO, work.id, b"").wrapped.hex() for path in sorted(work.folder.glob("undo-*.mlu"))]}
    (work.folder / "undo-request.json").write_text(json.dumps(request))
    for gone in ("capture.mlc", "values.mlv", "answers.mla"):  # what is in clear for the holder of the code
        (work.folder / gone).unlink()
    return counts


def undo(work: Work, base: Base) -> dict[str, int]:
    """Put back what every changed row held, newest range first."""
    keys = next(work.file("undo.mlk", UNDO_KEY).records())[1]["keys"]
    tables = [Table(base, column) for column in work.job["columns"]]
    finished, counts = work.finished("undone"), {"undone": 0, "not_undone": 0}
    for path, key in reversed(list(zip(sorted(work.folder.glob("undo-*.mlu")), keys))):
        ranges = {}
        for _, content in work.file(path.name, UNDO, bytes.fromhex(key)).records():
            ranges[content["range"]] = content
        for number in sorted(ranges, reverse=True):
            if number in finished:
                continue
            table = tables[ranges[number]["slot"]]
            back = [[new if table.own else key_, new, old] for key_, old, new in ranges[number]["rows"]]
            left = table.swap(back)
            work.list_left("undo", table, left)
            work.note("undone", number)
            finished.add(number)
            counts["undone"] += len(back) - len(left)
            counts["not_undone"] += len(left)
    return counts


def _plain(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; exit 1 with a sentence where a person has to look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["collect", "apply", "undo", "status"])
    parser.add_argument("--folder", type=Path, default=Path(), help="工作目录（含 job.mlj）")
    parser.add_argument("--connect", type=Path, help="连接参数 JSON 文件")
    parser.add_argument("--driver", default="pymysql", help="DB-API 驱动模块，如 pymysql、psycopg、dmPython")
    parser.add_argument("--product", default="mysql", choices=["mysql", "postgresql", "ansi"])
    parser.add_argument("--suspend-foreign-keys", action="store_true", help="在本会话中暂停外键检查")
    given = parser.parse_args(arguments)
    code = os.environ.get("MULIAN_PACKAGE_CODE") or getpass.getpass("包口令 / package code: ")
    try:
        work = Work(given.folder, code_secret(code))
        if given.command == "status":
            said = {word: len(work.finished(word)) for word in ("applied", "undone")}
        else:
            parameters = json.loads(given.connect.read_text()) if given.connect else {}
            base = Base(given.driver, given.product, parameters, given.suspend_foreign_keys)
            said = {"collect": collect, "apply": apply, "undo": undo}[given.command](work, base)
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    sys.stdout.write(json.dumps(said) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
