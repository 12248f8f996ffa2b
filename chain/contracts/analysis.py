"""Static analysis of a version's sources: what slither finds where this machine has it, elsewhere why not."""

import re
from collections.abc import Mapping
from typing import Any

from chain.contracts import compiling
from contracts_sc import slither
from kernel.errors import MulianError

TOOL = "slither"
SECONDS = 300
_SHOWN, _WORDS = 200, 300
_WORD = re.compile(r"\w+")


def analyse(*, origin: str, contract: str, compiler: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the analysis for a report: ``tool``, ``skipped``, ``detail``, ``findings``.

    ``findings`` are {check, impact, where, reason}, at most 200; ``reason`` says why a known one stands. Where
    nothing was looked at, ``skipped`` is why (no_slither, no_compiler, other_compiler, sources_missing, failed) and
    ``detail`` names the version or the words. ``contract`` is ``unit:Name``, ``source`` the standard-JSON input.
    A contract of this program's own build shows the committed baseline, which the build's own check keeps true.
    """
    if origin == "builtin":
        return _report(_known(contract.rpartition(":")[2], source), detail=str(slither.baseline()["slither"]))
    found, solc = slither.find_slither(), compiling.find()
    if not compiling.holds_sources(source):
        return _skipped("sources_missing")
    if found is None:
        return _skipped("no_slither")
    if solc is None:
        return _skipped("no_compiler", compiler)
    try:
        mine = compiling.version(solc)
        if mine.partition("+")[0] != compiler.partition("+")[0]:
            return _skipped("other_compiler", f"{compiler} / {mine}")
        document = slither.asking(dict(source))
        findings = slither.examine(document, compiling.compiled(solc, document), mine, found, seconds=SECONDS)
    except (MulianError, RuntimeError, OSError, ValueError, TypeError, LookupError) as error:
        return _skipped("failed", str(error)[-_WORDS:])
    return _report([one | {"reason": None} for one in findings[:_SHOWN]])


def _known(name: str, source: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The baseline's findings about a contract and those of ours that its source names, and about no contract."""
    texts = {
        unit.removeprefix("src/").removesuffix(".sol"): str(one["content"])
        for unit, one in source["sources"].items() if unit.startswith("src/")
    }
    reached, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        if one not in reached and one in texts:
            reached.add(one)
            waiting += set(_WORD.findall(texts[one])) & texts.keys()
    others = texts.keys() - reached
    return [entry for entry in slither.baseline()["findings"] if entry["where"].partition(".")[0] not in others]


def _report(findings: list[dict[str, Any]], detail: str | None = None) -> dict[str, Any]:
    return {"tool": TOOL, "skipped": None, "detail": detail, "findings": findings}


def _skipped(why: str, detail: str | None = None) -> dict[str, Any]:
    return {"tool": TOOL, "skipped": why, "detail": detail, "findings": []}
