"""Adapters of the port: MySQL and MariaDB, PostgreSQL and what speaks its protocol, SQLAlchemy dialects."""
