"""Email steps against a real SMTP server."""

from __future__ import annotations

import base64
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from flowforge_provider.exceptions import StepError
from tests.integration.operators.loopback import free_port, make_certificate, running_loopback, wait_until
from tests.support.smtp_server import SmtpServer, running_smtp_server
from tests.support.steps import run_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.operators.runtime import FakeRun

pytestmark = pytest.mark.integration

MAIL = {
    "connection_id": "mail_server",
    "sender": "Shop <shop@example.com>",
    "to": ["ann@example.com"],
    "subject": "Hello",
    "text": "Hello Ann",
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    with running_smtp_server() as running:
        connect(monkeypatch, running)
        yield running


def connect(monkeypatch: pytest.MonkeyPatch, server: SmtpServer, **extra: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MAIL_SERVER", json.dumps(server.connection(**extra)))


def run_email(parameters: dict[str, Any] | None = None, **options: Any) -> FakeRun:
    return run_of("email.send", {**MAIL, **(parameters or {})}, **options)


def send(parameters: dict[str, Any] | None = None, **options: Any) -> Any:
    return run_email(parameters, **options).execute("step")


def error_of(run: FakeRun) -> StepError:
    """Return the error of a step that fails, as the retry rules see it."""
    with pytest.raises((StepError, AirflowFailException)) as caught:
        run.execute("step")
    error = caught.value if isinstance(caught.value, StepError) else caught.value.__cause__
    assert isinstance(error, StepError)
    return error


def test_sends_a_plain_message(server: SmtpServer) -> None:
    output = send()
    (mail,) = server.mails
    assert (mail.mail_from, mail.recipients) == ("shop@example.com", ["ann@example.com"])
    assert mail.message["From"] == "Shop <shop@example.com>"
    assert mail.message["Subject"] == "Hello"
    assert mail.message.get_content_type() == "text/plain"
    assert mail.message.get_content().strip() == "Hello Ann"
    assert mail.message["Message-ID"] == output["message_id"] == output["id"]
    assert mail.message["Message-ID"].endswith("@example.com>")
    assert mail.message["Date"]
    assert output["accepted"] == ["ann@example.com"]
    assert output["rejected"] == []
    assert output["response"] == "2.0.0 OK queued as 1"
    assert output["provider"] == "smtp"


def test_all_recipients_get_it_and_bcc_is_seen_by_nobody(server: SmtpServer) -> None:
    send(
        {
            "to": ["Ann Lee <ann@example.com>, bob@example.com", "{{ trigger.body.more }}"],
            "cc": ['"Day, Cleo" <cleo@example.com>'],
            "bcc": ["dora@example.com", "ann@example.com"],
            "reply_to": ["Help <help@example.com>"],
            "headers": [{"name": "X-Order", "value": "{{ trigger.body.id }} – ü"}],
        },
        body={"more": ["eve@example.com", "Finn <finn@example.com>"], "id": 7},
    )
    (mail,) = server.mails
    names = ["ann", "bob", "eve", "finn", "cleo", "dora"]
    assert mail.recipients == [f"{name}@example.com" for name in names]
    assert (
        mail.message["To"]
        == "Ann Lee <ann@example.com>, bob@example.com, eve@example.com, Finn <finn@example.com>"
    )
    assert mail.message["Cc"] == '"Day, Cleo" <cleo@example.com>'
    assert mail.message["Reply-To"] == "Help <help@example.com>"
    assert mail.message["X-Order"] == "7 – ü"
    assert b"dora" not in mail.content


def test_a_message_to_hidden_recipients_alone(server: SmtpServer) -> None:
    send({"to": [], "bcc": ["dora@example.com"]})
    assert server.mails[0].recipients == ["dora@example.com"]
    assert server.mails[0].message["To"] == "undisclosed-recipients:;"


def test_markdown_becomes_html_with_a_text_beside_it(server: SmtpServer) -> None:
    send(
        {
            "body_type": "markdown",
            "text": "",
            "markdown": "# Hi\n\n**Ann** <b>&</b> [site](https://a.example)",
        }
    )
    message = server.mails[0].message
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert "<strong>Ann</strong> &lt;b&gt;&amp;&lt;/b&gt;" in html.get_content()
    assert text.get_content().split() == ["Hi", "Ann", "<b>&</b>", "site", "(https://a.example)"]


def test_html_with_a_text_of_its_own(server: SmtpServer) -> None:
    send({"body_type": "html", "html": "<p>Ünï <b>x</b></p>", "text": "own words"})
    text, html = server.mails[0].message.iter_parts()
    assert html.get_content().strip() == "<p>Ünï <b>x</b></p>"
    assert text.get_content().strip() == "own words"


def test_files_of_steps_are_attached_and_images_shown_inline(server: SmtpServer) -> None:
    csv = {
        "filename": "r.csv",
        "content_type": "text/csv; charset=UTF-8",
        "size": 3,
        "base64": base64.b64encode(b"a,b").decode(),
    }
    logo = {
        "filename": "logo.png",
        "content_type": "image/png",
        "base64": base64.b64encode(b"\x89PNG").decode(),
    }
    send(
        {
            "body_type": "html",
            "html": '<img src="cid:logo">',
            "attachments": [
                {"file": "{{ trigger.body.csv }}", "filename": "отчёт.csv"},
                {"file": "{{ [trigger.body.csv, trigger.body.logo] }}"},
                {"file": "{{ trigger.body.logo }}", "content_id": "logo"},
            ],
        },
        body={"csv": csv, "logo": logo},
    )
    message = server.mails[0].message
    attached = [
        (part.get_filename(), part.get_content_type(), part.get_content())
        for part in message.iter_attachments()
    ]
    assert attached == [
        ("отчёт.csv", "text/csv", "a,b"),
        ("r.csv", "text/csv", "a,b"),
        ("logo.png", "image/png", b"\x89PNG"),
    ]
    (image,) = [part for part in message.walk() if part["Content-ID"] == "<logo>"]
    assert image.get_content() == b"\x89PNG"
    assert image.get_content_disposition() == "inline"


def test_a_file_from_an_address_is_attached(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_loopback() as web:
        monkeypatch.setenv("AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS", "")
        refused = error_of(run_email({"attachments": [{"source": "url", "url": web.url}]}))
        monkeypatch.setenv("AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS", "127.0.0.0/8")
        send({"attachments": [{"source": "url", "url": f"{web.url}/body?type=image/png&hex=8950"}]})
        with pytest.raises(StepError) as caught:
            run_email({"attachments": [{"source": "url", "url": f"{web.url}/status/503"}]}).execute(
                "step", max_tries=1
            )
    (part,) = server.mails[0].message.iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (
        "body",
        "image/png",
        b"\x89\x50",
    )
    assert (caught.value.error_code, caught.value.status) == ("http-status", 503)
    assert refused.error_code == "http-denied"
    assert len(server.mails) == 1


def test_what_is_no_file_is_told(server: SmtpServer) -> None:
    run = run_email({"attachments": [{"file": "{{ trigger.body.file }}"}]}, body={"file": {"name": "x"}})
    error = error_of(run)
    assert error.error_code == "not-a-file"
    assert "attachments.0" in error.message
    assert server.mails == []


def test_international_addresses(server: SmtpServer) -> None:
    send({"to": ["Jürgen <jürgen@bücher.example>", "ann@пример.example"]})
    (mail,) = server.mails
    assert mail.recipients == ["jürgen@xn--bcher-kva.example", "ann@xn--e1afmkfd.example"]
    assert "SMTPUTF8" in mail.options
    assert "Jürgen <jürgen@xn--bcher-kva.example>".encode() in mail.content


def test_an_international_domain_needs_nothing_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_smtp_server(international=False) as server:
        connect(monkeypatch, server)
        send({"to": ["Ёж <ann@пример.example>"]})
        assert server.mails[0].recipients == ["ann@xn--e1afmkfd.example"]
        assert server.mails[0].message["To"] == "Ёж <ann@xn--e1afmkfd.example>"
        error = error_of(run_email({"to": ["jürgen@example.com"]}))
    assert error.error_code == "smtp-international"
    assert not error.retryable


def test_all_wrong_addresses_are_told_before_anything_is_sent(server: SmtpServer) -> None:
    run = run_email(
        {
            "to": ["{{ trigger.body.a }}", "ann@example.com"],
            "cc": ["{{ trigger.body.b }}"],
            "sender": "{{ trigger.body.c }}",
        },
        body={"a": ["good@example.com", "bad"], "b": "x@y@z", "c": "a@b.example, c@d.example"},
    )
    error = error_of(run)
    assert error.error_code == "wrong-parameter"
    assert [problem["field"] for problem in error.detail] == ["sender", "to.0", "cc.0"]
    assert server.commands == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"subject": "{{ trigger.body }}"},
        {"to": ["{{ trigger.body }}"]},
        {"sender": "{{ trigger.body }}"},
        {"reply_to": ["Ann {{ trigger.body }} <ann@example.com>"]},
        {"headers": [{"name": "X-A", "value": "{{ trigger.body }}"}]},
        {"attachments": [{"file": {"base64": ""}, "filename": "{{ trigger.body }}"}]},
    ],
)
@pytest.mark.parametrize("separator", ["\n", "\r\n", "\r", "\x85", "\u2028", "\0"])
def test_no_header_can_be_injected(server: SmtpServer, parameters: Any, separator: str) -> None:
    error = error_of(run_email(parameters, body=f"a@example.com{separator}Bcc: eve@example.com"))
    assert error.error_code == "wrong-parameter"
    assert server.commands == []


