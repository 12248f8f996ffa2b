"""A durable, permissioned one-sealer chain on py-evm at the Cancun rules, served as standard JSON-RPC.

Public surface: ``server.run`` (the process), ``node.Node`` (the same in this process), ``provider`` (an
in-process web3 provider), ``verify`` (re-execution). Invariants: a block is one synced SQLite transaction;
an acknowledged transaction is in the journal on disk; the base fee is 0 and the block gas limit 2**50 for ever;
what admission refuses, block validation refuses too.
"""
