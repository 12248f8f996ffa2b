"""The two digests of a contract's life: of a version with its evidence, and of a deployment on one chain. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chain.contracts.packages import Package, source_tree
from kernel import canonical
from kernel.digest import sha256_hex, sm3_hex


def digest(document: Mapping[str, Any]) -> str:
    """Return ``sm3:1:<hex>`` of the canonical form."""
    return "sm3:1:" + sm3_hex(canonical.dumps(dict(document)))


def version_digest(facts: Mapping[str, Any], package: Package, suite: Any, report: Mapping[str, Any]) -> str:
    """Return what binds a version: sources, compiler, input, code, arguments, initialiser, libraries, immutables,
    layout, gas, tests with their report, fork. ``facts`` are name, version, kind, fork, arguments, initialiser and
    libraries as they were given."""
    return digest({
        "v": 1, **{key: facts[key] for key in (
            "name", "version", "kind", "fork", "arguments", "initialiser", "libraries",
        )},
        "contract": f"{package.unit}:{package.contract}", "compiler": package.compiler, "evm": package.evm_version,
        "sources": source_tree(package.sources), "input": package.input_digest,
        "creation": sha256_hex(bytes.fromhex(package.creation)), "runtime": package.code_hash,
        "links": package.links, "immutables": package.immutables, "abi": digest({"abi": package.abi}),
        "layout": digest({"layout": package.layout}), "suite": digest({"suite": suite}),
        "gas": digest({"gas": report["gas"], "deployment": report["deployment"]}), "report": digest(report),
    })


@dataclass(frozen=True)
class Resolved:
    """A version's open places filled for one environment and chain: accounts, libraries, encoded arguments (hex)."""

    environment: str
    chain_id: int
    action: str
    deployer: str
    account: str
    libraries: dict[str, str]
    arguments: str
    initialiser: str
    creation_hash: str
    target: str | None

    def digest(self, version: str) -> str:
        """Return the digest that the approval names; ``version`` is the version's digest."""
        return digest({
            "v": 1, "version": version, "environment": self.environment, "chain_id": self.chain_id,
            "action": self.action, "deployer": self.deployer, "account": self.account, "libraries": self.libraries,
            "arguments": self.arguments, "initialiser": self.initialiser, "creation": self.creation_hash,
            "target": self.target,
        })
