"""The SQLite record that makes a task survive a crash."""

from deskbell.journal.archive import Page, Query
from deskbell.journal.journal import Journal, Kept
from deskbell.journal.retention import Retention

__all__ = ["Journal", "Kept", "Page", "Query", "Retention"]
