"""Workbooks in and out: hostile-input reader, dry run, staged apply, undo."""
