"""Scopes: which column of which department is encrypted, how the ORM binds it, what the database refuses."""
