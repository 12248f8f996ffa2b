"""Names of declared tables in the database."""

PREFIX, LIVE = "collected_", "_live"


def name_of(code: str) -> str:
    """Return the name of a declared table."""
    return f"{PREFIX}{code}"


def stored_in(table: str) -> str:
    """Return the table whose rows these are: of a live view the declared table, by which its scopes are named."""
    return table.removesuffix(LIVE) if table.startswith(PREFIX) else table
