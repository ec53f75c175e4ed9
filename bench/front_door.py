"""
The front door: how fast webhooks are accepted, how fast they become runs, and what a storm does to others.

Beside it, on the same instance and in the same run: Airflow's own ``POST /api/v2/dags/{dag_id}/dagRuns``. On
PostgreSQL and SQLite, with the front door inside the api-server and as a process of its own. The workflow
that is called without end is paused in Airflow, so its runs are made but do not start: what is measured is
the way in, and not how fast this machine runs tasks.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import sqlalchemy

from bench.load import Result, ceiling, finish, measure, start
from flowforge_provider.dev.guard import Guard
from tests.factories import make_graph, make_set
from tests.support.airflow import AirflowInstance, running_airflow
from tests.support.front_door import CONNECTION_ID, TOKEN, TOKEN_HEADERS, make_webhook
from tests.support.front_door_process import FrontDoorProcess
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph

CALLERS = (1, 10, 50, 200)
ROUND_S = 6
STORM_S = 60
STORM_CALLERS = 50
CHAINS = 5
DISPATCHED = 600

#: What must hold on PostgreSQL, on two cores that nobody else uses.
P50_MS = 10
P99_MS = 500
TIMES_AIRFLOW = 10
DISPATCH_RATE = 80
STORM_RATIO = 2.0


class Goal(NamedTuple):
    """A figure and whether it is good enough."""

    text: str
    met: bool


def main(arguments: list[str]) -> int:
    """
    Measure, print, and return 1 when a goal is missed.

    :param arguments: ``postgres``, ``sqlite``; both when empty
    """
    print(f"load generator alone: {ceiling().rate:.0f} calls/s")
    goals: list[Goal] = []
    guard = Guard()
    try:
        if not arguments or "postgres" in arguments:
            server = PostgresServer(guard=guard, durable=True)
            server.start()
            try:
                url = server.url(server.create_database())
                goals = _measure(
                    AirflowInstance(database_url=url, guard=guard), guard=guard, name="PostgreSQL"
                )
            finally:
                server.stop()
        if not arguments or "sqlite" in arguments:
            # No goals here: SQLite is for trying FlowForge out.
            _measure(AirflowInstance(guard=guard), guard=guard, name="SQLite")
    finally:
        guard.close()
    print("\nGoals, on PostgreSQL")
    for goal in goals:
        print(f"  {'met   ' if goal.met else 'MISSED'} {goal.text}")
    return int(not all(goal.met for goal in goals))


def _measure(instance: AirflowInstance, *, guard: Guard, name: str) -> list[Goal]:
    with running_airflow(instance=instance):
        _prepare(instance)
        print(f"\n{name:<44} {'callers':>7} {'p50 ms':>8} {'p99 ms':>8} {'calls/s':>8} {'no 2xx':>7}")
        path = "/flowforge/api/webhooks/storm"
        inside = _rounds("webhook, front door in the api-server", f"{instance.url}{path}")
        beside = _beside_a_storm(instance, f"{instance.url}{path}")
        theirs = _rounds(
            "Airflow's own POST dagRuns",
            f"{instance.url}/api/v2/dags/storm/dagRuns",
            body={"logical_date": None, "conf": {"id": 7}},
        )
        # The same again, with nothing about webhooks left in the api-server.
        instance.stop_component("api-server")
        instance.environment["AIRFLOW__FLOWFORGE__DISPATCH_IN_API_SERVER"] = "False"
        _start_api_server(instance)
        front_door = FrontDoorProcess(instance, guard=guard)
        front_door.start()
        try:
            _start_again_what_ended(instance)
            outside = _rounds("webhook, front door of its own", f"{front_door.url}{path}")
            _wait_until_dispatched(instance)
            quiet, storm = _with_and_without_storm(instance, front_door, f"{front_door.url}{path}")
            _wait_until_dispatched(instance)
        finally:
            front_door.stop()
        dispatched = _dispatch_rate(instance)
        print(f"runs made of deliveries, five steps: {dispatched:.0f} runs/s")
    goals = [
        Goal(
            f"making runs of five steps: {dispatched:.0f}/s (at least {DISPATCH_RATE})",
            dispatched >= DISPATCH_RATE,
        )
    ]
    for where, rounds in (("in the api-server", inside), ("of its own", outside)):
        goals += _goals_of_rounds(where, rounds, theirs=theirs)
    goals.append(
        Goal(
            f"api-server while {STORM_CALLERS} callers storm it: p99 {beside.p99_ms:.0f} ms, no answer "
            f"{beside.refused} times (at most 0)",
            beside.refused == 0,
        )
    )
    ratio = storm / quiet
    goals.append(
        Goal(
            f"a workflow in the middle of a storm: {ratio:.2f} times its quiet time (at most {STORM_RATIO})",
            ratio <= STORM_RATIO,
        )
    )
    return goals


def _goals_of_rounds(where: str, rounds: dict[int, Result], *, theirs: dict[int, Result]) -> list[Goal]:
    times = rounds[10].rate / max(theirs[10].rate, 0.01)
    goals = [
        Goal(
            f"{where}, one caller: p50 {rounds[1].p50_ms:.1f} ms (under {P50_MS})", rounds[1].p50_ms < P50_MS
        ),
        Goal(
            f"{where}, 10 callers: {times:.1f} times Airflow's own rate (at least {TIMES_AIRFLOW})",
            times >= TIMES_AIRFLOW,
        ),
    ]
    for callers in (50, 200):
        share = rounds[callers].rate / rounds[10].rate
        p99 = rounds[callers].p99_ms
        goals += [
            Goal(f"{where}, {callers} callers: {share:.2f} times the rate at 10 (at least 1)", share >= 1),
            Goal(f"{where}, {callers} callers: p99 {p99:.0f} ms (under {P99_MS})", p99 < P99_MS),
            Goal(
                f"{where}, {callers} callers: {rounds[callers].refused} refused (at most 0)",
                rounds[callers].refused == 0,
            ),
        ]
    return goals


def _prepare(instance: AirflowInstance) -> None:
    instance.add_connection(CONNECTION_ID, conn_type="flowforge_webhook", password=TOKEN)
    steps = [make_set(f"step_{number}", number=number) for number in range(1, 5)]
    for graph in (
        make_graph(make_webhook(), id="storm", name="Storm"),
        make_graph(make_webhook(), *steps, id="chain", name="Chain"),
        make_graph(make_webhook(), *steps, id="five", name="Five"),
    ):
        _publish(instance, graph)
    with instance.client() as client:
        for paused in ("storm", "five"):
            client.patch(f"/api/v2/dags/{paused}", json={"is_paused": True}).raise_for_status()


def _publish(instance: AirflowInstance, graph: Graph) -> None:
    with instance.client() as client:
        body = {"name": graph.name, "graph": graph.model_dump(mode="json")}
        client.post("/flowforge/api/workflows", json=body).raise_for_status()
        client.post(f"/flowforge/api/workflows/{graph.id}/publish", json={}).raise_for_status()


def _rounds(name: str, url: str, *, body: Any = None) -> dict[int, Result]:
    headers = {} if body else TOKEN_HEADERS
    measure(url, callers=2, calls=20, headers=headers, body=body or {"id": 7})
    results = {}
    for callers in CALLERS:
        result = measure(
            url, callers=callers, seconds=ROUND_S, headers=headers, body=body or {"id": 7}, timeout_s=15
        )
        print(
            f"{name:<44} {callers:>7} {result.p50_ms:>8.1f} {result.p99_ms:>8.1f}"
            f" {result.rate:>8.1f} {result.refused:>7}",
            flush=True,
        )
        results[callers] = result
    return results


def _beside_a_storm(instance: AirflowInstance, url: str) -> Result:
    """Ask the api-server something else while its front door is stormed, as workers do when they report."""
    storm = start(url, callers=STORM_CALLERS, seconds=ROUND_S + 2, headers=TOKEN_HEADERS, body={"id": 7})
    result = Result(1)
    with instance.client(timeout_s=30) as client:
        until = time.monotonic() + ROUND_S
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                status = client.get("/api/v2/monitor/health").status_code
                result.waits.append(time.perf_counter() - began)
            except httpx.TransportError:
                status = 0
            result.statuses[str(status)] = result.statuses.get(str(status), 0) + 1
            time.sleep(0.05)
    finish(storm)
    print(f"{'another call beside 50 callers':<44} {1:>7} {result.p50_ms:>8.1f} {result.p99_ms:>8.1f}")
    return result


def _with_and_without_storm(
    instance: AirflowInstance, front_door: FrontDoorProcess, url: str
) -> tuple[float, float]:
    """Return how long a workflow takes from its webhook to its end, on a quiet day and in a storm."""
    _run_chain(instance, front_door)
    quiet = [_run_chain(instance, front_door) for _ in range(CHAINS)]
    storm = start(url, callers=STORM_CALLERS, seconds=STORM_S, headers=TOKEN_HEADERS, body={"id": 7})
    stormy: list[tuple[float, float]] = []
    time.sleep(STORM_S / 6)
    while len(stormy) < CHAINS and storm.poll() is None:
        stormy.append(_run_chain(instance, front_door))
    result = finish(storm)
    for name, chains in (("quiet", quiet), ("in a storm", stormy)):
        starts, ends = ([each[index] for each in chains] for index in (0, 1))
        print(
            f"workflow of five steps, {name}: first step after {statistics.median(starts):.2f} s, "
            f"finished after {statistics.median(ends):.2f} s (median of {len(chains)})"
        )
    print(f"the storm: {result.rate:.0f} webhooks/s for {STORM_S} s, {result.refused} refused", flush=True)
    return (
        statistics.median(each[1] for each in quiet),
        statistics.median([each[1] for each in stormy]) if stormy else float("inf"),
    )


def _run_chain(instance: AirflowInstance, front_door: FrontDoorProcess) -> tuple[float, float]:
    """Start a workflow by a webhook; return seconds until its first step began and until it ended."""
    began = datetime.now(tz=timezone.utc)
    accepted = httpx.post(
        f"{front_door.url}/flowforge/api/webhooks/chain", json={}, headers=TOKEN_HEADERS, timeout=60
    )
    run_id = accepted.json()["execution_id"].partition(".")[2]
    engine = sqlalchemy.create_engine(instance.database_url)
    query = sqlalchemy.text(
        "SELECT r.state, r.end_date, min(t.start_date) FROM dag_run r JOIN task_instance t "
        "ON t.dag_id = r.dag_id AND t.run_id = r.run_id WHERE r.run_id = :run_id GROUP BY r.state, r.end_date"
    )
    try:
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            with engine.connect() as connection:
                row = connection.execute(query, {"run_id": run_id}).one_or_none()
            if row is not None and row[0] in ("success", "failed"):
                if row[0] == "failed":
                    raise RuntimeError(f"The run failed.\n{instance.logs('scheduler')}")
                return (_moment(row[2]) - began).total_seconds(), (_moment(row[1]) - began).total_seconds()
            _start_again_what_ended(instance)
            time.sleep(0.1)
    finally:
        engine.dispose()
    raise TimeoutError(f"{run_id} did not end.\n{instance.logs('scheduler')}")


def _start_again_what_ended(instance: AirflowInstance) -> None:
    """Do what ``make run`` does: Airflow's scheduler may end when SQLite is too busy for it."""
    for name, component in list(instance.components.items()):
        if not component.is_running():
            print(f"  {name} has ended, and is started again", flush=True)
            instance.start_component(name)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


