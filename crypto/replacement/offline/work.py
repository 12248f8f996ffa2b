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
import getpass
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any, Sequence

from crypto.replacement.offline.database import PAGE, REHEARSED, Base, Table, told
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
    write_whole,
)


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
        path = self.folder / name
        if begin:
            return Sealed.begin(path, kind, self.id, secret or self.secret, wrapped)
        return Sealed(path, kind, self.id, secret or self.secret)

    def tables(self, base: Base) -> list[Table]:
        """Return the columns of the job with their statements."""
        return [Table(base, column, self.job["columns"]) for column in self.job["columns"]]

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
        """List rows that were not changed; without the key where it is sensitive itself."""
        with (self.folder / "left.txt").open("a", encoding="utf-8") as file:
            for key in keys:
                shown = "*" if table.sensitive else key
                file.write(f"{phase} {table.column['table']}.{table.column['column']} {shown}\n")


def collect(work: Work, base: Base) -> dict[str, int]:
    """Write what every row holds (sealed) and the different values of each field for the platform."""
    capture = work.file("capture.mlc", CAPTURE, begin=True)
    state = capture.last() or {"slot": 0, "upto": None, "last": False}
    if state["slot"] < len(work.job["columns"]) and not state.get("end"):
        slot = state["slot"] + (1 if state["last"] else 0)
        after = None if state["last"] else state["upto"]
        for number, table in list(enumerate(work.tables(base)))[slot:]:
            for rows in table.pages(after):
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


def rehearse(work: Work, tables: Sequence[Table], mapping: dict[str, dict[str, str]]) -> None:
    """Try every column before the first one is changed: a refusal in the last would leave the others replaced."""
    done = work.finished("rehearsed")
    for number, table in enumerate(tables):
        if number in done:
            continue
        of_field = mapping.get(table.column["field"], {})
        changes: list[list[Any]] = []
        for rows in table.pages(None):
            table.base.link.commit()
            changes += [[key, old, of_field[old]] for key, old in rows if old in of_field]
            if len(changes) >= REHEARSED:
                break
        table.rehearse(changes[:REHEARSED])
        work.note("rehearsed", number)


def apply(work: Work, base: Base) -> dict[str, int]:
    """Replace every captured row that has an identifier; what was finished is in the journal."""
    mapping, finished, tables = identifiers(work), work.finished("applied"), work.tables(base)
    rehearse(work, tables, mapping)
    session = secrets.token_bytes(32)
    name = f"undo-{len(list(work.folder.glob('undo-*.mlu'))) + 1:04d}.mlu"
    undo = work.file(name, UNDO, session, sm2_encrypt(bytes.fromhex(work.job["public"]), session), True)
    request = {"job": work.id.hex(), "wrapped": [
        Sealed(path, UNDO, work.id, b"").wrapped.hex() for path in sorted(work.folder.glob("undo-*.mlu"))]}
    write_whole(work.folder / "undo-request.json", json.dumps(request).encode())  # before anything needs to be undone
    counts = {"replaced": 0, "exceptions": 0, "left": 0}
    for number, (_, content) in enumerate(work.file("capture.mlc", CAPTURE).records()):
        if number in finished or not content["rows"]:
            continue
        table = tables[content["slot"]]
        of_field = mapping.get(table.column["field"], {})
        changes = [[key, old, of_field[old]] for key, old in content["rows"] if old in of_field]
        out = [key for key, old in content["rows"] if old not in of_field]
        undo.append({"range": number, "slot": content["slot"], "rows": changes})
        left = table.swap(changes)
        work.list_left("exception", table, out)
        work.list_left("left", table, left)
        work.note("applied", number)
        counts["replaced"] += len(changes) - len(left)
        counts["exceptions"] += len(out)
        counts["left"] += len(left)
    for gone in ("capture.mlc", "values.mlv", "answers.mla"):  # what is in clear for the holder of the code
        (work.folder / gone).unlink()
    return counts


def undo(work: Work, base: Base) -> dict[str, int]:
    """Put back what every changed row held, newest range first; stop if a changed range is in no undo file."""
    keys = next(work.file("undo.mlk", UNDO_KEY).records())[1]["keys"]
    tables, paths = work.tables(base), sorted(work.folder.glob("undo-*.mlu"))
    if len(paths) != len(keys):
        raise Stop(f"撤销文件 {len(paths)} 个、密钥 {len(keys)} 个，须以现有的 undo-request.json 重新换取 undo.mlk / "
                   f"{len(paths)} undo files but {len(keys)} keys: exchange the present undo-request.json again")
    finished, counts = work.finished("undone"), {"undone": 0, "not_undone": 0}
    for path, key in reversed(list(zip(paths, keys))):
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
    missing = sorted(work.finished("applied") - finished)
    if missing:
        raise Stop(f"撤销文件不完整，未还原的区间 / undo files are not whole, ranges not put back: {missing}")
    return counts


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
            try:
                said = {"collect": collect, "apply": apply, "undo": undo}[given.command](work, base)
            except base.driver.Error as error:
                raise Stop(f"{given.product}: {told(error)}") from None
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return 1
    sys.stdout.write(json.dumps(said) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
