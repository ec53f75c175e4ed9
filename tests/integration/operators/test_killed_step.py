"""The harness that kills steps: it kills at the moment it promises, and the next try is the same step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.integration.operators.loopback import Loopback, running_loopback
from tests.support.killed_step import KilledStep

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Graph

pytestmark = pytest.mark.integration


@pytest.fixture
def server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


def calling(url: str, **parameters: Any) -> Graph:
    call = make_node("call", "http.request", parameters={"url": url, **parameters})
    return make_graph(
        make_trigger(),
        make_set("first", x=1),
        call,
        make_set("bad"),
        edges=[
            make_edge("start", "first"),
            make_edge("first", "call"),
            make_edge("call", "bad", "error"),
        ],
    )


def test_a_step_is_killed_before_during_and_after_its_work(server: Loopback) -> None:
    step = KilledStep(calling(f"{server.url}/a"), "call")
    step.kill(at="before")
    assert server.requests == []
    step.kill(at="after", try_number=2)
    assert [request["path"] for request in server.requests] == ["/a"]
    slow = KilledStep(calling(f"{server.url}/slow"), "call")
    slow.kill(at="during", when=lambda: len(server.requests) == 2)
    assert [request["path"] for request in server.requests] == ["/a", "/slow"]


def test_the_next_try_ends_and_tells_its_output(server: Loopback) -> None:
    graph = calling(server.url + "/{{ steps.first.x }}/{{ trigger.body.y }}/{{ run.try_number }}")
    step = KilledStep(
        graph,
        "call",
        conf={"trigger": {"type": "manual", "body": {"y": 2}}},
        outputs={"first": {"x": 1}},
    )
    result = step.finish(try_number=2)
    assert result.error is None
    assert result.output["body"]["path"] == "/1/2/2"


def test_a_failure_is_told(server: Loopback) -> None:
    step = KilledStep(calling(f"{server.url}/status/500"), "call", max_tries=1)
    result = step.finish(try_number=1)
    assert result.output is None
    assert result.error is not None
    assert (result.error["code"], result.error["try_number"]) == ("http-status", 1)
    last = step.finish(try_number=2)
    # It has left by its error port, which is its output then.
    assert last.output == {"error": last.error}


def test_a_step_that_ends_too_early_fails_the_test(server: Loopback) -> None:
    step = KilledStep(calling(f"{server.url}/a"), "call")
    with pytest.raises(AssertionError, match="before it was killed"):
        step.kill(at="during", when=lambda: False)
    with pytest.raises(ValueError, match="condition"):
        step.kill(at="during")
