"""
Pause, drain and resume on Celery under load, and maintenance in between; the books afterwards.

Each look counts started = finished + failed + waiting; nothing is lost, nothing doubled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.deployment.books import TOTAL, check_books, publish, sending
from tests.integration.operators.loopback import wait_until
from tests.support.compose import WORKERS
from tests.support.compose_runs import Counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.compose import ComposeSetup
    from tests.support.compose_runs import ComposeRuns
    from tests.support.ledger import Ledger

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]

QUEUE = "/flowforge/api/queue"


@pytest.fixture
def steer(runs: ComposeRuns) -> Iterator[Any]:
    """Posts to the queue's routes; whatever happens, the queue is not left paused to other tests."""

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = runs.client.post(f"{QUEUE}/{path}", json=body)
        assert answer.is_success, answer.text
        return dict(answer.json())

    yield post
    runs.client.post(f"{QUEUE}/pause", json={"paused": False})


def read(runs: ComposeRuns, path: str) -> dict[str, Any]:
    answer = runs.client.get(f"{QUEUE}/{path}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_nothing_is_lost_or_doubled_by_pause_drain_and_maintenance(
    runs: ComposeRuns, compose: ComposeSetup, ledger: Ledger, steer: Any
) -> None:
    # Steps without tries of their own: nothing may be cut off by a drain.
    workflow_id = publish(runs, ledger, "drained", retries=0)
    ledger.hold()
    with sending(runs, workflow_id):
        wait_until(lambda: len(ledger.calls) >= 2, seconds=240)
        steer("pause", {"paused": True, "reason": "The shop is down"})
    # What arrives while it is paused is accepted, and waits.
    wait_until(lambda: runs.count(workflow_id).started == TOTAL, seconds=60)
    assert read(runs, "pause")["pause"]["reason"] == "The shop is down"

    # Steps that run are waited for, and nothing begins in their place.
    steer("drain", {"reason": "New machines"})
    assert read(runs, "pause")["drain"]["drained"] is False
    ledger.release()
    wait_until(lambda: read(runs, "pause")["drain"]["drained"], seconds=240)
    called = len(ledger.calls)
    counts = runs.count(workflow_id)
    assert counts == Counts(
        started=TOTAL, finished=counts.finished, failed=0, waiting=TOTAL - counts.finished
    )
    assert counts.waiting >= TOTAL - called
    assert not [state for _, _, state, _, _ in runs.steps(workflow_id) if state in ("running", "queued")]

    # Maintenance: every part that runs steps is stopped and started again. The pause outlives it.
    for name in ("scheduler", *WORKERS, "redis"):
        compose.stop_one(name)
    for name in ("redis", *WORKERS, "scheduler"):
        compose.start_one(name)
        compose.wait_until_healthy(name)
    assert (len(ledger.calls), runs.count(workflow_id)) == (called, counts)
    mine = next(each for each in read(runs, "stats")["workflows"] if each["workflow_id"] == workflow_id)
    assert mine["waiting"] + mine["running"] == counts.waiting

    # While it is paused, one goes through to its end, and no other moves.
    chosen = steer("process", {})["execution_id"]
    assert runs.workflows.finish(chosen)["state"] == "success"
    wait_until(lambda: not read(runs, "stats")["let_through"], seconds=60)
    assert runs.count(workflow_id) == Counts(TOTAL, counts.finished + 1, 0, counts.waiting - 1)

    steer("pause", {"paused": False})
    counts = runs.wait_for_end(workflow_id, started=TOTAL)
    assert counts == Counts(started=TOTAL, finished=TOTAL, failed=0, waiting=0)
    tries = check_books(ledger, runs, workflow_id)
    assert set(tries.values()) == {TOTAL}