_DISPATCH = """
import sys, time, json
sys.path.insert(0, {repository!r})
from sqlalchemy import func, insert, select
from flowforge_provider.inbox.dispatcher import Dispatcher
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.runs.database import get_database
from flowforge_provider.store.tables import DeliveryRow
from tests.support.front_door import make_delivery

database = get_database()

def store(count):
    with database.session() as session:
        rows = [make_row(make_delivery(workflow_id="five"), claimed_until=None) for _ in range(count)]
        session.execute(insert(DeliveryRow), rows)

def pending():
    with database.session("read") as session:
        query = select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state == "pending")
        return session.scalar(query)

dispatcher = Dispatcher(database=database, claim_s=60, count_senders=lambda: 0)
store(40)
dispatcher.start()
while pending():
    time.sleep(0.05)
store({count})
began = time.monotonic()
dispatcher._last_sweep = float("-inf")
dispatcher._wake.set()
while pending():
    time.sleep(0.05)
print("RATE", json.dumps({count} / (time.monotonic() - began)))
dispatcher.stop()
"""


def _dispatch_rate(instance: AirflowInstance) -> float:
    """Return how many runs of five steps one process makes in a second, of deliveries that wait."""
    from pathlib import Path

    program = _DISPATCH.format(repository=str(Path(__file__).parents[1]), count=DISPATCHED)
    output = instance.run_python(program, timeout_s=300)
    line = next(line for line in output.splitlines() if line.startswith("RATE "))
    rate: float = json.loads(line.removeprefix("RATE "))
    return rate


def _wait_until_dispatched(instance: AirflowInstance) -> None:
    engine = sqlalchemy.create_engine(instance.database_url)
    query = sqlalchemy.text("SELECT count(*) FROM flowforge_delivery WHERE state = 'pending'")
    began, first = time.monotonic(), None
    try:
        while True:
            with engine.connect() as connection:
                left = int(connection.execute(query).scalar_one())
            first = left if first is None else first
            if not left:
                break
            time.sleep(0.2)
    finally:
        engine.dispose()
    if first:
        print(f"backlog after the storms: {first} runs made in {time.monotonic() - began:.1f} s", flush=True)


def _start_api_server(instance: AirflowInstance) -> None:
    since = datetime.now(timezone.utc)
    instance.start_component("api-server")
    instance.wait_until_healthy(["api-server"], since=since)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
