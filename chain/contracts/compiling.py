"""This machine's Solidity compiler: ``solc`` or ``solcjs`` on PATH, fed with standard JSON and nothing else."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Any

from chain.contracts.packages import refuse

_SECONDS = 120


def find() -> str | None:
    """Return the path of the compiler, None where there is none."""
    return shutil.which("solc") or shutil.which("solcjs")


def holds_sources(given: Mapping[str, Any]) -> bool:
    """Tell whether a standard-JSON input holds every source: none is named by place or digest alone."""
    sources = given.get("sources")
    return isinstance(sources, dict) and all(
        isinstance(one, dict) and set(one) == {"content"} and isinstance(one["content"], str)
        for one in sources.values()
    )


def version(solc: str) -> str:
    """Return the compiler's version, such as ``0.8.35+commit.1a2b3c4d``."""
    return _run([solc, "--version"], b"").decode("ascii", "replace").split()[-1]


def compiled(solc: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the compiler makes of an input that :func:`holds_sources`; raise ``chain.contract.package``.

    The compiler reads nothing but its standard input: imports resolve only among the given sources.
    """
    output: dict[str, Any] = json.loads(_run([solc, "--standard-json"], json.dumps(document).encode()))
    problems = [str(one.get("message", "")) for one in output.get("errors", []) if one.get("severity") == "error"]
    if problems:
        refuse("compile", problems[0])
    return output


def _run(command: list[str], given: bytes) -> bytes:
    try:
        with tempfile.TemporaryDirectory(prefix="mulian-solc-") as folder:
            done = subprocess.run(
                command, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder, timeout=_SECONDS,
                check=True,
            )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        refuse("compile", type(error).__name__)
    return done.stdout
