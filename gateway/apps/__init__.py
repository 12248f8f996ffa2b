"""应用: who calls, and the secrets it signs with."""
