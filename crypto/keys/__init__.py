"""Data keys: root, KEK per department, DEK per column; nothing usable is in the database alone."""
