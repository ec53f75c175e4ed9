"""Alerts of this process on a real database, and the servers that they are sent to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.front_door import publish_graph
from tests.support.hook_server import HookServer, running_hook_server
from tests.support.resend_server import ResendServer, running_resend_server
from tests.support.smtp_server import SmtpServer, running_smtp_server
from tests.support.telegram_server import TelegramServer, running_telegram_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowforge_provider.runs.database import Database

CHAT = -1001234567890


@pytest.fixture
def metadata_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The url of a fresh metadata database: of SQLite, or of the kind that a test asks for."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return str(request.getfixturevalue("migrated_postgres").copy())
    return str(request.getfixturevalue("migrated_sqlite").copy(tmp_path / "metadata.db"))


@pytest.fixture
def database(metadata: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """FlowForge's own connections to a fresh database with the published workflow "orders"."""
    from flowforge_provider.runs.database import close_database, get_database
    from flowforge_provider.runs.published import forget_published
    from flowforge_provider.runs.revisions import forget_revisions
    from tests.factories import make_graph

    monkeypatch.setenv("AIRFLOW__FLOWFORGE__PUBLIC_BASE_URL", "https://airflow.example")
    close_database()
    forget_published()
    forget_revisions()
    publish_graph(make_graph())
    yield get_database()
    close_database()


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with running_telegram_server() as server:
        server.chats[str(CHAT)] = "member"
        yield server


@pytest.fixture
def resend() -> Iterator[ResendServer]:
    with running_resend_server() as server:
        yield server


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with running_smtp_server() as server:
        yield server


@pytest.fixture
def hooks() -> Iterator[HookServer]:
    with running_hook_server() as server:
        yield server
