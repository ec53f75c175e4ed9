"""What callbacks of hand-written Dags tell."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.notifications.base import ALERT_KEY, FlowForgeNotifier

STARTED = datetime(2026, 1, 5, 9, 0, tzinfo=timezone.utc)


class Remembering(FlowForgeNotifier):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


def make_context(**fields: Any) -> dict[str, Any]:
    run = SimpleNamespace(dag_id="nightly", run_id="manual__1", state="failed", start_date=STARTED)
    ti = SimpleNamespace(
        dag_id="nightly", run_id="manual__1", task_id="load", state="failed", try_number=2, max_tries=1
    )
    return {"dag_run": run, "ti": ti, "exception": ValueError("no such table"), **fields}


@pytest.fixture(autouse=True)
def _base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example")
    # Where senders reach webhooks, and nobody a page.
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__PUBLIC_BASE_URL", "https://hooks.example")


def test_a_task_that_failed() -> None:
    notifier = Remembering()
    notifier(make_context())
    (message,) = notifier.sent
    assert message["title"] == 'nightly: step "load" failed'
    assert "no such table" in message["text"]
    # FlowForge knows no executions of Dags that it has not made.
    assert [link["url"] for link in message["links"]] == [
        "https://airflow.example/dags/nightly/runs/manual__1"
    ]


def test_a_task_that_is_tried_again_and_an_error_with_a_status() -> None:
    notifier = Remembering(language="ru")
    error = StepError("The service answered 503.", code="http-status", detail={"status": 503}, status=503)
    context = make_context(exception=error)
    context["ti"].state = "up_for_retry"
    notifier(context)
    (message,) = notifier.sent
    assert message["kind"] == "retry"
    assert "Код HTTP: 503" in message["text"]


def test_a_dag_that_failed_or_succeeded_without_a_task() -> None:
    notifier = Remembering()
    notifier({"dag_run": make_context()["dag_run"], "reason": "task_failure"})
    succeeded = SimpleNamespace(dag_id="nightly", run_id="manual__2", state="success", start_date=STARTED)
    notifier({"dag_run": succeeded, "reason": "success"})
    assert [message["kind"] for message in notifier.sent] == ["failure", "recovery"]


def test_a_deadline_is_awaited() -> None:
    run = {"dag_id": "nightly", "dag_run_id": "manual__1", "run_id": "manual__1"}

    async def miss() -> Remembering:
        notifier = Remembering(context={"dag_run": run, "deadline": {"id": "1"}})
        await notifier
        return notifier

    (message,) = asyncio.run(miss()).sent
    assert message["kind"] == "long_run"
    assert message["title"] == "nightly: has missed its deadline"


def test_a_finished_message_goes_on_as_it_is() -> None:
    notifier = Remembering()
    notifier({ALERT_KEY: {"id": "1", "title": "Told"}})
    assert notifier.sent == [{"id": "1", "title": "Told"}]
