"""Looking at the chain: overview, blocks, transactions, minute series. Reads through the ledger, keeps nothing."""
