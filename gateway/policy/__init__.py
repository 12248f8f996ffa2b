"""Field policy: which fields of an answer leave, and in which form."""
