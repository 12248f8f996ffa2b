"""``mulian token``: declare, fields, issue, look-up. Values come from files or standard input, never from arguments."""

import getpass
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy.orm import Session

from crypto.identifiers.rules import Form, Kind
from kernel.cli import HomeOption, JsonOption, open_runtime, output, progress_console
from kernel.identity.actor import Actor, system_actor
from kernel.runtime import Runtime

app = typer.Typer(help="标识：登记字段、签发、查询 / identifiers", no_args_is_help=True)
DepartmentOption = Annotated[str, typer.Option("--department", help="数据所属部门代码")]
FieldOption = Annotated[str, typer.Option("--field", help="字段名，如 公民身份号码")]
FileOption = Annotated[Path | None, typer.Option("--file", help="CSV 或 xlsx；缺省从标准输入逐行读取")]
OutOption = Annotated[Path | None, typer.Option("--out", help="结果 CSV 或 xlsx（权限 0600）；缺省写到标准输出")]
ColumnOption = Annotated[str, typer.Option("--column", help="值所在列：列号（从 1 起）或列名")]
HeaderOption = Annotated[bool, typer.Option("--header/--no-header", help="文件首行为列名")]


@app.command()
def declare(
    name: Annotated[str, typer.Argument(help="字段名，如 公民身份号码")],
    department: DepartmentOption,
    kind: Annotated[Kind, typer.Option(help="id_number 公民身份号码、phone 手机号码、text 其他")] = Kind.TEXT,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """登记一个标识字段 / declare an identified field."""
    from crypto.identifiers import fields, views

    with open_runtime(home) as runtime:
        department_id = _department(runtime, department)
        found = runtime.database.run(lambda session: views.fields(session, [fields.declare(
            session, _actor(), department_id=department_id, name=name, kind=kind,
        )])[0])
    output(found.model_dump(mode="json"), json)


@app.command("fields")
def list_fields(home: HomeOption = None, json: JsonOption = False) -> None:
    """列出标识字段 / list identified fields."""
    from crypto.identifiers import queries, views

    with open_runtime(home) as runtime, runtime.database.read() as session:
        rows = views.fields(session, list(session.scalars(queries.fields(None).limit(1000))))
        found = [row.model_dump(mode="json") for row in rows]
    brief = ("number", "department", "name", "kind", "forms", "issued")
    output(found if json else [{key: row[key] for key in brief} for row in found], json, title="标识字段")


@app.command()
def issue(
    department: DepartmentOption,
    field: FieldOption,
    form: Annotated[Form, typer.Option(help="native 29 位、id18 18 位、phone11 11 位")] = Form.NATIVE,
    file: FileOption = None,
    column: ColumnOption = "1",
    header: HeaderOption = True,
    out: OutOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """为一列值签发标识；中断后原样重跑即可，已签发的不会变 / issue identifiers; run again after an interruption."""
    from crypto.identifiers import batches, files, service
    from crypto.identifiers.service import Field

    values = _values(file, column, header)
    with open_runtime(home) as runtime:
        target, rows = Field(_department(runtime, department), field), list[tuple[str, ...]]()
        with Progress(console=progress_console, transient=True) as bar:
            task = bar.add_task("签发", total=len(values))
            for start in range(0, len(values), batches.CHUNK):
                part = values[start:start + batches.CHUNK]

                def unit(session: Session, part: list[str] = part) -> list[service.Issued | service.Refused]:
                    answers = service.issue(session, target, part, form)
                    service.note(session, _actor(), target, form, answers)
                    return answers

                rows += [batches.row(n, one) for n, one in enumerate(runtime.database.run(unit), start + 1)]
                bar.update(task, completed=len(rows))
    _write(out, rows, files.HEADS, json)


@app.command("look-up")
def look_up(
    department: DepartmentOption,
    field: FieldOption,
    reason: Annotated[str, typer.Option(help="查询理由（记入日志）")],
    ticket: Annotated[str, typer.Option(help="工单号（记入日志）")],
    clear: Annotated[bool, typer.Option("--clear", help="明文；缺省脱敏")] = False,
    file: FileOption = None,
    column: ColumnOption = "1",
    header: HeaderOption = True,
    out: OutOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """由标识查原值：与人工查询同一限额、同一日志，一次至多 200 条 / look up to 200 values up, as the manual door does."""
    from crypto.errors import LOOKUP_RATE
    from crypto.identifiers.service import Field, Status
    from crypto.lookups import service
    from crypto.lookups.rules import MANUAL_PER_MINUTE, Direction, Door
    from crypto.lookups.service import Question, Reason

    titles = {Status.FOUND: "", Status.UNKNOWN: "查无此标识", Status.MALFORMED: "不是标识", Status.UNREADABLE: "无法解开"}
    texts = _values(file, column, header)
    if len(texts) > MANUAL_PER_MINUTE:
        raise LOOKUP_RATE(limit=MANUAL_PER_MINUTE)
    with open_runtime(home) as runtime:
        question = Question(Field(_department(runtime, department), field), Direction.VALUE, texts)
        answer = runtime.database.run(lambda session: service.by_person(
            session, _actor(), question, Reason(reason, ticket, getpass.getuser()), clear=clear,
            persons_day=runtime.settings.lookup_persons_day, door=Door.CLI,
        ))
    if answer.refused is not None:
        raise answer.refused
    rows = [(str(n), one.value or "", titles[one.status]) for n, one in enumerate(answer.items, 1)]
    _write(out, rows, ("行号", "原值", "结果"), json)


def _actor() -> Actor:
    return system_actor(f"cli:{getpass.getuser()}")


def _department(runtime: Runtime, code: str) -> uuid.UUID:
    from kernel.errors import NOT_FOUND
    from kernel.identity import queries

    with runtime.database.read() as session:
        found = queries.department_by_code(session, code)
        if found is None:
            raise NOT_FOUND()
        return found.id


def _values(file: Path | None, column: str, header: bool) -> list[str]:
    from crypto.identifiers import files

    if file is None:
        return [line.rstrip("\r\n") for line in sys.stdin]
    data = file.read_bytes()
    files.check(file.name, data)
    return files.values(file.name, data, column=column, header=header)


def _write(out: Path | None, rows: Sequence[tuple[str, ...]], heads: tuple[str, ...], json: bool) -> None:
    """Write to the file, to be read by its owner only; to standard output only where no file was named."""
    from crypto.identifiers import files
    from kernel.files_atomic import write_atomic

    if out is not None and out.suffix.lower() == ".xlsx":
        write_atomic(out, files.xlsx_file(heads, [files.csv_text(rows)], "标识"), 0o600)
    elif out is not None:
        write_atomic(out, files.csv_file(heads, [files.csv_text(rows)]), 0o600)
    if out is not None:
        output({"rows": len(rows), "out": str(out)}, json)
    elif json:
        output([dict(zip(heads, row, strict=True)) for row in rows], json)
    else:
        sys.stdout.write(files.csv_text([heads, *rows]).replace("\r\n", "\n"))
