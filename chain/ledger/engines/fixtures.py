"""What a node answers, kept as files: ``mulian chain record-fixtures URL`` records what was transcribed before.

A file is {"origin": "recorded" or "transcribed", "source", "method", "params", "result" or "error"}; tests read the
adapters' decoding from them.
"""

import json
from pathlib import Path
from typing import Any

from chain.ledger.engines.detect import engine_of
from chain.ledger.errors import LEDGER_REFUSED, REVERTED
from chain.ledger.port import Ledger
from kernel import clock
from kernel.errors import MulianError
from kernel.files_atomic import write_atomic

_COMMON: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("web3_clientVersion", ()), ("rpc_modules", ()), ("eth_chainId", ()), ("eth_getBlockByNumber", ("HEAD", False)),
)
# reads alone: recording changes nothing on a network
CALLS: dict[str, tuple[tuple[str, tuple[Any, ...]], ...]] = {
    "embedded": (("mulian_status", ()), ("txpool_status", ())),
    "clique": (
        ("clique_getSigners", ("HEAD",)), ("clique_getSnapshot", ("HEAD",)), ("clique_proposals", ()),
        ("clique_status", ()), ("admin_nodeInfo", ()), ("admin_peers", ()), ("txpool_status", ()), ("eth_coinbase", ()),
    ),
    "qbft": (
        ("qbft_getValidatorsByBlockNumber", ("HEAD",)), ("qbft_getPendingVotes", ()),
        ("qbft_getSignerMetrics", ("0x0", "HEAD")), ("net_enode", ()), ("admin_nodeInfo", ()), ("admin_peers", ()),
        ("perm_getNodesAllowlist", ()), ("perm_getAccountsAllowlist", ()), ("txpool_besuStatistics", ()),
    ),
    "foreign": (),
}


def record(ledger: Ledger, folder: Path) -> list[str]:
    """Ask a live node every call of its engine, write one file each, and return the methods. Raises the ledger's
    errors when it is not reached; an error that the node answers is recorded as such."""
    engine = engine_of(ledger)
    version, head = ledger.client_version(), hex(ledger.height())
    source = f"{version} on {clock.iso(clock.now())}"
    folder.mkdir(parents=True, exist_ok=True)
    done = []
    for method, template in (*_COMMON, *CALLS[engine.capabilities.key]):
        params = [head if value == "HEAD" else value for value in template]
        document = {"origin": "recorded", "source": source, "method": method, "params": params}
        document |= _ask(ledger, method, params)
        write_atomic(folder / f"{method}.json", json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n")
        done.append(method)
    return done


def _ask(ledger: Ledger, method: str, params: list[Any]) -> dict[str, Any]:
    try:
        return {"result": ledger.request(method, *params)}
    except MulianError as error:
        if error.kind not in (LEDGER_REFUSED, REVERTED):
            raise
        return {"error": {"code": error.params.get("rpc_code"), "message": error.params["reason"]}}
