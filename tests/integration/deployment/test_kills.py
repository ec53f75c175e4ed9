"""
Containers that die as the kernel kills them, under load; and the books afterwards.

Each test counts: started = finished + failed + waiting at every look, nothing lost, nothing doubled. A
service on loopback keeps the keys that steps call it with: each piece of work has one, however often tried.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.graph.load import dump_graph
from tests.factories import make_graph, make_node
from tests.integration.deployment.books import TOTAL, check_books, publish, sending
from tests.integration.operators.loopback import wait_until
from tests.support.compose import WORKERS
from tests.support.compose_runs import Counts, call
from tests.support.front_door import make_webhook

if TYPE_CHECKING:
    from tests.support.compose import ComposeSetup
    from tests.support.compose_runs import ComposeRuns
    from tests.support.ledger import Ledger

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_workers_that_die_one_after_the_other(
    runs: ComposeRuns, compose: ComposeSetup, ledger: Ledger
) -> None:
    workflow_id = publish(runs, ledger, "killed_workers", retries=3)
    ledger.hold()
    with sending(runs, workflow_id):
        for worker in WORKERS:
            before = len(ledger.calls)
            # Its steps are in the middle of their call.
            wait_until(lambda before=before: len(ledger.calls) >= before + 2, seconds=240)
            compose.kill(worker)
            compose.start_one(worker)
        ledger.release()
    counts = runs.wait_for_end(workflow_id, started=TOTAL)
    assert counts == Counts(started=TOTAL, finished=TOTAL, failed=0, waiting=0)
    tries = check_books(ledger, runs, workflow_id)
    # Both died with work in their hands, and it was done by another try.
    assert tries["first"] + tries["second"] > 2 * TOTAL


def test_a_scheduler_that_dies(runs: ComposeRuns, compose: ComposeSetup, ledger: Ledger) -> None:
    # Steps without tries of their own: nothing may be taken for failed just because the scheduler was away.
    workflow_id = publish(runs, ledger, "killed_scheduler", retries=0)
    with sending(runs, workflow_id):
        wait_until(lambda: len(ledger.calls) >= 3, seconds=240)
        compose.kill("scheduler")
    # What arrives meanwhile is accepted and waits.
    wait_until(lambda: runs.count(workflow_id).started == TOTAL, seconds=60)
    assert runs.count(workflow_id).waiting > 0
    compose.start_one("scheduler")
    counts = runs.wait_for_end(workflow_id, started=TOTAL)
    assert counts == Counts(started=TOTAL, finished=TOTAL, failed=0, waiting=0)
    check_books(ledger, runs, workflow_id)
    compose.wait_until_healthy("scheduler")


def test_waits_outlive_a_triggerer_that_dies(
    runs: ComposeRuns, compose: ComposeSetup, ledger: Ledger
) -> None:
    wait = make_node("wait", "wait", parameters={"amount": 30, "unit": "seconds"})
    graph = make_graph(
        make_webhook(),
        call("first", f"{ledger.url}/first", retries=0),
        wait,
        call("second", f"{ledger.url}/second", retries=0),
        id="killed_triggerer",
        name="killed_triggerer",
    )
    workflow_id = runs.workflows.publish(dump_graph(graph))

    def waits() -> int:
        return sum(state == "deferred" for _, _, state, _, _ in runs.steps(workflow_id))

    with sending(runs, workflow_id, count=6):
        wait_until(lambda: waits() >= 3, seconds=240)
        compose.kill("triggerer")
    wait_until(lambda: len(ledger.calls) == 6, seconds=240)
    assert runs.count(workflow_id) == Counts(started=6, finished=0, failed=0, waiting=6)
    compose.start_one("triggerer")
    counts = runs.wait_for_end(workflow_id, started=6)
    assert counts == Counts(started=6, finished=6, failed=0, waiting=0)
    check_books(ledger, runs, workflow_id, count=6)
    compose.wait_until_healthy("triggerer")


def test_a_redis_that_dies(runs: ComposeRuns, compose: ComposeSetup, ledger: Ledger) -> None:
    # Again without tries: a broker that is away is waited for, and is no failure of a step. The scheduler
    # ends when it cannot ask for results, and is started again, as Compose would.
    workflow_id = publish(runs, ledger, "killed_redis", retries=0)
    with sending(runs, workflow_id):
        wait_until(lambda: len(ledger.calls) >= 3, seconds=240)
        compose.kill("redis")
    # Long enough for the scheduler to have steps that it cannot send.
    wait_until(lambda: runs.count(workflow_id).started == TOTAL, seconds=60)
    threading.Event().wait(15)
    compose.start_one("redis")
    compose.wait_until_healthy("redis")
    counts = runs.wait_for_end(workflow_id, started=TOTAL)
    assert counts == Counts(started=TOTAL, finished=TOTAL, failed=0, waiting=0)
    check_books(ledger, runs, workflow_id)
