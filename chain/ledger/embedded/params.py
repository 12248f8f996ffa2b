"""The constants of the embedded chain. Changing one of them makes another chain (ADR 0031)."""

VANITY = b"mulian-poa/1".ljust(32, b"\0")
SEAL_BYTES = 65
EXTRA_DATA_BYTES = len(VANITY) + SEAL_BYTES

# 2**50: the base-fee target (half of it) can never be passed, so the base fee stays 0. One block over the target
# would raise it to 1 wei, from where EIP-1559 arithmetic never brings it back, and free transactions end.
BLOCK_GAS_LIMIT = 2**50
# A transaction of 2**24 gas costs about 3 CPU-seconds in py-evm; without the cap one sender stops the chain.
TRANSACTION_GAS_CAP = 2**24
TRANSACTION_MAX_BYTES = 128 * 1024

MIX_HASH = b"\0" * 32
PARENT_BEACON_BLOCK_ROOT = b"\0" * 32
NONCE = b"\0" * 8

CLOCK_DRIFT_SECONDS = 15
