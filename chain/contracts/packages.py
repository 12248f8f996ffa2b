"""What operators hand in: one contract of a compiler's standard JSON output, with the input that it came from.

Everything here comes from a file of somebody's desk: sizes, depths, names, types, places in the code are checked
before anything is stored, and the ABI that is kept holds known fields only.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

from chain.contracts.errors import PACKAGE_INVALID
from chain.ledger.values import known_type, methods
from contracts_sc import artifacts, layout
from contracts_sc.artifacts import Artifact
from kernel import canonical
from kernel.digest import sha256_hex, sm3_hex

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
MAX_INITCODE = 49_152  # EIP-3860
MAX_RUNTIME = 24_576  # EIP-170
_MOST = {"abi": 500, "inputs": 64, "types": 2000, "storage": 2000, "sources": 500, "places": 2000}
_COMPONENT_DEPTH = 5
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_KECCAK = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS_CHARACTERS = 40
_MUTABILITY = ("pure", "view", "nonpayable", "payable")
_ENTRIES = ("function", "event", "error", "constructor", "fallback", "receive")


@dataclass(frozen=True)
class Package:
    """One contract, ready to be linked and deployed. Code is hex without 0x, with zeros where a library's address
    belongs; ``links`` are the places of those in creation code, ``runtime_links`` in runtime code, by ``unit:Name``
    (character offsets). ``sources`` are SHA-256 by unit, or ``keccak256:…`` where the input names a source without
    holding it; ``input_digest`` SM3 of the canonical standard-JSON input."""

    unit: str
    contract: str
    compiler: str
    evm_version: str
    abi: list[dict[str, Any]]
    creation: str
    runtime: str
    links: dict[str, list[int]]
    runtime_links: dict[str, list[int]]
    immutables: dict[str, list[dict[str, int]]]
    layout: dict[str, Any]
    sources: dict[str, str]
    input_digest: str

    @property
    def code_hash(self) -> str:
        """SHA-256 of the runtime code with zeros for libraries and immutables, hex: what environments compare."""
        return sha256_hex(bytes.fromhex(self.runtime))

    def document(self) -> dict[str, Any]:
        """Return the JSON form that the table keeps."""
        return asdict(self)

    def linked(self, addresses: Mapping[str, str]) -> Artifact:
        """Return the artifact with its libraries' addresses written in; raise ``chain.contract.package``."""
        missing = sorted(set(self.links) - set(addresses))
        if missing:
            refuse("libraries", ", ".join(missing))
        creation = _link(self.creation, self.links, addresses)
        runtime = _link(self.runtime, self.runtime_links, addresses)
        return Artifact(
            name=self.contract, abi=tuple(self.abi), creation=bytes.fromhex(creation), runtime=bytes.fromhex(runtime),
            code_hash=self.code_hash, storage_layout=self.layout, immutables=self.immutables,
            selectors={method.signature: method.selector.hex() for method in methods(self.abi).values()},
        )


def refuse(what: str, detail: str = "") -> NoReturn:
    """Raise ``chain.contract.package``: ``what`` is a stable word, ``detail`` where."""
    raise PACKAGE_INVALID(what=what, detail=detail[:200])


def load(data: bytes) -> Any:
    """Parse a JSON upload under limits; raise ``chain.contract.package``."""
    if len(data) > MAX_BYTES:
        refuse("size", f"{len(data)} > {MAX_BYTES}")
    _check_depth(data)
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_no_constant
        )
    except ValueError as error:
        refuse("json", str(error))
    _check_tree(value)
    return value


def parse(document: Any, contract: str) -> tuple[Package, dict[str, Any]]:
    """Return the package of ``contract`` (``Name`` or ``unit:Name``) and the standard-JSON input of a build file.

    The file is an object of ``input`` (standard JSON), ``output`` (what the compiler made of it) and the compiler's
    version as ``solcLongVersion`` or ``compiler``: the build-info of Hardhat is one. Raises
    ``chain.contract.package``.
    """
    if not isinstance(document, dict):
        refuse("form")
    given, output = _mapping(document.get("input"), "input"), _mapping(document.get("output"), "output")
    compiler = document.get("solcLongVersion", document.get("compiler"))
    if not isinstance(compiler, str) or not re.fullmatch(r"[0-9A-Za-z.+_-]{1,100}", compiler):
        refuse("compiler")
    sources = _sources(given)
    unit, name, found = _choose(_mapping(output.get("contracts"), "output.contracts"), contract)
    if unit not in sources:
        refuse("source_missing", unit)
    return _package(unit, name, compiler, given, sources, found), given


