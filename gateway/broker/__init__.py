"""The broker: one process a home that remembers nonces and hands out quota, for all workers."""
