"""
How long it takes from publishing until a run can start, beside Airflow's own way over the Dag folder.

Both are measured on one instance with the same settings (those of ``make run``, on PostgreSQL), first with 10
and then with 1,000 published workflows. A publication counts when Airflow's own API gives the Dag out.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flowforge_provider.dev.guard import Guard
from tests.factories import make_graph, make_set, make_trigger
from tests.support.airflow import AirflowInstance, running_airflow
from tests.support.databases import MigratedPostgres
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

FEW, MANY = 10, 1000
SAMPLES = 20
MOST_GROWTH = 1.5
GOAL_MS = 150.0

_API = "/flowforge/api"
_SETTLE_S = 600.0
_FOLDER_TIMEOUT_S = 120.0
# New files come while the dag-processor is at different points of its round.
_FOLDER_STEP_S = 0.7

_DAG_FILE = """\
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG(dag_id={dag_id!r}, schedule=None, is_paused_upon_creation=False) as dag:
    EmptyOperator(task_id="start") >> EmptyOperator(task_id="mark")
"""

_FILL = """
from airflow.utils.session import create_session
from flowforge_provider.publishing import publish
from flowforge_provider.store.workflows import create_workflow
from tests.factories import make_graph, make_set, make_trigger

for number in range({first}, {last}):
    with create_session(scoped=False) as session:
        graph = make_graph(make_trigger(), make_set("mark", number=number), id=f"fill-{{number}}")
        workflow_id = create_workflow(
            name=f"Fill {{number}}", graph=graph, user="bench", session=session
        ).id
    assert publish(workflow_id=workflow_id, user="bench").state == "runnable"
"""


def main() -> int:
    """Print the table; 1 when latency grows with the number of workflows by more than the bound."""
    guard = Guard()
    server = PostgresServer(guard=guard)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            database_url = MigratedPostgres(server, Path(folder)).copy()
            instance = AirflowInstance(
                database_url=database_url, guard=guard, environment={"PYTHONPATH": str(Path.cwd())}
            )
            with running_airflow(instance=instance, migrate=False), instance.client() as client:
                return _measure(instance, client)
    finally:
        server.stop()
        guard.close()


def _measure(instance: AirflowInstance, client: httpx.Client) -> int:
    print(f"Publish -> runnable, {SAMPLES} each, ms (p50 / p95)")
    medians = {}
    published = 0
    for count in (FEW, MANY):
        print(
            f"  ... publishing {count - published} workflows and letting the dag-processor settle", flush=True
        )
        instance.run_python(_FILL.format(first=published, last=count), timeout_s=900)
        published = count
        _settle(client)
        flowforge = _publish_some(client, prefix=f"bench-{count}")
        folder = _drop_some(instance, client, prefix=f"folder_{count}")
        medians[count] = statistics.median(flowforge)
        ratio = statistics.median(folder) / medians[count]
        print(
            f"  {count:>5} workflows   FlowForge {_show(flowforge)}   Dag folder {_show(folder)}"
            f"   {ratio:.0f}x faster",
            flush=True,
        )
    growth = medians[MANY] / medians[FEW]
    print(f"  p50 at {MANY} / p50 at {FEW}: {growth:.2f}x (at most {MOST_GROWTH})")
    worst = max(medians.values())
    print(f"  p50: {worst:.0f} ms (goal: under {GOAL_MS:.0f})")
    return 0 if growth <= MOST_GROWTH else 1


def _settle(client: httpx.Client) -> None:
    """Wait until the dag-processor has read all files: what comes after is its everyday load."""
    deadline = time.monotonic() + _SETTLE_S
    while waiting := _count_unread(client):
        if time.monotonic() > deadline:
            print(f"  ... the dag-processor still has {waiting} files to read; measuring anyway", flush=True)
            return
        time.sleep(2)


def _count_unread(client: httpx.Client) -> int:
    """Return how many Dags the dag-processor has not parsed; publishing alone measures no parsing."""
    unread = offset = 0
    while True:
        page = client.get("/api/v2/dags", params={"limit": 100, "offset": offset}).json()
        unread += sum(dag["last_parse_duration"] is None for dag in page["dags"])
        offset += len(page["dags"])
        if offset >= page["total_entries"] or not page["dags"]:
            return unread


def _publish_some(client: httpx.Client, *, prefix: str) -> list[float]:
    """Return the milliseconds from each request to publish until Airflow's API gives the Dag out."""
    _publish_one(client, f"{prefix}-warm")
    return [_publish_one(client, f"{prefix}-{number}") for number in range(SAMPLES)]


def _publish_one(client: httpx.Client, name: str) -> float:
    graph = make_graph(make_trigger(), make_set("mark", name=name), id=name)
    created = client.post(f"{_API}/workflows", json={"name": name, "graph": graph.model_dump(mode="json")})
    created.raise_for_status()
    workflow_id = created.json()["id"]
    begin = time.perf_counter()
    answer = client.post(f"{_API}/workflows/{workflow_id}/publish", json={"message": ""})
    dag = client.get(f"/api/v2/dags/{workflow_id}")
    elapsed_ms = 1000 * (time.perf_counter() - begin)
    answer.raise_for_status()
    dag.raise_for_status()
    if answer.json()["state"] != "runnable" or dag.json()["is_stale"]:
        raise AssertionError(f"{workflow_id} is not runnable: {answer.text}")
    return elapsed_ms


def _drop_some(instance: AirflowInstance, client: httpx.Client, *, prefix: str) -> list[float]:
    """Return the milliseconds from each new file in the Dag folder until Airflow's API gives its Dag out."""
    elapsed_ms: dict[str, float] = {}
    began: dict[str, float] = {}

    def drop() -> None:
        for number in range(SAMPLES):
            dag_id = f"{prefix}_{number}"
            path = instance.home / "dags" / f"{dag_id}.py"
            began[dag_id] = time.perf_counter()
            path.write_text(_DAG_FILE.format(dag_id=dag_id))
            time.sleep(_FOLDER_STEP_S)

    thread = threading.Thread(target=drop)
    thread.start()
    deadline = time.monotonic() + _FOLDER_TIMEOUT_S
    while len(elapsed_ms) < SAMPLES:
        for dag_id, begin in list(began.items()):
            if dag_id not in elapsed_ms and client.get(f"/api/v2/dags/{dag_id}").status_code == 200:
                elapsed_ms[dag_id] = 1000 * (time.perf_counter() - begin)
        if time.monotonic() > deadline:
            raise AssertionError(f"Only {len(elapsed_ms)} of {SAMPLES} files of the Dag folder were read.")
        time.sleep(0.02)
    thread.join()
    return list(elapsed_ms.values())


def _show(values: Sequence[float]) -> str:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered):>7.0f} / {p95:>7.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
