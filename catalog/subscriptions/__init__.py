"""Subscriptions: who is told when an entry, a department or the result of a search changes."""
