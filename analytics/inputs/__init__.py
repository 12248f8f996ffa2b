"""What a run freezes: one Parquet file an input, with its predicate, snapshot and digests."""
