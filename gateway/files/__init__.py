"""File resources: files that others download by approval, marked with who and when, each download on record."""
