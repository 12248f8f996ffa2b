"""How a version comes in: from this program's build, from a compiler's build file, or compiled here from source."""

import json
from typing import Any

from sqlalchemy.orm import Session

from chain.contracts import compiling, packages, versions
from chain.contracts.errors import COMPILER_MISSING
from chain.contracts.models import ContractVersion
from chain.contracts.packages import Package, refuse
from chain.contracts.schemas import VersionIn
from kernel.identity.actor import Actor, require

_OUTPUTS = [
    "abi", "evm.bytecode.object", "evm.bytecode.linkReferences", "evm.deployedBytecode.object",
    "evm.deployedBytecode.linkReferences", "evm.deployedBytecode.immutableReferences", "evm.methodIdentifiers",
    "storageLayout",
]


def hand_in(session: Session, actor: Actor, given: VersionIn) -> ContractVersion:
    """Register a version; raises as :func:`chain.contracts.versions.register` and ``compiler_missing``."""
    require(actor, versions.MANAGE)
    origin, (package, source) = _package(given)
    return versions.register(
        session, actor, name=given.name, version=given.version, kind=given.kind, origin=origin, package=package,
        source=source, arguments=given.arguments, libraries=given.libraries, tests=given.tests, fork=given.fork,
        initialiser=None if given.initialiser is None else given.initialiser.model_dump(),
    )


def _package(given: VersionIn) -> tuple[str, tuple[Package, dict[str, Any]]]:
    # what a request holds went through its own parser: the same limits again, on the same bytes
    packages.load(given.model_dump_json(include={"tests", "arguments", "initialiser"}).encode())
    if given.builtin:
        return "builtin", packages.builtin(given.contract)
    if given.build is None:
        refuse("form", "build")
    build = packages.load(json.dumps(given.build, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    if "output" not in build:
        return "source", packages.parse(compile_source(build.get("input", build)), given.contract)
    return "upload", packages.parse(build, given.contract)


def compile_source(given: Any) -> dict[str, Any]:
    """Compile a standard-JSON input with this machine's solc and return a build file.

    Raises ``chain.contract.compiler_missing``, ``chain.contract.package``.
    """
    solc = compiling.find()
    if solc is None:
        raise COMPILER_MISSING()
    if not isinstance(given, dict) or not isinstance(given.get("sources"), dict):
        refuse("form", "input")
    if not compiling.holds_sources(given):
        refuse("source_content")
    settings = given.get("settings", {})
    if not isinstance(settings, dict):
        refuse("form", "settings")
    document = {**given, "settings": {**settings, "outputSelection": {"*": {"*": _OUTPUTS}}}}
    output = compiling.compiled(solc, document)
    return {
        "input": document, "output": {"contracts": output.get("contracts", {})}, "compiler": compiling.version(solc),
    }