def builtin(name: str) -> tuple[Package, dict[str, Any]]:
    """Return a contract of this program's own build; raise ``chain.contract.package``."""
    try:
        artifacts.artifact(name)  # checks the digest of the build
    except KeyError:
        refuse("contract_unknown", name)
    folder = Path(artifacts.__file__).parent / "build"
    given, output = (json.loads((folder / one).read_bytes()) for one in ("input.json", "output.json"))
    return parse({"input": given, "output": output, "compiler": artifacts.compiler_version()}, name)


def restore(document: Mapping[str, Any]) -> Package:
    """Return the package that :meth:`Package.document` gave."""
    return Package(**document)


def source_tree(sources: Mapping[str, str]) -> str:
    """Return one digest over names and contents of all sources."""
    return "sm3:1:" + sm3_hex(canonical.dumps({"v": 1, "sources": dict(sources)}))


def _package(
    unit: str, name: str, compiler: str, given: dict[str, Any], sources: dict[str, str], found: Mapping[str, Any]
) -> Package:
    evm = _mapping(found.get("evm"), "evm")
    code, deployed = (_mapping(evm.get(one), one) for one in ("bytecode", "deployedBytecode"))
    creation, links = _code(code, MAX_INITCODE, "creation")
    runtime, runtime_links = _code(deployed, MAX_RUNTIME, "runtime")
    settings = given.get("settings")
    version = settings.get("evmVersion", "") if isinstance(settings, dict) else ""
    return Package(
        unit=unit, contract=name, compiler=compiler, evm_version=str(version)[:20], abi=_abi(found.get("abi"), evm),
        creation=creation, runtime=runtime, links=links, runtime_links=runtime_links,
        immutables=_immutables(deployed, len(runtime) // 2), layout=_layout(found.get("storageLayout")),
        sources=sources, input_digest="sm3:1:" + _digest(given),
    )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice in one object")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text}: whole numbers only")


def _check_depth(data: bytes) -> None:
    """Refuse deep nesting before it is parsed: py-evm raises the interpreter's own limit past the stack's end."""
    depth = 0
    for found in _BRACKETS.finditer(data):
        if found[0] in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                refuse("depth")
        elif found[0] in (b"]", b"}"):
            depth -= 1


