"""Schema migrations. :func:`upgrade` brings a database to the newest revision; a newer database is refused."""
