"""Pause, let through, drain and resume under load: a real scheduler and real workers, counted throughout."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Settings
from tests.factories import make_graph, make_node, make_set
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.airflow import AirflowInstance
    from tests.support.databases import MigratedPostgres

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(900)]

API = "/flowforge/api"
BEFORE, DURING = 12, 4


@pytest.fixture(scope="module")
def airflow(migrated_postgres: MigratedPostgres, guard: Any) -> Iterator[AirflowInstance]:
    """An Airflow of its own: a pause of everything would hold up the tests that share one."""
    from tests.support.airflow import AirflowInstance, running_airflow

    # Files are parsed over and over, which must not switch anything back.
    settings = {("dag_processor", "min_file_process_interval"): "2"}
    instance = AirflowInstance(database_url=migrated_postgres.copy(), guard=guard, settings=settings)
    with running_airflow(instance=instance, migrate=False):
        yield instance


@pytest.fixture
def client(airflow: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow.client(timeout_s=120) as value:
        yield value


def _send(client: httpx.Client, workflow_id: str, number: int) -> str:
    answer = client.post(f"{API}/webhooks/{workflow_id}", json={"number": number})
    assert answer.status_code in (200, 202), answer.text
    return str(answer.json()["execution_id"])


class _Counter:
    """Counts what has become of everything that was accepted."""

    def __init__(self, client: httpx.Client, workflow_id: str) -> None:
        self._client = client
        self._workflow_id = workflow_id
        self.accepted: list[str] = []

    def send(self, number: int) -> None:
        self.accepted += [_send(self._client, self._workflow_id, each) for each in range(number)]

    def states(self) -> dict[str, str]:
        found = {}
        for execution_id in self.accepted:
            answer = self._client.get(f"{API}/executions/{execution_id}")
            assert answer.status_code == 200, answer.text
            found[execution_id] = str(answer.json()["state"])
        return found

    def counts(self) -> Counter[str]:
        counts = Counter(self.states().values())
        assert sum(counts.values()) == len(self.accepted) == len(set(self.accepted))
        return counts

    def waiting(self) -> set[str]:
        ids: set[str] = set()
        params: dict[str, Any] = {"limit": 100, "workflow_id": self._workflow_id}
        while True:
            page = self._client.get(f"{API}/queue/state", params=params).json()
            ids |= {item["execution_id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return ids
            params["cursor"] = page["next_cursor"]


def _until(look: Any, *, seconds: float = 240) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError("It did not come to pass in time.")


def test_nothing_is_lost_and_nothing_doubled(airflow: AirflowInstance, client: httpx.Client) -> None:
    graph = make_graph(
        make_node("hook", "webhook", parameters={"authentication": "none"}),
        make_set("first", number="{{ trigger.body.number }}"),
        make_set("last", number="{{ steps.first.number }}"),
        id="steered",
        name="Steered",
        settings=Settings(max_active_runs=4),
    )
    workflow_id = Workflows(client).publish(dump_graph(graph))
    counter = _Counter(client, workflow_id)
    counter.send(BEFORE)
    _until(lambda: counter.counts()["success"] >= 2)

    # Drained: running steps finish, nothing else begins, and what comes in is accepted.
    assert client.post(f"{API}/queue/drain", json={"reason": "maintenance"}).status_code == 200
    counter.send(DURING)
    _until(lambda: client.get(f"{API}/queue/pause").json()["drain"]["drained"])
    drained = counter.states()
    assert counter.waiting() == {each for each, state in drained.items() if state in ("queued", "running")}
    assert list(drained.values()).count("queued") >= DURING
    time.sleep(6)
    assert counter.states() == drained
    stats = client.get(f"{API}/queue/stats").json()
    assert stats["total"]["waiting"] + stats["total"]["running"] == len(counter.waiting())

    # The pause outlives the process that made it.
    airflow.stop_component("api-server", kill=True)
    since = datetime.now(tz=timezone.utc)
    airflow.start_component("api-server")
    airflow.wait_until_healthy(("api-server",), since=since)
    assert client.get(f"{API}/queue/pause").json()["pause"]["reason"] == "maintenance"

    # One that is named, then the next: each goes to its end, and no other moves.
    queued = [each for each in counter.accepted if drained[each] == "queued"]
    before = drained
    for body, expected in (({"executionId": queued[-1]}, queued[-1]), ({}, queued[0])):
        answer = client.post(f"{API}/queue/process", json=body)
        assert answer.status_code == 202, answer.text
        chosen = str(answer.json()["execution_id"])
        assert chosen == expected
        late = counter.accepted[:]
        counter.send(1)
        _until(lambda chosen=chosen: counter.states()[chosen] == "success")
        _until(lambda: not client.get(f"{API}/queue/stats").json()["let_through"])
        time.sleep(4)
        after = counter.states()
        moved = {each for each in late if after[each] != before[each]}
        assert moved == {chosen}
        assert [after[each] for each in counter.accepted[len(late) :]] == ["queued"]
        before = after

    resumed = client.post(f"{API}/queue/pause", json={"paused": False})
    assert resumed.status_code == 200, resumed.text
    _until(lambda: counter.counts()["success"] == len(counter.accepted), seconds=400)
    assert counter.waiting() == set()
    runs = client.get(f"{API}/executions", params={"workflow_id": workflow_id, "limit": 100}).json()
    assert len(runs["executions"]) == len(counter.accepted)
    for execution_id in counter.accepted:
        shown = client.get(f"{API}/executions/{execution_id}").json()
        assert {step["node_id"]: step["tries"] for step in shown["steps"]} == {
            "hook": 1,
            "first": 1,
            "last": 1,
        }
