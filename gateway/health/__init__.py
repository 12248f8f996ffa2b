"""What kernel/watch looks at: the source behind each published interface, and the data plane itself."""
