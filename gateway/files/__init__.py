"""File resources: a department's files that others download by approval, marked with who and when, each one on record."""
