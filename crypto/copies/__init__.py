"""The catalogue of copies: backups, dumps, archives and undo files that could open a key older than they are."""
