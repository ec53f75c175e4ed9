"""A workflow under load whose steps are booked by a service, and the audit of these books."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowforge_provider.graph.load import dump_graph
from tests.factories import make_graph
from tests.support.compose_runs import call
from tests.support.front_door import make_webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.compose_runs import ComposeRuns
    from tests.support.ledger import Ledger

#: deliveries of one load
TOTAL = 16


def publish(runs: ComposeRuns, ledger: Ledger, name: str, *, retries: int) -> str:
    """Publish a workflow of two steps that each call the service."""
    first = call("first", f"{ledger.url}/first", retries=retries)
    second = call("second", f"{ledger.url}/second", retries=retries)
    graph = make_graph(make_webhook(), first, second, id=name, name=name)
    return runs.workflows.publish(dump_graph(graph))


@contextmanager
def sending(runs: ComposeRuns, workflow_id: str, *, count: int = TOTAL) -> Iterator[list[str]]:
    """Send deliveries meanwhile, each once; gives the ids of their executions, all of them at the end."""
    ids: list[str] = []

    def send() -> None:
        ids.extend(
            runs.send(workflow_id, {"number": number}, key=f"{workflow_id}-{number}")
            for number in range(count)
        )

    thread = threading.Thread(target=send)
    thread.start()
    yield ids
    thread.join(120)
    assert len(set(ids)) == count


def check_books(ledger: Ledger, runs: ComposeRuns, workflow_id: str, *, count: int = TOTAL) -> Counter[str]:
    """Each number was booked once by each step, and asked for no more often than the step was tried."""
    tries: Counter[str] = Counter()
    for _, task, state, try_number, _ in runs.steps(workflow_id):
        assert state == "success"
        tries[task] += try_number
    for path in ("first", "second"):
        assert sorted(body["number"] for body in ledger.bodies(f"/{path}")) == list(range(count))
        asked = [key for called, key in ledger.calls if called == f"/{path}"]
        assert count <= len(asked) <= tries[path]
    return tries