def _check_tree(value: Any) -> None:
    """Refuse NUL, lone surrogates and numbers that a browser would round: digests take none of them."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and ("\0" in one or (not one.isascii() and not _encodable(one))):
            refuse("text")
        if isinstance(one, int) and abs(one) > canonical.MAX_INTEGER:
            refuse("number", str(one)[:80])
        if isinstance(one, dict):
            waiting += (part for pair in one.items() for part in pair)
        elif isinstance(one, list):
            waiting += one


def _encodable(text: str) -> bool:
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse("form", where)
    return value


def _digest(given: dict[str, Any]) -> str:
    try:
        return sm3_hex(canonical.dumps(given))
    except ValueError:
        refuse("input", "not canonical")


def _sources(given: Mapping[str, Any]) -> dict[str, str]:
    sources = _mapping(given.get("sources"), "input.sources")
    if not 1 <= len(sources) <= _MOST["sources"]:
        refuse("sources", str(len(sources)))
    found = {}
    for unit, source in sources.items():
        given_source = source if isinstance(source, dict) else {}
        content, named = given_source.get("content"), given_source.get("keccak256")
        if len(unit) > 250:
            refuse("source_content", unit)
        if isinstance(content, str):
            found[unit] = sha256_hex(content.encode())
        elif isinstance(named, str) and _KECCAK.fullmatch(named):
            found[unit] = f"keccak256:{named.removeprefix('0x')}"
        else:
            refuse("source_content", unit)
    return found


def _choose(contracts: Mapping[str, Any], wanted: str) -> tuple[str, str, Mapping[str, Any]]:
    places = [
        (unit, name) for unit, inside in contracts.items() if isinstance(inside, dict) for name in inside
        if wanted in (name, f"{unit}:{name}")
    ]
    if not places:
        refuse("contract_unknown", wanted)
    if len(places) > 1:
        refuse("contract_ambiguous", ", ".join(f"{unit}:{name}" for unit, name in places[:4]))
    unit, name = places[0]
    if _NAME.fullmatch(name) is None:
        refuse("name", name)
    return unit, name, _mapping(contracts[unit][name], f"{unit}:{name}")


def _code(given: Mapping[str, Any], most: int, where: str) -> tuple[str, dict[str, list[int]]]:
    text = given.get("object")
    if not isinstance(text, str) or not text or len(text) > 2 * most:
        refuse("code", f"{where}: {len(text) // 2 if isinstance(text, str) else 0} of at most {most} bytes")
    links: dict[str, list[int]] = {}
    for unit, inside in _mapping(given.get("linkReferences", {}), "linkReferences").items():
        for name, places in _mapping(inside, "linkReferences").items():
            links[f"{unit}:{name}"] = starts = [2 * one["start"] for one in _places(places, len(text) // 2, 20)]
            for start in starts:
                text = text[:start] + "0" * _ADDRESS_CHARACTERS + text[start + _ADDRESS_CHARACTERS:]
    if _HEX.fullmatch(text) is None:
        refuse("code", f"{where}: not hex, or a library without its place")
    if text.startswith("ef"):
        refuse("code", f"{where}: starts with 0xEF (EIP-3541)")
    return text, links


def _places(given: Any, size: int, length: int | None) -> list[dict[str, int]]:
    if not isinstance(given, list) or len(given) > _MOST["places"]:
        refuse("places")
    found = []
    for one in given:
        start, extent = (one.get("start"), one.get("length")) if isinstance(one, dict) else (None, None)
        if not isinstance(start, int) or not isinstance(extent, int) or not 0 <= start <= start + extent <= size:
            refuse("places", str(one))
        if extent == 0 or (length is not None and extent != length):
            refuse("places", str(one))
        found.append({"start": start, "length": extent})
    return found


def _immutables(deployed: Mapping[str, Any], size: int) -> dict[str, list[dict[str, int]]]:
    given = _mapping(deployed.get("immutableReferences") or {}, "immutableReferences")
    if len(given) > _MOST["places"]:
        refuse("places")
    return {str(number)[:40]: _places(places, size, None) for number, places in given.items()}


def _layout(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("storage"), list):
        refuse("layout_missing")
    kinds = given.get("types") or {}
    if not isinstance(kinds, dict) or len(kinds) > _MOST["types"] or len(given["storage"]) > _MOST["storage"]:
        refuse("layout")
    clean = {"storage": given["storage"], "types": kinds}
    try:
        layout.compare(clean, clean)
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        refuse("layout")
    return clean


def _abi(given: Any, evm: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > _MOST["abi"]:
        refuse("abi")
    abi = [_entry(entry) for entry in given]
    known = list(methods(abi).values())
    functions = sum(entry["type"] == "function" for entry in abi)
    if len({method.selector for method in known}) != functions:
        refuse("selectors")
    said = evm.get("methodIdentifiers")
    if said is not None and said != {method.signature: method.selector.hex() for method in known}:
        refuse("selectors", "methodIdentifiers")
    return abi


def _entry(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or given.get("type") not in _ENTRIES:
        refuse("abi", str(given)[:80])
    kind: str = given["type"]
    entry: dict[str, Any] = {"type": kind}
    if kind in ("function", "event", "error"):
        entry["name"] = _identifier(given.get("name"))
    if kind in ("function", "constructor", "fallback", "receive"):
        if given.get("stateMutability") not in _MUTABILITY:
            refuse("abi", f"stateMutability of {entry.get('name', kind)}")
        entry["stateMutability"] = given["stateMutability"]
    if kind == "event":
        entry["anonymous"] = given.get("anonymous") is True
    if kind not in ("fallback", "receive"):
        entry["inputs"] = _parameters(given.get("inputs", []), kind == "event", 0)
    if kind == "function":
        entry["outputs"] = _parameters(given.get("outputs", []), False, 0)
    return entry


def _parameters(given: Any, event: bool, depth: int) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > _MOST["inputs"] or depth > _COMPONENT_DEPTH:
        refuse("abi", "parameters")
    return [_parameter(one, event, depth) for one in given]


def _parameter(given: Any, event: bool, depth: int) -> dict[str, Any]:
    if not isinstance(given, dict) or not isinstance(given.get("type"), str) or len(given["type"]) > 60:
        refuse("abi", "parameter")
    if not known_type(given["type"]):
        refuse("abi_type", given["type"])
    name = given.get("name", "")
    found: dict[str, Any] = {"name": _identifier(name) if name != "" else "", "type": given["type"]}
    if given["type"].startswith("tuple"):
        found["components"] = _parameters(given.get("components"), False, depth + 1)
        if not found["components"]:
            refuse("abi", "components")
    if event:
        found["indexed"] = given.get("indexed") is True
    return found


def _identifier(name: Any) -> str:
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        refuse("name", str(name))
    return name


def _link(code: str, links: Mapping[str, list[int]], addresses: Mapping[str, str]) -> str:
    for library, starts in links.items():
        address = addresses[library].removeprefix("0x").lower()
        for start in starts:
            code = code[:start] + address + code[start + _ADDRESS_CHARACTERS:]
    return code
