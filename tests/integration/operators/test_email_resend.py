"""Email steps through Resend's own SDK, against a server that checks what the API's reference asks."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import resend
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.resend import ResendHook
from tests.integration.operators.loopback import free_port, wait_until
from tests.support.resend_server import ResendServer, running_resend_server
from tests.support.steps import run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.operators.runtime import FakeRun

pytestmark = pytest.mark.integration

MAIL = {
    "connection_id": "resend",
    "sender": "Shop <shop@example.com>",
    "to": ["ann@example.com"],
    "subject": "Hello",
    "text": "Hello Ann",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ResendServer]:
    with running_resend_server() as running:
        connect(monkeypatch, running)
        yield running


def connect(monkeypatch: pytest.MonkeyPatch, server: ResendServer, **extra: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_RESEND", json.dumps(server.connection(**extra)))


def run_email(parameters: dict[str, Any] | None = None, **options: Any) -> FakeRun:
    return run_of("email.send", {**MAIL, **(parameters or {})}, **options)


def error_of(run: FakeRun) -> StepError:
    """Return the error of a step that fails, as the retry rules see it."""
    with pytest.raises((StepError, AirflowFailException)) as caught:
        run.execute("step")
    error = caught.value if isinstance(caught.value, StepError) else caught.value.__cause__
    assert isinstance(error, StepError)
    return error


def test_sends_what_the_parameters_say(server: ResendServer) -> None:
    file = {"filename": "r.csv", "content_type": "text/csv", "base64": base64.b64encode(b"a,b").decode()}
    output = run_email(
        {
            "to": ["Ann Lee <ann@example.com>", "bob@bücher.example"],
            "cc": ["cleo@example.com"],
            "bcc": ["dora@example.com"],
            "reply_to": ["Help <help@example.com>"],
            "body_type": "markdown",
            "text": "",
            "markdown": "**Hi**",
            "attachments": [
                {"file": "{{ trigger.body }}"},
                {"file": "{{ trigger.body }}", "content_id": "logo"},
            ],
            "headers": [{"name": "X-Order", "value": "7"}],
            "tags": [{"name": "kind", "value": "order"}],
            "scheduled_at": "2030-01-31T09:00:00+01:00",
        },
        body=file,
    ).execute("step")
    (email,) = server.emails.values()
    attachment = {"filename": "r.csv", "content": file["base64"], "content_type": "text/csv"}
    assert email == {
        "from": "Shop <shop@example.com>",
        "to": ["Ann Lee <ann@example.com>", "bob@xn--bcher-kva.example"],
        "cc": ["cleo@example.com"],
        "bcc": ["dora@example.com"],
        "reply_to": ["Help <help@example.com>"],
        "subject": "Hello",
        "text": "Hi",
        "html": "<p><strong>Hi</strong></p>\n",
        "attachments": [attachment, {**attachment, "content_id": "logo"}],
        "headers": {"X-Order": "7"},
        "tags": [{"name": "kind", "value": "order"}],
        "scheduled_at": "2030-01-31T08:00:00.000+00:00",
    }
    assert output == {
        "provider": "resend",
        "id": next(iter(server.emails)),
        "message_id": None,
        "accepted": ["ann@example.com", "bob@xn--bcher-kva.example", "cleo@example.com", "dora@example.com"],
        "rejected": [],
        "scheduled_at": "2030-01-31T08:00:00.000+00:00",
        "response": "",
    }


def test_a_time_without_a_zone_is_that_of_the_workflow(server: ResendServer) -> None:
    run = run_email({"scheduled_at": "2030-07-01 09:00"})
    run.operator("step").workflow_timezone = "Europe/Berlin"
    assert run.execute("step")["scheduled_at"] == "2030-07-01T07:00:00.000+00:00"


def test_each_try_carries_the_same_key_and_one_email_is_sent(server: ResendServer) -> None:
    server.script = ["take and cut"]
    run = run_email()
    with pytest.raises(StepError) as caught:
        run.execute("step", max_tries=2)
    assert (caught.value.error_code, caught.value.kind) == ("resend-connection", "connection")
    output = run.execute("step", try_number=2, max_tries=2)
    keys = [request["headers"]["idempotency-key"] for request in server.requests]
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert list(server.emails) == [output["id"]]


def test_other_content_on_a_later_try_is_not_sent(server: ResendServer) -> None:
    server.script = ["take and cut"]
    run = run_email({"subject": "Try {{ run.try_number }}"})
    with pytest.raises(StepError):
        run.execute("step", max_tries=2)
    with pytest.raises(AirflowFailException) as caught:
        run.execute("step", try_number=2, max_tries=2)
    assert run.error("step")["code"] == "resend-already-sent"
    assert "already sent" in str(caught.value)
    assert len(server.emails) == 1


def test_a_sent_email_asks_for_nothing_on_another_try(server: ResendServer) -> None:
    run = run_email()
    assert run.execute("step") == run.execute("step", try_number=2)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("step", "code", "kind", "status", "retryable"),
    [
        ((400, "validation_error"), "resend-refused", None, 400, False),
        ((401, "missing_api_key"), "resend-key", None, 401, False),
        ((403, "invalid_api_key"), "resend-key", None, 403, False),
        ((403, "validation_error"), "resend-refused", None, 403, False),
        ((409, "concurrent_idempotent_requests"), "resend-busy", "rate_limit", 409, True),
        ((422, "missing_required_field"), "resend-refused", None, 422, False),
        ((429, "rate_limit_exceeded"), "resend-rate-limit", "rate_limit", 429, True),
        ((429, "daily_quota_exceeded"), "resend-quota", None, 429, True),
        ((500, "application_error"), "resend-failed", None, 500, True),
        ("html", "resend-failed", None, 502, True),
        ("cut", "resend-connection", "connection", None, True),
    ],
)
def test_refusals(  # noqa: PLR0917 (one parameter a fact)
    server: ResendServer, step: Any, code: str, kind: str | None, status: int | None, retryable: bool
) -> None:
    server.script = [step]
    error = error_of(run_email())
    assert (error.error_code, error.kind, error.status, error.retryable) == (code, kind, status, retryable)
    assert server.key not in error.message


def test_waits_as_long_as_resend_asks(server: ResendServer) -> None:
    server.script = [(429, "rate_limit_exceeded")]
    server.headers["retry-after"] = "7"
    assert error_of(run_email()).retry_after_s == 7


def test_what_the_api_refuses_is_told(server: ResendServer) -> None:
    error = error_of(run_email({"to": [f"a{number}@example.com" for number in range(51)]}))
    assert error.error_code == "resend-refused"
    assert "more than 50 recipients" in error.message


def test_resend_needs_a_recipient_in_to(server: ResendServer) -> None:
    error = error_of(run_email({"to": [], "bcc": ["dora@example.com"]}))
    assert (error.error_code, error.retryable) == ("no-recipient", False)
    assert server.requests == []


def test_a_service_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, ResendServer(url=f"http://127.0.0.1:{free_port()}", key="re_1"))
    error = error_of(run_email())
    assert (error.error_code, error.kind) == ("resend-connection", "connection")


def test_a_service_that_is_slow(server: ResendServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, server, timeout=0.5)
    server.script = ["wait"]
    error = error_of(run_email())
    assert (error.error_code, error.kind) == ("resend-timeout", "timeout")


def test_a_cancelled_step_stops_at_once(server: ResendServer) -> None:
    server.script = ["wait"]
    run = run_email()
    errors: list[BaseException] = []

    def execute() -> None:
        try:
            run.execute("step")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_until(lambda: server.requests)
    started = time.monotonic()
    run.operator("step").on_kill()
    thread.join(3)
    assert not thread.is_alive()
    assert time.monotonic() - started < 2
    assert isinstance(errors[0], StepError)
    assert errors[0].error_code == "resend-stopped"


def test_a_key_in_the_environment_is_not_used(server: ResendServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resend, "api_key", "re_of_the_worker")
    run_email().execute("step")
    assert server.requests[0]["headers"]["authorization"] == f"Bearer {server.key}"
    assert resend.api_key == "re_of_the_worker"
    connect(monkeypatch, ResendServer(url=server.url, key=""))
    assert error_of(run_email()).error_code == "resend-key"


def test_the_sender_of_the_connection(server: ResendServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert error_of(run_email({"sender": ""})).error_code == "no-sender"
    connect(monkeypatch, server, from_email="Desk <desk@example.com>")
    run_email({"sender": ""}).execute("step")
    (email,) = server.emails.values()
    assert email["from"] == "Desk <desk@example.com>"


def test_the_connection_can_be_tested(server: ResendServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ResendHook("resend").test_connection() == (True, "Resend takes the key.")
    server.script = [(401, "restricted_api_key")]
    assert ResendHook("resend").test_connection()[0]
    server.script = [(403, "invalid_api_key")]
    works, told = ResendHook("resend").test_connection()
    assert not works
    assert "API key" in told
    connect(monkeypatch, ResendServer(url=server.url, key=""))
    assert not ResendHook("resend").test_connection()[0]


def test_a_step_that_runs_longer_than_its_timeout_is_stopped(server: ResendServer) -> None:
    server.script = ["wait"]
    started = time.monotonic()
    limit = timeout(1)  # type: ignore[no-untyped-call]
    with pytest.raises(AirflowTaskTimeout), limit:
        run_email().execute("step")
    assert time.monotonic() - started < 3


def test_a_step_that_was_killed_before_it_sends_sends_nothing(server: ResendServer) -> None:
    run = run_email()
    run.operator("step").on_kill()
    with pytest.raises(StepError, match="stopped"):
        run.execute("step")
    assert not server.emails
