"""Callers that wait for their workflow. Steps are played here; real ones: tests/integration/runs."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from anyio.to_thread import current_default_thread_limiter

from flowforge_provider.files import File
from flowforge_provider.inbox.files import keep_file, rows_of_files
from tests.factories import make_edge, make_graph, make_node
from tests.support.front_door import (
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/webhooks/orders"
REPLY = {
    "status": 201,
    "headers": {"content-type": "application/json", "location": "/orders/7"},
    "content": "json",
    "body": {"имя": "ё"},
    "responded_at": "2026-01-05T09:00:00.000000+00:00",
}


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    return client(None)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(20) as value:
        yield value


def publish(**parameters: Any) -> None:
    publish_graph(
        make_graph(
            make_webhook(**{"respond_limit_s": 60, **parameters}),
            make_node("answer", "respond", name="Tell the shop"),
            edges=[make_edge("hook", "answer")],
        )
    )


def run_of(stranger_calls: int = 1) -> list[str]:
    """Return the ids of the runs, once there are so many."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    def look() -> list[str] | None:
        with create_session() as session:
            found = list(session.scalars(select(DagRun.run_id).order_by(DagRun.id)))
        return found if len(found) >= stranger_calls else None

    runs: list[str] = wait_until(look, timeout_s=30)
    return runs


