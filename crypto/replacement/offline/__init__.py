"""What runs in a department's own network: one file of the standard library alone."""
