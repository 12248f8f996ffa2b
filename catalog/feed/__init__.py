"""The public change feed: an append-only sequence of what entered, changed in or left the public part."""
