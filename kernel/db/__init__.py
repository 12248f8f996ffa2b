"""Database access: declarative base, column types and units of work on SQLite and PostgreSQL."""

from kernel.db.base import Base
from kernel.db.database import Database
from kernel.db.types import Instant, JSONText

__all__ = ["Base", "Database", "Instant", "JSONText"]
