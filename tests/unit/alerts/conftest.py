"""A desk on a database of this process's own, with one published workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.alerts import Desk
from tests.support.front_door import publish_graph
from tests.unit.inbox.conftest import database

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database

__all__ = ["database", "desk"]


@pytest.fixture
def desk(database: Database, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk that has looked once, with the workflow "orders"."""
    from flowforge_provider.runs.revisions import forget_revisions
    from tests.factories import make_graph

    monkeypatch.setenv("AIRFLOW__FLOWFORGE__PUBLIC_BASE_URL", "https://airflow.example")
    forget_revisions()
    publish_graph(make_graph())
    made = Desk(database)
    assert made.look() == 0
    return made