def test_the_name_of_a_file_injects_nothing(server: SmtpServer) -> None:
    file = {
        "filename": 'a"\r\nBcc: eve@example.com\r\n.csv',
        "content_type": "text/csv\r\nX: y",
        "base64": "YQ==",
    }
    send({"attachments": [{"file": "{{ trigger.body }}"}]}, body=file)
    message = server.mails[0].message
    (part,) = message.iter_attachments()
    assert message["Bcc"] is None
    assert part["X"] is None
    assert part.get_content_type() == "text/csv"
    assert part.get_filename() == 'a"Bcc: eve@example.com.csv'


def test_half_a_character_does_no_harm(server: SmtpServer) -> None:
    send({"subject": "{{ trigger.body }}", "text": "{{ trigger.body }}"}, body="a\ud800b")
    assert server.mails[0].message["Subject"] == "a\ufffdb"


@pytest.mark.parametrize("field", ["tags", "scheduled_at"])
def test_what_only_resend_offers_is_refused(server: SmtpServer, field: str) -> None:
    value = {"tags": [{"name": "a", "value": "b"}], "scheduled_at": "2030-01-01T00:00:00Z"}[field]
    error = error_of(run_email({field: value}))
    assert (error.error_code, error.retryable) == ("email-not-offered", False)
    assert server.commands == []


