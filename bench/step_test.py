"""
How long testing a step takes, beside a run of a bare Airflow Dag with one task, on the same instance.

Both run on PostgreSQL and the LocalExecutor, with the settings of ``make run``, in turns, so that both meet
the same load. The time is that from the request until the API tells the end; both are polled alike.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from flowforge_provider.dev.guard import Guard
from tests.factories import make_graph, make_set, make_trigger
from tests.support.airflow import AirflowInstance, running_airflow
from tests.support.databases import MigratedPostgres
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpx

SAMPLES = 15
# The bare task loads nothing; a step loads its operator, the parameters' model and the expressions, 0.2 s.
MOST_RATIO = 2.0

_API = "/flowforge/api"
_POLL_S = 0.05
_TIMEOUT_S = 120.0
_ENDED = ("success", "failed")

_BARE = """\
from airflow.sdk import DAG, BaseOperator


class BareOperator(BaseOperator):
    def execute(self, context):
        return {"total": 20}


with DAG(dag_id="bare", schedule=None, is_paused_upon_creation=False) as dag:
    BareOperator(task_id="bare")
"""


def main() -> int:
    """Print the table; 1 when a test takes longer than a bare task by more than the bound."""
    guard = Guard()
    server = PostgresServer(guard=guard)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            instance = AirflowInstance(
                database_url=MigratedPostgres(server, Path(folder)).copy(), guard=guard
            )
            (instance.home / "dags").mkdir(parents=True, exist_ok=True)
            (instance.home / "dags" / "bare.py").write_text(_BARE)
            with running_airflow(instance=instance, migrate=False), instance.client() as client:
                return _measure(client)
    finally:
        server.stop()
        guard.close()


def _measure(client: httpx.Client) -> int:
    graph = make_graph(make_trigger(), make_set("total", total="{{ trigger.body.quantity * 10 }}"))
    created = client.post(
        f"{_API}/workflows", json={"name": "Orders", "graph": graph.model_dump(mode="json")}
    )
    created.raise_for_status()
    path = f"{_API}/workflows/{created.json()['id']}/steps/total/test"
    _wait(lambda: client.get("/api/v2/dags/bare").status_code == 200)
    begin = time.perf_counter()
    _test(client, path)
    first_s = time.perf_counter() - begin
    _run_bare(client)
    tests, bare = [], []
    for _ in range(SAMPLES):
        tests.append(_time(lambda: _test(client, path)))
        bare.append(_time(lambda: _run_bare(client)))
    ratio = statistics.median(tests) / statistics.median(bare)
    print(f"Request -> result, {SAMPLES} each in turns, ms (p50 / p95)")
    print(
        f"  step test        {_show(tests)}   (the first one, which registers the Dag: {1000 * first_s:.0f})"
    )
    print(f"  bare Airflow task {_show(bare)}")
    print(f"  p50 / p50: {ratio:.2f}x (at most {MOST_RATIO})")
    return 0 if ratio <= MOST_RATIO else 1


def _test(client: httpx.Client, path: str) -> None:
    answer = client.post(path, json={"data": {"trigger": {"body": {"quantity": 2}}}})
    answer.raise_for_status()
    url = f"{path}/{answer.json()['id']}"
    _wait(lambda: client.get(url).json()["state"] in _ENDED)
    result = client.get(url).json()
    if result["output"] != {"total": 20}:
        raise AssertionError(f"The test gave {result}.")


def _run_bare(client: httpx.Client) -> None:
    answer = client.post("/api/v2/dags/bare/dagRuns", json={"logical_date": None})
    answer.raise_for_status()
    # As for a test, the task's end counts, and not that of its run.
    url = f"/api/v2/dags/bare/dagRuns/{answer.json()['dag_run_id']}/taskInstances/bare"
    _wait(lambda: client.get(url).json()["state"] in _ENDED)


def _time(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begin)


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not is_done():
        if time.monotonic() > deadline:
            raise AssertionError("Airflow did not come to an end in time.")
        time.sleep(_POLL_S)


def _show(values: Sequence[float]) -> str:
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"{statistics.median(ordered):>7.0f} / {p95:>7.0f}"


if __name__ == "__main__":
    raise SystemExit(main())
