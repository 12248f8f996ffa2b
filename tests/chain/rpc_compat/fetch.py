"""``python -m tests.chain.rpc_compat.fetch CHECKOUT``: copy what we use of execution-apis' tests into ``upstream/``.

Two kinds of upstream files are kept: those whose answer does not depend on the chain they were made on
(:data:`ANYWHERE`, run as they are), and those that have a counterpart of the same name in ``ours/`` (their answers'
shapes are compared). The others need the Osaka chain that they were recorded on.
"""

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
ANYWHERE = (
    "debug_getRawBlock/get-invalid-number", "debug_getRawHeader/get-invalid-number",
    "debug_getRawReceipts/get-invalid-number", "debug_getRawTransaction/get-invalid-hash",
    "debug_traceBlockByHash/trace-block-not-found", "debug_traceBlockByNumber/trace-block-invalid-number",
    "debug_traceTransaction/trace-unknown-tx", "eth_getBalance/get-balance-unknown-account",
    "eth_getBlockByHash/get-block-by-empty-hash", "eth_getBlockByHash/get-block-by-notfound-hash",
    "eth_getBlockByNumber/get-block-notfound", "eth_getBlockReceipts/get-block-receipts-0",
    "eth_getBlockReceipts/get-block-receipts-earliest", "eth_getBlockReceipts/get-block-receipts-empty",
    "eth_getBlockReceipts/get-block-receipts-future", "eth_getBlockReceipts/get-block-receipts-not-found",
    "eth_getBlockTransactionCountByNumber/get-genesis", "eth_getCode/get-code-unknown-account",
    "eth_getLogs/filter-error-future-block-range", "eth_getLogs/filter-error-invalid-blockHash-and-range",
    "eth_getLogs/filter-error-reversed-block-range", "eth_getStorageAt/get-storage-invalid-key",
    "eth_getStorageAt/get-storage-invalid-key-too-large", "eth_getStorageAt/get-storage-unknown-account",
    "eth_getTransactionByHash/get-empty-tx", "eth_getTransactionByHash/get-notfound-tx",
    "eth_getTransactionCount/get-nonce-unknown-account", "eth_getTransactionReceipt/get-empty-tx",
    "eth_getTransactionReceipt/get-notfound-tx", "eth_syncing/check-syncing",
)
# recorded before the forks that gave objects their present fields (chainId in EIP-155, status for root in Byzantium,
# typed transactions in Berlin)
EARLIER_FORKS = frozenset({
    "eth_getTransactionByBlockHashAndIndex/get-block-n", "eth_getTransactionByBlockNumberAndIndex/get-block-n",
    "eth_getTransactionByHash/get-legacy-create", "eth_getTransactionByHash/get-legacy-input",
    "eth_getTransactionByHash/get-legacy-tx", "eth_getTransactionReceipt/get-legacy-contract",
    "eth_getTransactionReceipt/get-legacy-input", "eth_getTransactionReceipt/get-legacy-receipt",
})


def main(checkout: Path) -> None:
    ours = [str(path.relative_to(HERE / "ours").with_suffix("")) for path in (HERE / "ours").rglob("*.io")]
    for name in {*ANYWHERE, *ours} - EARLIER_FORKS:
        source = checkout / "tests" / f"{name}.io"
        if source.exists():
            target = HERE / "upstream" / f"{name}.io"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