def test_nobody_to_write_to(server: SmtpServer) -> None:
    assert error_of(run_email({"to": ["{{ trigger.body }}"]}, body=[])).error_code == "no-recipient"
    assert error_of(run_email({"text": "{{ trigger.body }}"}, body="")).error_code == "empty-message"
    assert error_of(run_email({"sender": ""})).error_code == "no-sender"
    assert server.mails == []


def test_the_sender_of_the_connection(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, server, from_email="Desk <desk@example.com>")
    send({"sender": ""})
    assert server.mails[0].message["From"] == "Desk <desk@example.com>"


def test_login_over_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    with running_smtp_server(login=("ann", "s3cret"), certificate=certificate) as server:
        connect(monkeypatch, server, disable_tls=False)
        untrusted = error_of(run_email())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        send()
        connect(monkeypatch, SmtpServer(server.host, server.port, login=("ann", "wrong")), disable_tls=False)
        refused = error_of(run_email())
        connect(monkeypatch, server, disable_tls=False, ssl_context="none")
        send()
    assert [(mail.is_encrypted, mail.login) for mail in server.mails] == [(True, "ann")] * 2
    assert (untrusted.error_code, untrusted.kind) == ("smtp-tls", None)
    assert (refused.error_code, refused.retryable) == ("smtp-login", False)
    assert "wrong" not in refused.message


def test_encrypted_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running_smtp_server(certificate=certificate, from_the_start=True) as server:
        # What the form of a new connection says: both kinds of encryption are left on.
        connect(monkeypatch, server, disable_ssl=False, disable_tls=False)
        send()
    assert server.mails[0].is_encrypted


def test_tls_settings_that_do_not_fit_are_told(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, server, disable_ssl=False)
    assert "Disable SSL" in error_of(run_email()).message
    connect(monkeypatch, server, disable_tls=False)
    assert error_of(run_email()).error_code == "smtp-settings"


