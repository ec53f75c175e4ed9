"""Telegram steps whose worker is killed: what the chats get in the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.killed_step import KilledStep
from tests.support.steps import graph_of
from tests.support.telegram_server import TelegramServer, running_telegram_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

TEXT = "word " * 1200  # Two messages.


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with running_telegram_server() as running:
        running.chats.update({"-100": "member", "-200": "member"})
        yield running


def step_of(server: TelegramServer, tmp_path: Path, **parameters: Any) -> KilledStep:
    graph = graph_of(
        "telegram.send",
        {"connection_id": "telegram", "chats": ["-100", "-200"], "text": TEXT, **parameters},
    )
    environment = {"AIRFLOW_CONN_TELEGRAM": json.dumps(server.connection(timeout=20))}
    return KilledStep(graph, "step", environment=environment, state_file=tmp_path / "state.json")


def test_killed_before_it_sends(server: TelegramServer, tmp_path: Path) -> None:
    step = step_of(server, tmp_path)
    step.kill(at="before")
    assert server.calls == []
    assert step.finish().error is None
    assert [number for number, _ in server.sent] == [-100, -100, -200, -200]


def test_killed_between_messages_goes_on_behind_the_last_one(server: TelegramServer, tmp_path: Path) -> None:
    # The fourth call is under way, and Telegram has not done it.
    server.script = [None, None, None, "wait"]
    step = step_of(server, tmp_path)
    step.kill(at="during", when=lambda: len(server.calls) == 4)
    assert len(server.sent) == 3
    result = step.finish()
    assert result.error is None
    assert "".join(server.texts(-100)) == "".join(server.texts(-200)) == TEXT
    assert [len(entry["message_ids"]) for entry in result.output["results"]] == [2, 2]


def test_killed_while_the_answer_is_awaited_sends_that_message_twice(
    server: TelegramServer, tmp_path: Path
) -> None:
    server.script = [None, "take and wait"]
    step = step_of(server, tmp_path)
    step.kill(at="during", when=lambda: len(server.sent) == 2)
    assert step.finish().error is None
    texts = server.texts(-100)
    assert len(texts) == 3
    assert texts[1] == texts[2]
    assert "".join(server.texts(-200)) == TEXT


def test_killed_after_it_has_sent(server: TelegramServer, tmp_path: Path) -> None:
    step = step_of(server, tmp_path)
    step.kill(at="after")
    assert len(server.sent) == 4
    result = step.finish()
    assert result.error is None
    assert len(result.output["results"]) == 2
    assert len(server.calls) == 4
