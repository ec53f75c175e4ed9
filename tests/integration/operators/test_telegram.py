"""Telegram steps: the real python-telegram-bot against a loopback Bot API server."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowTaskTimeout
from airflow.sdk.execution_time.timeout import timeout

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.telegram import BotHook
from tests.integration.operators.loopback import free_port, wait_until
from tests.support.steps import run_of
from tests.support.telegram_server import TelegramServer, running_telegram_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.operators.runtime import FakeRun

pytestmark = pytest.mark.integration

MESSAGE = {"connection_id": "telegram", "chats": ["-100"], "text": "Hello"}


def file(name: str = "a.png", content: bytes = b"\x89PNG") -> dict[str, Any]:
    return {"filename": name, "content_type": "image/png", "base64": base64.b64encode(content).decode()}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramServer]:
    with running_telegram_server() as running:
        running.chats.update({"-100": "member", "-200": "member", "7": "member", "@news": "member"})
        connect(monkeypatch, running)
        yield running


def connect(monkeypatch: pytest.MonkeyPatch, server: TelegramServer, **options: Any) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TELEGRAM", json.dumps(server.connection(**options)))


def run_telegram(parameters: dict[str, Any] | None = None, **options: Any) -> FakeRun:
    return run_of("telegram.send", {**MESSAGE, **(parameters or {})}, **options)


def send(parameters: dict[str, Any] | None = None, **options: Any) -> Any:
    return run_telegram(parameters, **options).execute("step")


def error_of(run: FakeRun, *, try_number: int = 1) -> StepError:
    """Return the error of a step that fails, as the retry rules see it."""
    with pytest.raises((StepError, AirflowFailException)) as caught:
        run.execute("step", try_number=try_number)
    error = caught.value if isinstance(caught.value, StepError) else caught.value.__cause__
    assert isinstance(error, StepError)
    return error


def test_sends_a_text(server: TelegramServer) -> None:
    output = send()
    ((number, call),) = server.sent
    assert (number, call.method, call.fields) == (-100, "sendMessage", {"chat_id": "-100", "text": "Hello"})
    result = {"chat": "-100", "chat_id": -100, "message_ids": [101], "migrated": False}
    assert output == {"message_id": 101, "results": [result]}
    assert len(server.calls) == 1


def test_all_options_of_a_text(server: TelegramServer) -> None:
    send(
        {
            "text": "<b>{{ trigger.body | escape }}</b>",
            "format": "html",
            "link_preview": False,
            "silent": True,
            "protect_content": True,
            "topic_id": 5,
            "reply_to": 42,
            "buttons": [
                {"text": "One", "url": "https://a.example/1"},
                {"text": "Two", "url": "https://a.example/2", "new_row": False},
                {"text": "Three", "url": "tg://resolve?domain=x"},
            ],
        },
        body="1 < 2",
    )
    fields = server.sent[0][1].fields
    assert fields == {
        "chat_id": "-100",
        "text": "<b>1 &lt; 2</b>",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": "true",
        "protect_content": "true",
        "message_thread_id": "5",
        "reply_parameters": {"message_id": 42, "allow_sending_without_reply": True},
        "reply_markup": {
            "inline_keyboard": [
                [
                    {"text": "One", "url": "https://a.example/1"},
                    {"text": "Two", "url": "https://a.example/2"},
                ],
                [{"text": "Three", "url": "tg://resolve?domain=x"}],
            ]
        },
    }


@pytest.mark.parametrize(
    ("text_format", "text"),
    [
        ("plain", "_not_ *marked* <b>&amp; [x](y) \\."),
        ("html", "<b>a</b> &lt; <a href='https://a.example'>x</a>"),
        ("markdown_v2", "*a* _b_ __c__ `d_e` [x](https://a.example) 1\\.0"),
    ],
)
def test_formats(server: TelegramServer, text_format: str, text: str) -> None:
    send({"format": text_format, "text": text})
    assert server.texts() == [text]


def test_wrong_formatting_is_told(server: TelegramServer) -> None:
    error = error_of(run_telegram({"format": "markdown_v2", "text": "1.0"}))
    assert (error.error_code, error.retryable, error.status) == ("telegram-refused", False, 400)
    assert "Can't parse entities" in error.message


def test_long_text_is_split_between_words(server: TelegramServer) -> None:
    text = "word 😀 " * 1500
    output = send({"text": text, "reply_to": 9, "buttons": [{"text": "x", "url": "https://a.example"}]})
    assert "".join(server.texts()) == text
    assert len(server.sent) == len(output["results"][0]["message_ids"]) == 3
    calls = [call.fields for _, call in server.sent]
    assert ["reply_markup" in call for call in calls] == [False, False, True]
    assert ["reply_parameters" in call for call in calls] == [True, False, False]


@pytest.mark.parametrize(
    ("text_format", "text"),
    [
        ("html", "<b>bold <i>and more</i> &amp; </b>" * 400),
        ("markdown_v2", "*bold _and more_ \\. __under__* " * 400),
    ],
)
def test_long_formatted_text_stays_formatted(server: TelegramServer, text_format: str, text: str) -> None:
    send({"text": text, "format": text_format})
    assert len(server.sent) >= 2


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("photo", "sendPhoto"),
        ("document", "sendDocument"),
        ("video", "sendVideo"),
        ("audio", "sendAudio"),
        ("animation", "sendAnimation"),
    ],
)
def test_media_of_each_kind_from_each_source(server: TelegramServer, kind: str, method: str) -> None:
    sources = [
        {"source": "step", "file": "{{ trigger.body }}", "filename": "named.bin"},
        {"source": "url", "url": "https://a.example/x.png"},
        {"source": "file_id", "file_id": "AgACAgIAAx"},
    ]
    for source in sources:
        send({"media": [{"kind": kind, **source}], "text": "Look"}, body=file())
    calls = [call for _, call in server.sent]
    assert [call.method for call in calls] == [method] * 3
    assert [call.fields["caption"] for call in calls] == ["Look"] * 3
    ((name, content),) = calls[0].files.values()
    assert (name, content) == ("named.bin", b"\x89PNG")
    assert [call.fields[kind] for call in calls[1:]] == ["https://a.example/x.png", "AgACAgIAAx"]


def test_albums(server: TelegramServer) -> None:
    output = send(
        {
            "text": "Twelve",
            "media": [
                {"kind": "photo", "file": "{{ trigger.body }}"},
                {"kind": "video", "source": "url", "url": "https://a.example/v.mp4"},
                {"kind": "document", "source": "file_id", "file_id": "x1"},
                {"kind": "document", "source": "file_id", "file_id": "x2"},
                {"kind": "animation", "source": "file_id", "file_id": "x3"},
            ],
        },
        body=[file(f"{number}.png", b"%d" % number) for number in range(10)],
    )
    calls = [call for _, call in server.sent]
    assert [call.method for call in calls] == [
        "sendMediaGroup",
        "sendVideo",
        "sendMediaGroup",
        "sendAnimation",
    ]
    first = calls[0].fields["media"]
    assert [item.get("caption") for item in first] == ["Twelve"] + [None] * 9
    names = [calls[0].files[item["media"].removeprefix("attach://")] for item in first]
    assert names == [(f"{number}.png", b"%d" % number) for number in range(10)]
    assert len(output["results"][0]["message_ids"]) == 10 + 1 + 2 + 1


def test_a_long_caption_follows_as_a_message(server: TelegramServer) -> None:
    send({"media": [{"file": "{{ trigger.body }}"}], "text": "x" * 1024}, body=file())
    send({"media": [{"file": "{{ trigger.body }}"}], "text": "x" * 1025}, body=file())
    assert [call.method for _, call in server.sent] == ["sendPhoto", "sendPhoto", "sendMessage"]
    assert server.texts() == ["x" * 1024, "", "x" * 1025]


def test_buttons_with_an_album_go_under_the_text_behind_it(server: TelegramServer) -> None:
    media = [{"file": "{{ [trigger.body, trigger.body] }}"}]
    buttons = [{"text": "x", "url": "https://a.example"}]
    send({"media": media, "buttons": buttons}, body=file())
    assert [call.method for _, call in server.sent] == ["sendMediaGroup", "sendMessage"]
    error = error_of(run_telegram({"media": media, "buttons": buttons, "text": ""}, body=file()))
    assert error.error_code == "telegram-buttons"


def test_several_chats(server: TelegramServer) -> None:
    output = send({"chats": ["-100, @news", "{{ trigger.body }}"]}, body=[7, -200, -100])
    assert [(result["chat"], result["chat_id"]) for result in output["results"]] == [
        ("-100", -100),
        ("@news", -1_009_999),
        ("7", 7),
        ("-200", -200),
    ]
    assert len(server.sent) == 4


def test_the_chat_of_the_connection(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert error_of(run_telegram({"chats": []})).error_code == "no-chat"
    connect(monkeypatch, server, chat="-200")
    assert send({"chats": []})["results"][0]["chat_id"] == -200


def test_a_chat_that_fails_keeps_no_other_from_its_message(server: TelegramServer) -> None:
    server.chats["7"] = "blocked"
    run = run_telegram({"chats": ["-100", "7", "5", "-200"]})
    error = error_of(run)
    assert (error.error_code, error.retryable, error.status) == ("telegram-forbidden", False, 403)
    assert "blocked by the user" in error.message
    assert "2 of 4 chats have it" in error.message
    assert [(chat["chat"], chat["sent_parts"], bool(chat["error"])) for chat in error.detail["chats"]] == [
        ("-100", 1, False),
        ("7", 0, True),
        ("5", 0, True),
        ("-200", 1, False),
    ]
    assert "Chat not found" in error.detail["chats"][2]["error"]


def test_another_try_sends_only_what_is_missing(server: TelegramServer) -> None:
    text = "word " * 1200
    server.script = [None, None, None, 429]
    run = run_telegram({"chats": ["-100", "-200", "7"], "text": text})
    error = error_of(run)
    assert (error.error_code, error.kind, error.status, error.retry_after_s) == (
        "telegram-rate-limit",
        "rate_limit",
        429,
        7,
    )
    assert [chat["sent_parts"] for chat in error.detail["chats"]] == [2, 1, 0]
    assert len(server.calls) == 4
    output = run.execute("step", try_number=2)
    for chat in (-100, -200, 7):
        assert "".join(server.texts(chat)) == text
    assert [len(result["message_ids"]) for result in output["results"]] == [2, 2, 2]
    assert run.execute("step", try_number=3) == output
    assert len(server.sent) == 6


def test_a_group_that_has_become_a_supergroup(server: TelegramServer) -> None:
    server.chats.update({"-300": -1003, "-1003": "member"})
    text = "word " * 1200
    output = send({"chats": ["-300"], "text": text})
    assert output["results"] == [
        {"chat": "-300", "chat_id": -1003, "message_ids": [101, 102], "migrated": True}
    ]
    assert "".join(server.texts(-1003)) == text
    assert len(server.calls) == 3


@pytest.mark.parametrize(
    ("step", "code", "kind", "status", "retryable"),
    [
        (400, "telegram-refused", None, 400, False),
        (401, "telegram-token", None, 401, False),
        (403, "telegram-forbidden", None, 403, False),
        (413, "telegram-refused", None, 413, False),
        (500, "telegram-failed", None, 500, True),
        (502, "telegram-failed", None, 502, True),
        ("cut", "telegram-connection", "connection", None, True),
        ("drop", "telegram-connection", "connection", None, True),
    ],
)
def test_refusals(  # noqa: PLR0917 (one parameter a fact)
    server: TelegramServer, step: Any, code: str, kind: str | None, status: int | None, retryable: bool
) -> None:
    server.script = [step]
    error = error_of(run_telegram())
    assert (error.error_code, error.kind, error.status, error.retryable) == (code, kind, status, retryable)


def test_a_lost_answer_may_send_twice(server: TelegramServer) -> None:
    server.script = ["cut"]
    run = run_telegram()
    with pytest.raises(StepError):
        run.execute("step", max_tries=1)
    run.execute("step", try_number=2, max_tries=1)
    assert len(server.sent) == 2


def test_a_service_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, TelegramServer(url=f"http://127.0.0.1:{free_port()}", token="1:x"))
    error = error_of(run_telegram({"chats": ["-100", "-200"]}))
    assert (error.error_code, error.kind) == ("telegram-connection", "connection")


def test_a_service_that_is_slow(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, server, timeout=0.5)
    server.script = ["wait"]
    error = error_of(run_telegram())
    assert (error.error_code, error.kind) == ("telegram-timeout", "timeout")


def test_a_cancelled_step_stops_at_once(server: TelegramServer) -> None:
    server.script = [None, "wait"]
    run = run_telegram({"chats": ["-100", "-200", "7"]})
    errors: list[BaseException] = []

    def execute() -> None:
        try:
            run.execute("step")
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_until(lambda: len(server.calls) == 2)
    started = time.monotonic()
    run.operator("step").on_kill()
    thread.join(3)
    assert not thread.is_alive()
    assert time.monotonic() - started < 2
    assert isinstance(errors[0], StepError)
    assert errors[0].error_code == "telegram-stopped"
    assert len(server.calls) == 2


def test_the_token_is_nowhere_to_be_read(
    server: TelegramServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send()
    connect(monkeypatch, TelegramServer(url="http://127.0.0.1:1", token=server.token))
    run = run_telegram()
    error = error_of(run)
    assert server.token not in error.message + json.dumps(error.detail) + json.dumps(run.error("step"))
    ours = [
        record.getMessage() for record in caplog.records if record.name.startswith(("httpx", "flowforge"))
    ]
    assert server.token not in "\n".join(ours)


def test_nothing_to_send(server: TelegramServer) -> None:
    assert error_of(run_telegram({"text": "{{ trigger.body }}"}, body=" \n")).error_code == "empty-message"
    media = [{"source": "url", "url": "{{ trigger.body }}"}]
    assert error_of(run_telegram({"media": media}, body="ftp://x")).error_code == "missing-file"
    assert (
        error_of(run_telegram({"chats": ["{{ trigger.body }}"]}, body="Ann")).error_code == "wrong-parameter"
    )
    assert server.calls == []


@pytest.mark.parametrize("source", ["file_id", "url"])
@pytest.mark.parametrize("given", ["secret", "./secret", "{folder}/secret", "file://{folder}/secret"])
def test_no_file_of_the_worker_can_be_sent(
    server: TelegramServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text("s3cret")
    body = given.format(folder=tmp_path)
    for count in (1, 2):
        media = [{"source": source, source: "{{ trigger.body }}"}] * count
        assert error_of(run_telegram({"media": media}, body=body)).error_code in (
            "wrong-parameter",
            "missing-file",
        )
    assert server.calls == []


def test_half_a_character_does_no_harm(server: TelegramServer) -> None:
    send({"text": "{{ trigger.body }}"}, body="a\ud800b")
    assert server.texts() == ["a\ufffdb"]


def test_the_connection_can_be_tested(server: TelegramServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert BotHook("telegram").test_connection() == (True, "Telegram knows the bot as @loopback_bot.")
    connect(monkeypatch, TelegramServer(url=server.url, token="1:wrong"))
    works, told = BotHook("telegram").test_connection()
    assert not works
    assert "token" in told
    connect(monkeypatch, TelegramServer(url=server.url, token=""))
    assert error_of(run_telegram()).error_code == "telegram-token"


def test_a_step_that_runs_longer_than_its_timeout_is_stopped(server: TelegramServer) -> None:
    server.script = ["wait"]
    started = time.monotonic()
    limit = timeout(1)  # type: ignore[no-untyped-call]
    with pytest.raises(AirflowTaskTimeout), limit:
        run_telegram().execute("step")
    assert time.monotonic() - started < 3


def test_a_step_that_was_killed_before_it_sends_sends_nothing(server: TelegramServer) -> None:
    run = run_telegram()
    run.operator("step").on_kill()
    with pytest.raises(StepError, match="stopped"):
        run.execute("step")
    assert not server.sent
