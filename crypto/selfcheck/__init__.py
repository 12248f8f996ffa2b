"""密评 self-check: where clear text lies that should not, and what is encrypted how."""