def test_some_recipients_are_refused(server: SmtpServer) -> None:
    server.replies["RCPT bad@example.com"] = "550 5.1.1 No such user"
    output = send({"to": ["ann@example.com", "bad@example.com"]})
    assert output["accepted"] == ["ann@example.com"]
    assert output["rejected"] == [
        {"address": "bad@example.com", "status": 550, "message": "5.1.1 No such user"}
    ]


@pytest.mark.parametrize(
    ("command", "reply", "code", "kind", "retryable"),
    [
        ("RCPT", "550 5.1.1 No such user", "smtp-refused", None, False),
        ("RCPT", "450 4.2.1 Later", "smtp-temporary", "rate_limit", True),
        ("MAIL", "553 5.7.1 Sender not owned", "smtp-refused", None, False),
        ("MAIL", "421 4.7.0 Closing", "smtp-temporary", "connection", True),
        ("DATA", "451 4.3.0 Try again", "smtp-temporary", "rate_limit", True),
        ("DATA", "554 5.7.1 Spam", "smtp-refused", None, False),
        ("MAIL", "cut", "smtp-connection", "connection", True),
        ("DATA", "cut", "smtp-connection", "connection", True),
    ],
)
def test_refusals(  # noqa: PLR0917 (one parameter a fact)
    server: SmtpServer, command: str, reply: str, code: str, kind: str | None, retryable: bool
) -> None:
    server.replies[command] = reply
    error = error_of(run_email())
    assert (error.error_code, error.kind, error.retryable) == (code, kind, retryable)
    assert server.mails == []


def test_a_server_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, SmtpServer("127.0.0.1", free_port()))
    error = error_of(run_email())
    assert (error.error_code, error.kind) == ("smtp-connection", "connection")


def test_a_server_that_is_slow(server: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, server, timeout=1)
    server.replies["MAIL"] = "wait"
    error = error_of(run_email())
    assert (error.error_code, error.kind) == ("smtp-timeout", "timeout")


def test_a_retry_after_a_lost_answer_has_the_same_message_id(server: SmtpServer) -> None:
    server.replies["DATA"] = "accept and cut"
    run = run_email()
    with pytest.raises(StepError) as caught:
        run.execute("step", max_tries=1)
    assert "may have it" in caught.value.message
    server.replies.clear()
    run.execute("step", try_number=2, max_tries=1)
    first, second = server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_a_sent_email_is_not_sent_again(server: SmtpServer) -> None:
    run = run_email()
    first = run.execute("step")
    assert run.execute("step", try_number=2) == first
    assert len(server.mails) == 1
    send()  # Another run of the same workflow has its own store; the fake one starts empty.
    assert len(server.mails) == 2


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
def test_a_cancelled_step_stops_at_once(server: SmtpServer, command: str) -> None:
    server.replies[command] = "wait"
    run = run_email()
    errors: list[BaseException] = []

    def execute() -> None:
        try:
            run.execute("step")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_until(lambda: any(seen.startswith(command) for seen in server.commands))
    started = time.monotonic()
    run.operator("step").on_kill()
    thread.join(3)
    assert not thread.is_alive()
    assert time.monotonic() - started < 2
    assert isinstance(errors[0], StepError)
    assert errors[0].error_code == "smtp-stopped"


def test_a_connection_of_another_type_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_MAIL_SERVER", json.dumps({"conn_type": "http", "host": "x"}))
    assert error_of(run_email()).error_code == "connection-type"
    assert error_of(run_email({"connection_id": "nowhere"})).error_code == "missing-connection"


def test_the_record_of_the_step_shows_no_password(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_email()
    run.execute("step")
    assert "password" not in json.dumps(run.input("step"))


def test_a_step_that_runs_longer_than_its_timeout_is_stopped(server: SmtpServer) -> None:
    server.replies["MAIL"] = "wait"
    started = time.monotonic()
    limit = timeout(1)  # type: ignore[no-untyped-call]
    with pytest.raises(AirflowTaskTimeout), limit:
        run_email().execute("step")
    assert time.monotonic() - started < 3


def test_a_step_that_was_killed_before_it_sends_sends_nothing(server: SmtpServer) -> None:
    run = run_email()
    run.operator("step").on_kill()
    with pytest.raises(StepError, match="stopped"):
        run.execute("step")
    assert not server.commands
