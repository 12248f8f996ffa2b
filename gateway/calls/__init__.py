"""Calls and metrics for the console, read from the call log."""
