"""The four-level tree, one level at a time."""
