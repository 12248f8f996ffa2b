"""The way of a node from draft to published, changed and withdrawn."""
