"""The chain in tables: blocks, transactions, raw logs, decoded events, rollups; exactly what the node's chain holds."""
