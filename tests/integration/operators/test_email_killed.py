"""Email steps whose worker is killed: what the recipients get in the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.killed_step import KilledStep
from tests.support.resend_server import ResendServer, running_resend_server
from tests.support.smtp_server import SmtpServer, running_smtp_server
from tests.support.steps import graph_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

MAIL = {"sender": "shop@example.com", "to": ["ann@example.com"], "subject": "Hello", "text": "Hello Ann"}


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with running_smtp_server() as running:
        yield running


@pytest.fixture
def resend() -> Iterator[ResendServer]:
    with running_resend_server() as running:
        yield running


def step_of(server: Any, tmp_path: Path, **parameters: Any) -> KilledStep:
    graph = graph_of("email.send", {"connection_id": "mail", **MAIL, **parameters})
    environment = {"AIRFLOW_CONN_MAIL": json.dumps(server.connection(timeout=20))}
    return KilledStep(graph, "step", environment=environment, state_file=tmp_path / "state.json")


def test_smtp_killed_before_it_sends(smtp: SmtpServer, tmp_path: Path) -> None:
    step = step_of(smtp, tmp_path)
    step.kill(at="before")
    assert smtp.commands == []
    assert step.finish().error is None
    assert len(smtp.mails) == 1


def test_smtp_killed_while_the_answer_is_awaited_sends_twice_with_one_message_id(
    smtp: SmtpServer, tmp_path: Path
) -> None:
    smtp.replies["DATA"] = "accept and wait"
    step = step_of(smtp, tmp_path)
    step.kill(at="during", when=lambda: smtp.mails)
    smtp.replies.clear()
    assert step.finish().error is None
    first, second = (mail.message["Message-ID"] for mail in smtp.mails)
    assert first == second


def test_smtp_killed_before_the_message_was_handed_over(smtp: SmtpServer, tmp_path: Path) -> None:
    smtp.replies["RCPT"] = "wait"
    step = step_of(smtp, tmp_path)
    step.kill(at="during", when=lambda: any(command.startswith("RCPT") for command in smtp.commands))
    smtp.replies.clear()
    assert step.finish().error is None
    assert len(smtp.mails) == 1


def test_smtp_killed_after_it_has_sent(smtp: SmtpServer, tmp_path: Path) -> None:
    step = step_of(smtp, tmp_path)
    step.kill(at="after")
    assert len(smtp.mails) == 1
    result = step.finish()
    assert result.error is None
    assert result.output["message_id"] == smtp.mails[0].message["Message-ID"]
    assert len(smtp.mails) == 1


def test_resend_killed_before_it_sends(resend: ResendServer, tmp_path: Path) -> None:
    step = step_of(resend, tmp_path)
    step.kill(at="before")
    assert resend.requests == []
    assert step.finish().output["id"] in resend.emails


def test_resend_killed_while_the_answer_is_awaited_sends_once(resend: ResendServer, tmp_path: Path) -> None:
    resend.script = ["take and wait"]
    step = step_of(resend, tmp_path)
    step.kill(at="during", when=lambda: resend.emails)
    result = step.finish()
    assert result.error is None
    assert list(resend.emails) == [result.output["id"]]
    assert len(resend.requests) == 2


def test_resend_killed_after_it_has_sent(resend: ResendServer, tmp_path: Path) -> None:
    step = step_of(resend, tmp_path)
    step.kill(at="after")
    result = step.finish()
    assert list(resend.emails) == [result.output["id"]]
    assert len(resend.requests) == 1


def test_resend_sends_once_even_where_nothing_is_remembered(resend: ResendServer, tmp_path: Path) -> None:
    step = step_of(resend, tmp_path)
    step.kill(at="after")
    (tmp_path / "state.json").unlink()
    assert list(resend.emails) == [step.finish().output["id"]]
    assert len(resend.requests) == 2