def play(run_id: str, *, state: str | None = None, step: str | None = None, reply: Any = None) -> None:
    """Play what workers would do: end the step that answers, and the run."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        if reply is not None:
            XComModel.set(
                key="return_value",
                value=reply,
                serialize=False,
                dag_id="orders",
                task_id="answer",
                run_id=run_id,
                session=session,
            )
        if step is not None:
            session.execute(
                update(TaskInstance)
                .where(TaskInstance.run_id == run_id, TaskInstance.task_id == "answer")
                .values(state=step)
            )
        if state is not None:
            session.execute(
                update(DagRun)
                .where(DagRun.run_id == run_id)
                .values(_state=state, end_date=datetime.now(tz=timezone.utc))
            )


def send(stranger: AsgiClient, threads: ThreadPoolExecutor, **options: Any) -> Any:
    headers = {**TOKEN_HEADERS, **options.pop("headers", {})}
    return threads.submit(partial(stranger.post, URL, json={"id": 7}, headers=headers, **options))


def test_at_once_tells_where_to_look(inbox: Inbox, stranger: AsgiClient) -> None:
    publish()
    answer = stranger.post(URL, json={}, headers=TOKEN_HEADERS)
    assert answer.status_code == 202
    assert answer.json()["status_url"] == answer.headers["location"]
    assert answer.headers["location"].endswith(answer.json()["execution_id"])


def test_the_end_of_the_run_is_waited_for(
    inbox: Inbox, stranger: AsgiClient, threads: ThreadPoolExecutor
) -> None:
    publish(respond="when_finished")
    call = send(stranger, threads)
    [run_id] = run_of()
    # An answered step is not the end yet.
    play(run_id, step="success", reply=REPLY)
    assert not call.done()
    play(run_id, state="success")
    answer: httpx.Response = call.result(timeout=30)
    assert answer.status_code == 200
    assert answer.json()["state"] == "success"
    assert answer.json()["result"] == {key: REPLY[key] for key in ("status", "headers", "content", "body")}
    assert answer.json()["execution_id"] == f"orders.{run_id}"
    assert inbox.responses.waiting == 0


def test_a_respond_step_answers_while_the_run_goes_on(
    inbox: Inbox, stranger: AsgiClient, threads: ThreadPoolExecutor
) -> None:
    publish(respond="respond_step")
    call = send(stranger, threads)
    [run_id] = run_of()
    headers = {
        **REPLY["headers"],  # type: ignore[dict-item]
        "x-имя": "1",
        "x-name": "ё\r\nSet-Cookie: a=b",
        "set-cookie": "_token=stolen",
        "nel": '{"report_to": "a", "max_age": 9, "include_subdomains": true}',
        "report-to": '{"group": "a", "max_age": 9, "endpoints": [{"url": "https://evil.example"}]}',
        "content-length": "3",
        "access-control-allow-origin": "*",
        "content-security-policy": "default-src *",
    }
    play(run_id, step="success", reply={**REPLY, "headers": headers})
    answer: httpx.Response = call.result(timeout=30)
    assert (answer.status_code, answer.json()) == (201, {"имя": "ё"})
    assert answer.headers["location"] == "/orders/7"
    assert answer.headers["content-type"] == "application/json"
    # Neither Airflow's session nor its pages are the workflow's to change.
    assert not {"set-cookie", "nel", "report-to"} & set(answer.headers)
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("sandbox ")
    assert "allow-same-origin" not in answer.headers["content-security-policy"]
    assert dict(answer.headers.raw)[b"x-name"].decode() == "ё  Set-Cookie: a=b"


@pytest.mark.parametrize(
    ("reply", "content", "content_type"),
    [
        (
            {"content": "text", "body": "ё", "headers": {"content-type": "text/plain; charset=koi8-r"}},
            "ё".encode("koi8-r"),
            "text/plain; charset=koi8-r",
        ),
        ({"content": "text", "body": "<p>", "headers": {"content-type": "text/html"}}, b"<p>", "text/html"),
        ({"content": "empty", "body": None, "headers": {}}, b"", None),
        ({"content": "json", "body": {"a": 1}, "status": 204}, b"", None),
        (
            {"content": "file", "body": {"base64": "YWI="}, "headers": {"content-type": "a/b"}},
            b"ab",
            "a/b",
        ),
    ],
)
def test_kinds_of_answers(
    *,
    inbox: Inbox,
    stranger: AsgiClient,
    threads: ThreadPoolExecutor,
    reply: dict[str, Any],
    content: bytes,
    content_type: str | None,
) -> None:
    publish(respond="respond_step")
    call = send(stranger, threads)
    [run_id] = run_of()
    play(run_id, step="success", reply={**REPLY, **reply})
    answer: httpx.Response = call.result(timeout=30)
    assert answer.content == content
    assert answer.headers.get("content-type") == content_type


def test_a_file_that_came_in_can_be_the_answer(
    inbox: Inbox, stranger: AsgiClient, threads: ThreadPoolExecutor
) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy import insert

    from flowforge_provider.store.tables import FileRow

    publish(respond="respond_step")
    kept = keep_file(File("a.pdf", "application/pdf", b"%PDF"))
    with create_session() as session:
        rows = rows_of_files(
            [kept], workflow_id="orders", delivery_id="d" * 32, received_at=datetime.now(tz=timezone.utc)
        )
        session.execute(insert(FileRow), rows)
    call = send(stranger, threads)
    [run_id] = run_of()
    play(run_id, step="success", reply={**REPLY, "content": "file", "body": kept.reference()})
    assert call.result(timeout=30).content == b"%PDF"


@pytest.mark.parametrize("mode", ["when_finished", "respond_step"])
def test_a_failed_run_is_told_by_its_steps_alone(
    inbox: Inbox, stranger: AsgiClient, admin: AsgiClient, threads: ThreadPoolExecutor, mode: str
) -> None:
    publish(respond=mode)
    call = send(stranger, threads)
    [run_id] = run_of()
    play(run_id, step="failed", reply={"error": "password=hunter2"}, state="failed")
    answer: httpx.Response = call.result(timeout=30)
    assert answer.status_code == 500
    problem = answer.json()
    assert problem["code"] == "execution-failed"
    assert problem["detail"] == f'Execution orders.{run_id} failed at the step "Tell the shop".'
    assert problem["failed_steps"] == ["answer"]
    assert problem["execution_id"] == f"orders.{run_id}"
    assert answer.headers["location"].endswith(run_id)
    assert "hunter2" not in answer.text


def test_without_a_respond_step_the_end_answers(
    inbox: Inbox, stranger: AsgiClient, threads: ThreadPoolExecutor
) -> None:
    publish(respond="respond_step")
    call = send(stranger, threads)
    [run_id] = run_of()
    play(run_id, step="skipped", state="success")
    answer: httpx.Response = call.result(timeout=30)
    assert (answer.status_code, answer.json()["result"]) == (200, None)


def test_who_waits_too_long_gets_202(inbox: Inbox, stranger: AsgiClient) -> None:
    publish(respond="when_finished", respond_limit_s=1)
    answer = stranger.post(URL, json={}, headers=TOKEN_HEADERS)
    assert answer.status_code == 202
    assert answer.json()["execution_id"].startswith("orders.webhook__")
    assert inbox.responses.waiting == 0


def test_a_repeated_delivery_waits_for_the_same_run(
    inbox: Inbox, stranger: AsgiClient, threads: ThreadPoolExecutor
) -> None:
    publish(respond="respond_step")
    first = send(stranger, threads, headers={"Idempotency-Key": "a"})
    [run_id] = run_of()
    again = send(stranger, threads, headers={"Idempotency-Key": "a"})
    wait_until(lambda: inbox.responses.waiting == 2, timeout_s=30)
    play(run_id, step="success", reply=REPLY)
    assert first.result(timeout=30).status_code == again.result(timeout=30).status_code == 201
    later = send(stranger, threads, headers={"Idempotency-Key": "a"}).result(timeout=30)
    assert later.json() == REPLY["body"]
    assert run_of() == [run_id]


def test_the_number_of_waiting_callers_is_bounded(
    database: None, stranger: AsgiClient, threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__INBOX_MAX_WAITING", "2")
    # One place to be written at: who waits for an answer does not hold it.
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__INBOX_MAX_CONCURRENCY", "1")
    set_token()
    with open_front_door() as inbox:
        publish(respond="when_finished")
        waiting = [send(stranger, threads) for _ in range(2)]
        wait_until(lambda: inbox.responses.waiting == 2, timeout_s=30)
        beyond = stranger.post(URL, json={}, headers=TOKEN_HEADERS)
        assert beyond.status_code == 202
        for run_id in run_of(3):
            play(run_id, state="success")
        assert [call.result(timeout=30).status_code for call in waiting] == [200, 200]


def test_all_callers_share_the_questions(
    inbox: Inbox, stranger: AsgiClient, threads: ThreadPoolExecutor
) -> None:
    asked: list[int] = []
    real = inbox.responses._look

    def count(keys: Any) -> Any:
        asked.append(len(keys))
        return real(keys)

    inbox.responses._look = count  # type: ignore[method-assign]
    publish(respond="when_finished")
    calls = [send(stranger, threads) for _ in range(15)]
    runs = run_of(15)
    wait_until(lambda: inbox.responses.waiting == 15, timeout_s=30)
    wait_until(lambda: asked and asked[-1] == 15, timeout_s=30)
    for run_id in runs:
        play(run_id, state="success")
    assert {call.result(timeout=30).status_code for call in calls} == {200}
    before = len(asked)
    # Nobody waits, so nothing is asked.
    wait_until(lambda: inbox.responses._poller is not None and inbox.responses._poller.done(), timeout_s=30)
    assert len(asked) <= before + 1


def test_who_waits_holds_no_thread(
    inbox: Inbox,
    stranger: AsgiClient,
    admin: AsgiClient,
    threads: ThreadPoolExecutor,
    portal: BlockingPortal,
) -> None:
    """With one thread for all routes of the api-server, ten wait and others are still served."""
    publish(respond="when_finished")

    async def leave_threads(count: float) -> float:
        limiter = current_default_thread_limiter()
        before, limiter.total_tokens = limiter.total_tokens, count
        return before

    wrong = {**TOKEN_HEADERS, "Content-Type": "application/json"}
    usual = portal.call(leave_threads, 1)
    try:
        calls = [send(stranger, threads) for _ in range(10)]
        runs = run_of(10)
        wait_until(lambda: inbox.responses.waiting == 10, timeout_s=30)
        assert admin.get("/flowforge/api/node-types").status_code == 200
        assert stranger.post(URL, content=b"{", headers=wrong).status_code == 422
        for run_id in runs:
            play(run_id, state="success")
        assert {call.result(timeout=30).status_code for call in calls} == {200}
    finally:
        portal.call(leave_threads, usual)


def test_who_goes_away_frees_the_place(inbox: Inbox, host: FastAPI, portal: BlockingPortal) -> None:
    publish(respond="when_finished")
    left: list[bool] = []

    async def call_and_leave() -> None:
        messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        await messages.put({"type": "http.request", "body": b"{}", "more_body": False})
        headers = [(name.lower().encode(), value.encode()) for name, value in TOKEN_HEADERS.items()]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": URL,
            "raw_path": URL.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [(b"host", b"testserver"), *headers],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
        }

        async def discard(message: Any) -> None:
            pass

        call = asyncio.create_task(host(scope, messages.get, discard))
        while inbox.responses.waiting == 0:
            await asyncio.sleep(0.02)
        await messages.put({"type": "http.disconnect"})
        await call
        left.append(inbox.responses.waiting == 0)

    portal.call(call_and_leave)
    assert left == [True]
    # The delivery is stored all the same.
    assert len(run_of()) == 1
