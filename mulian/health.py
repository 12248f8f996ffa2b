"""Readiness: what must hold before an installation may serve. Each check returns findings, empty when well."""

from collections.abc import Callable

from kernel import digest
from kernel.errors import MulianError
from kernel.runtime import Runtime
from mulian.migrations import run

Check = Callable[[Runtime], list[str]]


def readiness(runtime: Runtime) -> list[str]:
    """Return what keeps the installation from serving, one stable code with its reason a line."""
    findings: list[str] = []
    for check in (_interpreter, _database, _schema, _fences):
        try:
            findings += check(runtime)
        except MulianError as error:
            findings.append(f"{error.code}: {error.text('zh')}")
    return findings


def _interpreter(runtime: Runtime) -> list[str]:
    digest.check()
    return []


def _database(runtime: Runtime) -> list[str]:
    runtime.database.ping()
    return []


def _schema(runtime: Runtime) -> list[str]:
    found, known = run.current(runtime.database), run.head()
    return [] if found == known else [f"mulian.database.behind: 数据库版本 {found}，程序需要 {known}；请运行 mulian init"]


def _fences(runtime: Runtime) -> list[str]:
    """Without its fence a column would take envelopes under a key that is being retired, or clear text."""
    from crypto.scopes import fences

    runtime.database.run(fences.check, write=False)
    return []
