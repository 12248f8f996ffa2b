"""Which engine answers: ``web3_clientVersion`` names the program, ``rpc_modules`` what it was started with."""

from chain.ledger.engines.base import BaseEngine
from chain.ledger.engines.clique import CliqueEngine
from chain.ledger.engines.embedded import EmbeddedEngine
from chain.ledger.engines.port import Engine
from chain.ledger.engines.qbft import QbftEngine
from chain.ledger.errors import LEDGER_REFUSED
from chain.ledger.port import Ledger
from kernel.errors import MulianError


def engine_of(ledger: Ledger) -> Engine:
    """Ask a node and return its adapter; one that is none of ours gets the adapter that refuses every operation."""
    program = ledger.client_version().split("/")[0].strip().lower()
    modules = modules_of(ledger)
    if program == "mulian-poa":
        return EmbeddedEngine(ledger, modules)
    if program == "geth" and "clique" in modules:
        return CliqueEngine(ledger)
    if program == "besu" and "qbft" in modules:
        return QbftEngine(ledger, modules)
    return BaseEngine(ledger)


def modules_of(ledger: Ledger) -> frozenset[str]:
    """Return the names of the RPC modules, none where the node has no such method."""
    try:
        found = ledger.request("rpc_modules")
    except MulianError as error:
        if error.kind is not LEDGER_REFUSED:
            raise
        return frozenset()
    return frozenset(str(name).lower() for name in found) if isinstance(found, dict) else frozenset()
