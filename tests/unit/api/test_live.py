"""Streams of events in this process; a real api-server is watched in tests/integration/test_live.py."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.api.live.topics import Event, Hub, Topic
from tests.factories import make_graph
from tests.support.executions import URL, change_run, report, start
from tests.support.front_door import open_front_door, publish_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from anyio.from_thread import BlockingPortal

    from tests.support.asgi import AsgiClient


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def _events(text: str) -> list[tuple[str, Any]]:
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_an_execution_is_told_at_once_with_headers_against_buffering(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    answer = admin.get(f"{URL}/{execution['id']}/events")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert "no-transform" in answer.headers["cache-control"]
    events = _events(answer.text)
    assert [name for name, _ in events] == ["open", "execution"]
    assert events[1][1]["id"] == execution["id"]
    assert events[1][1]["steps"][1]["node_id"] == "total"


def test_what_is_not_there_cannot_be_watched(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient]
) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    assert admin.get(f"{URL}/orders.manual__nothing/events").json()["code"] == "execution-not-found"
    assert admin.get(f"{URL}/{execution['id']}/steps/no/logs/events").json()["code"] == "step-not-found"
    assert client(None).get(f"{URL}/events").status_code == 401
    assert client("viewer").get(f"{URL}/events").status_code == 200


def test_too_many_viewers_are_told_to_poll(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowforge_provider.api.live.topics import hub

    monkeypatch.setattr(hub, "viewers", 500)
    answer = admin.get(f"{URL}/events")
    assert answer.status_code == 503
    assert answer.json()["code"] == "too-many-viewers"
    assert answer.headers["retry-after"]


def test_nobody_takes_all_places(portal: BlockingPortal, database: None) -> None:
    from contextlib import AsyncExitStack

    from flowforge_provider.api.errors import ApiError

    async def watch() -> int:
        hub = Hub()
        async with AsyncExitStack() as stack:
            for _ in range(100):
                await stack.enter_async_context(hub.watching("topic", _Counting, owner="ann"))
            with pytest.raises(ApiError) as caught:
                await stack.enter_async_context(hub.watching("topic", _Counting, owner="ann"))
            assert caught.value.code == "too-many-viewers"
            await stack.enter_async_context(hub.watching("topic", _Counting, owner="bob"))
        async with hub.watching("topic", _Counting, owner="ann"):
            return hub.viewers

    assert portal.call(watch) == 1


def test_who_leaves_before_the_first_word_holds_no_place(portal: BlockingPortal, database: None) -> None:
    from starlette.requests import Request

    from flowforge_provider.api.live.stream import open_stream
    from flowforge_provider.api.live.topics import hub

    async def tell(event: Event, viewer: Any) -> None:
        return None

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        # As behind a middleware that hands messages on: who left takes none.
        await asyncio.sleep(3600)

    async def call() -> int:
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": []}
        viewer: Any = SimpleNamespace(id="ann")
        answer = await open_stream(
            "topic", _Counting, tell, request=Request(scope), viewer=viewer, max_s=5, replays=False
        )
        assert hub.viewers == 1
        await asyncio.wait_for(answer(scope, receive, send), 10)
        return hub.viewers

    assert portal.call(call) == 0


def test_the_log_of_a_step_without_a_worker_ends_at_once(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    report(execution, "start", state="success", try_number=0)
    events = _events(admin.get(f"{URL}/{execution['id']}/steps/start/logs/events").text)
    assert [name for name, _ in events] == ["open", "lines", "end", "close"]
    path = f"{URL}/{execution['id']}/steps/start/logs"
    assert admin.get(path, params={"search": "NO WORKER"}).json()["lines"]
    assert admin.get(path, params={"search": "nothing like it"}).json()["lines"] == []
    assert admin.get(path, params={"level": ["error", "warning"]}).json()["lines"] == []
    assert admin.get(path, params={"level": "loud"}).status_code == 422
    text = admin.get(f"{path}/download")
    assert text.headers["content-type"].startswith("text/plain")
    assert "attachment" in text.headers["content-disposition"]
    assert text.text == "- INFO The step needed no worker, so it has no log.\n"


def test_the_source_of_the_list_tells_what_changes(admin: AsgiClient) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.api.live.sources import ListSource

    publish_graph(make_graph())
    old = start(admin)
    source = ListSource("en")

    def poll() -> list[tuple[str, str]]:
        with create_session(scoped=False) as session:
            return [(event.key, event.content.model.state) for event in source.poll(session)]

    assert poll() == []
    assert poll() == []
    new = start(admin)
    assert poll() == [(new["id"], "queued")]
    change_run(old, _state="running")
    assert poll() == [(old["id"], "running")]
    change_run(old, _state="success")
    change_run(new, _state="failed")
    assert sorted(poll()) == sorted([(new["id"], "failed"), (old["id"], "success")])
    assert poll() == []
    admin.post(f"{URL}/{old['id']}/handled", json={"comment": "seen"})
    assert (old["id"], "success") in poll()


class _Counting:
    """A source that tells how often it was asked."""

    interval_s = 0.01

    def __init__(self) -> None:
        self.asked = 0
        self.is_over = False

    def poll(self, session: Any) -> Sequence[Event]:
        self.asked += 1
        return [Event("tick", str(self.asked % 2), self.asked)]


def test_viewers_share_one_poll_that_ends_with_the_last_of_them(
    portal: BlockingPortal, database: None
) -> None:
    hub = Hub()
    sources: list[_Counting] = []

    def make() -> _Counting:
        sources.append(_Counting())
        return sources[-1]

    async def watch() -> int:
        async with hub.watching("topic", make) as topic:
            seq = 0
            while seq < 5:
                await topic.wait(seq, timeout_s=5)
                news = topic.since(seq)
                assert news is not None
                seq = news[-1][0] if news else seq
            return topic.viewers

    async def all_of_them() -> None:
        viewers = await asyncio.gather(*[watch() for _ in range(50)])
        assert max(viewers) == 50
        assert len(sources) == 1
        assert hub.viewers == 0
        asked = sources[0].asked
        await asyncio.sleep(0.1)
        # One poll may have been on its way.
        assert sources[0].asked <= asked + 1
        await watch()
        assert len(sources) == 2

    portal.call(all_of_them)


def test_of_several_events_with_one_key_the_last_is_told(portal: BlockingPortal) -> None:
    async def run() -> None:
        from anyio import CapacityLimiter

        topic = Topic(_Counting(), limiter=CapacityLimiter(1))
        topic._tell([Event("execution", key, number) for number, key in enumerate("abab")])
        assert [event.content for _, event in topic.since(0) or []] == [2, 3]
        assert [event.content for _, event in topic.since(3) or []] == [3]
        topic._tell([Event("execution", "a", number) for number in range(2000)])
        assert topic.since(0) is None

    portal.call(run)


def test_a_viewer_whose_token_has_ended_is_sent_away(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider.api.live import viewer

    publish_graph(make_graph())
    execution = start(admin)
    monkeypatch.setattr(viewer, "_expiry", lambda _: 1.0)
    events = _events(admin.get(f"{URL}/{execution['id']}/events").text)
    assert events == [("open", {}), ("close", {"reason": "signed-out"})]


def test_who_may_no_longer_see_the_workflow_is_told_nothing_of_it(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider.api.live import viewer

    publish_graph(make_graph())
    execution = start(admin)

    def nothing(**asked: Any) -> set[str]:
        return set()

    monkeypatch.setattr(viewer, "readable_workflow_ids", nothing)
    assert _events(admin.get(f"{URL}/{execution['id']}/events").text) == [("open", {})]
