"""What a report depends on besides its inputs: code, lock file, engines, fonts, processor."""

import functools
import importlib.metadata
import platform
import sys
import zlib
from pathlib import Path
from typing import Any

from analytics.figures.rules import ruleset_digest
from kernel.digest import sha256_hex, sm3_hex
from kernel.documents import fonts

ROOT = Path(__file__).resolve().parents[2]
LOCK = "requirements.lock"
# everything that a byte of a report can depend on; databases, routes and jobs cannot reach one
CODE = ("analytics", "kernel/documents", "kernel/calendar/rules.py", "kernel/canonical.py", "kernel/clock.py",
        "kernel/digest.py")
_ENGINES = ("duckdb", "fonttools", "lxml", "matplotlib", "numpy", "pyarrow", "python-docx", "typst", "xlsxwriter")


def describe() -> dict[str, Any]:
    """Return the environment part of a manifest."""
    return {
        "code_version": code_version(), "code_sm3": code_digest(), "lock_sha256": lock_digest(),
        "ruleset_sm3": ruleset_digest(), "engines": engines(), "fonts_sha256": fonts.digest(fonts.find()),
    }


def code_files(root: Path = ROOT) -> list[Path]:
    """Return the files of :data:`CODE` in order of their paths."""
    found: list[Path] = []
    for name in CODE:
        place = root / name
        found += [place] if place.is_file() else [
            path for path in place.rglob("*") if path.suffix in (".py", ".typ") and path.is_file()
        ]
    return sorted(found)


@functools.cache
def code_digest(root: Path = ROOT) -> str:
    """Return the SM3 over path and content of every code file."""
    lines = [f"{path.relative_to(root).as_posix()} {sm3_hex(path.read_bytes())}\n" for path in code_files(root)]
    return sm3_hex("".join(lines).encode())


def code_version() -> str:
    """Return the version of the program."""
    try:
        return importlib.metadata.version("mulian")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def lock_digest(root: Path = ROOT) -> str | None:
    """Return the SHA-256 of the lock file, or None where the program runs without its checkout."""
    path = root / LOCK
    return sha256_hex(path.read_bytes()) if path.is_file() else None


def engines() -> dict[str, str]:
    """Return the versions of everything that writes a byte of an artefact."""
    found = {name: importlib.metadata.version(name) for name in _ENGINES}
    found |= {"python": platform.python_version(), "machine": platform.machine(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    return found | {"byteorder": sys.byteorder}
