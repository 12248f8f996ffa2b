"""The one door to ledgers: web3, py-evm, eth_account and coincurve are imported only in here."""

import os

# eth_hash picks its Keccak at first use; the C module safe-pysha3 is about five times the pure default
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
