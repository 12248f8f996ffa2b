"""Benchmarks: ratios against a named rival in the same interleaved run, written as JSON. Not timed tests."""
