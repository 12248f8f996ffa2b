"""Which ledger an installation uses."""

from chain.ledger.embedded.rpc.callers import operator_token
from chain.ledger.port import Ledger
from chain.ledger.urls import url_file
from kernel.runtime import Runtime

_EXTRA = "chain.ledger"


def ledger_of(runtime: Runtime) -> Ledger:
    """Return the installation's ledger: MULIAN_RPC_URL, else the embedded chain at the address it wrote down.

    Nothing is asked yet: an unreachable node shows at the first call.
    """
    fixed: Ledger | None = runtime.extras.get(_EXTRA)
    if fixed is not None:
        return fixed
    # web3 takes seconds to import: who never asks the chain does not pay for it
    from chain.ledger.web3_ledger import Web3Ledger

    url = url_of(runtime)
    # our own chain knows the platform by the operator's token; to another node it would be a secret given away
    token = None if runtime.settings.rpc_url else operator_token(runtime.home)
    known: dict[tuple[str, str | None], Web3Ledger] = runtime.extras.setdefault("chain.ledgers", {})
    if (url, token) not in known:
        known[url, token] = Web3Ledger(url, token=token)
    return known[url, token]


def use_ledger(runtime: Runtime, ledger: Ledger) -> None:
    """Fix the ledger of a runtime: a node in this process, for rehearsals and tests."""
    runtime.extras[_EXTRA] = ledger


def url_of(runtime: Runtime) -> str:
    """Return the node's URL."""
    if runtime.settings.rpc_url:
        return runtime.settings.rpc_url
    written = url_file(runtime.home)
    if written.exists():
        return written.read_text("ascii").strip()
    return f"http://127.0.0.1:{runtime.settings.rpc_port}"
