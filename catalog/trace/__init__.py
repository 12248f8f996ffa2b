"""From a column up to the legal basis, and from a duty down to the columns."""
