"""The call log: memory-mapped segments written by the data plane, shipped to Parquet, read by analytics."""
