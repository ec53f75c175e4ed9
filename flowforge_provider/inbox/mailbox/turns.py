"""A database that many threads use one after another."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowforge_provider.runs.database import Database, Mode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

__all__ = ["OneAtATime"]


class OneAtATime(Database):
    """
    The same database, of which all users together take one connection at most.

    :param database: with whose other users they take turns at writing
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database.engine, turns=database.turns)
        self._turn = threading.Lock()

    @contextmanager
    def session(self, mode: Mode = "write") -> Iterator[Session]:
        """Yield a session; commit when the block ends well."""
        with self._turn, super().session(mode) as session:
            yield session
