"""A topic as a stream of server-sent events for one viewer."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from sse_starlette import EventSourceResponse, ServerSentEvent

from flowforge_provider.api.live.topics import hub

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Hashable, Sequence

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from flowforge_provider.api.live.topics import Event, Source, Topic
    from flowforge_provider.api.live.viewer import Viewer

__all__ = ["LONGEST_S", "Told", "open_stream"]

#: A stream ends by itself after this time; browsers open it again.
LONGEST_S = 3_600.0
_HEARTBEAT_S = 15
_LOOK_S = 5.0
_RETRY_MS = 3_000

# (name of the event, its data as text)
Told = tuple[str, str]


class _Stream(EventSourceResponse):
    """Leaves its topic at the end, also when the viewer has gone before the first event was asked for."""

    def __init__(
        self, content: AsyncGenerator[ServerSentEvent, None], *, watching: Any, **options: Any
    ) -> None:
        super().__init__(content, **options)
        self._watching = watching

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._watching.__aexit__(None, None, None)


async def open_stream(
    key: Hashable,
    make: Callable[[], Source],
    tell: Callable[[Event, Viewer], Any],
    *,
    request: Request,
    viewer: Viewer,
    max_s: float,
    replays: bool,
) -> EventSourceResponse:
    """
    Answer with the events of a topic.

    :param key: names the topic; viewers of one key share it
    :param make: makes its source
    :param tell: asynchronous function that returns what one viewer is told of an event; None: nothing
    :param max_s: seconds after which the stream ends
    :param replays: whether a viewer begins with what the topic remembers, rather than with what comes next
    :raises ApiError: 503 as many watch already as this process bears, or this viewer as many as one may
    """
    watching = hub.watching(key, make, owner=viewer.id)
    # Before the answer begins: a refusal has a status.
    topic = await watching.__aenter__()

    return _Stream(
        _events(topic, tell, request=request, viewer=viewer, max_s=max_s, replays=replays),
        watching=watching,
        ping=_HEARTBEAT_S,
        # A viewer that takes nothing for so long is gone.
        send_timeout=60,
        headers={"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"},
    )


async def _events(
    topic: Topic,
    tell: Callable[[Event, Viewer], Any],
    *,
    request: Request,
    viewer: Viewer,
    max_s: float,
    replays: bool,
) -> AsyncGenerator[ServerSentEvent, None]:
    deadline = time.monotonic() + min(max_s, LONGEST_S)
    # Who reads the list after this misses nothing.
    await topic.ready(timeout_s=_LOOK_S)
    seq, missed = _begin(topic, request.headers.get("last-event-id"), replays=replays)
    yield ServerSentEvent(
        event="reset" if missed else "open", data="{}", id=f"{topic.epoch}-{seq}", retry=_RETRY_MS
    )
    while True:
        news: Sequence[tuple[int, Event]] | None = topic.since(seq)
        if news is None:
            seq = topic.seq
            yield ServerSentEvent(event="reset", data="{}", id=f"{topic.epoch}-{seq}")
            news = []
        if not await viewer.is_signed_in():
            yield ServerSentEvent(event="close", data=json.dumps({"reason": "signed-out"}))
            return
        for number, event in news:
            seq = number
            told: Told | None = await tell(event, viewer)
            if told is not None:
                yield ServerSentEvent(event=told[0], data=told[1], id=f"{topic.epoch}-{number}")
        if topic.source.is_over and topic.seq <= seq:
            yield ServerSentEvent(event="close", data=json.dumps({"reason": "over"}))
            return
        left = deadline - time.monotonic()
        if left <= 0:
            return
        await topic.wait(seq, timeout_s=min(left, _LOOK_S))


def _begin(topic: Topic, last: str | None, *, replays: bool) -> tuple[int, bool]:
    """Return where a viewer begins, and whether it has missed something that is not remembered."""
    if last is None:
        return (0, False) if replays else (topic.seq, False)
    epoch, _, number = last.partition("-")
    if epoch == topic.epoch and number.isdecimal() and int(number) <= topic.seq:
        return int(number), False
    return (0 if replays else topic.seq), True
