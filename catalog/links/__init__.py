"""Links between nodes: one way to write them, versioned and hashed like nodes."""
