"""Stock py-evm in a process of its own: ``python -m bench._chain_rival plain|extra`` with the blocks as JSON on stdin.

``plain`` is py-evm with what it depends on and nothing else: Keccak by pycryptodome, secp256k1 and RLP in Python.
``extra`` has the same C libraries as ours (coincurve, safe-pysha3, rusty-rlp). Ours must differ by more than them.
"""

import json
import os
import sys
import time

PLAIN = {"ETH_HASH_BACKEND": "pycryptodome", "ECC_BACKEND_CLASS": "eth_keys.backends.NativeECCBackend"}


def main(kind: str) -> None:
    """Mine the blocks of stdin and print {"seconds": [...], "hashes": [...]}."""
    if kind == "plain":
        os.environ.update(PLAIN)
        sys.modules["rusty_rlp"] = None  # type: ignore[assignment]  # an import of it fails, as where it is missing
    import rlp
    from eth.vm.forks.cancun.blocks import CancunBlockHeader

    from bench._chain import stock_block, stock_chain
    from chain.ledger.embedded.genesis import Genesis

    work = json.load(sys.stdin)
    chain = stock_chain(Genesis(work["chain_id"], bytes.fromhex(work["sealer"]), work["timestamp"]))
    seconds, hashes = [], []
    for block in work["blocks"]:
        raws = [bytes.fromhex(raw) for raw in block["raws"]]
        header = rlp.decode(bytes.fromhex(block["header"]), sedes=CancunBlockHeader)
        started = time.process_time()
        mined = stock_block(chain, raws, header)
        seconds.append(time.process_time() - started)
        hashes.append(mined.hash.hex())
    print(json.dumps({"seconds": seconds, "hashes": hashes}))


if __name__ == "__main__":
    main(sys.argv[1])
