"""Statistics of a workflow by the API: what is asked for, what is answered, and to whom."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.runs.statistics.kept import forget_statistics
from tests.factories import make_graph, make_node
from tests.support.executions import NOON, change_run, report, start
from tests.support.front_door import open_front_door, publish_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/workflows/orders/statistics"
THE_DAY = {"from": "2026-01-01", "to": "2026-01-01"}


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    forget_statistics()
    with open_front_door():
        yield
    forget_statistics()


def _read(client: AsgiClient, **params: Any) -> Any:
    answer = client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _end(execution: dict[str, Any], *, seconds: float = 2, state: str = "success") -> None:
    change_run(
        execution,
        _state=state,
        created_at=NOON,
        start_date=NOON,
        end_date=NOON + timedelta(seconds=seconds),
    )


def test_a_workflow_that_never_ran_has_thirty_empty_days(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    found = _read(admin)
    today = datetime.now(tz=timezone.utc).date()
    assert [one["day"] for one in found["days"]] == [
        str(today - timedelta(days=29 - day)) for day in range(30)
    ]
    assert {one["total"] for one in found["days"]} == {0}
    assert (found["has_run"], found["timezone"], found["schedule"]) == (False, "UTC", "none")
    assert found["total"] == {
        "total": 0,
        "success": 0,
        "failed": 0,
        "running": 0,
        "queued": 0,
        "cancelled": 0,
        "success_rate": None,
        "duration_s": None,
    }
    assert found["slowest_steps"] == found["failing_steps"] == found["triggers"] == found["next_runs"] == []


def test_executions_are_counted_with_their_steps(admin: AsgiClient) -> None:
    graph = make_graph()
    publish_graph(graph)
    action = next(node for node in graph.nodes if node.type != "manual")
    ended = [start(admin) for _ in range(3)]
    for number, execution in enumerate(ended):
        failed = number == 2
        _end(execution, seconds=number + 1, state="failed" if failed else "success")
        report(execution, action.id, state="failed" if failed else "success", try_number=number + 1)
    start(admin)
    found = _read(admin, **THE_DAY, tz="Europe/Moscow")
    (day,) = found["days"]
    assert (day["begins_at"], day["ends_at"]) == ("2025-12-31T21:00:00Z", "2026-01-01T21:00:00Z")
    assert (day["success"], day["failed"], day["total"]) == (2, 1, 3)
    assert day["success_rate"] == pytest.approx(2 / 3)
    assert day["duration_s"]["p50"] == pytest.approx(1.5, abs=1e-3)
    assert found["total"] == {key: day[key] for key in found["total"]}
    assert (found["has_run"], found["timed_share"], found["step_executions"]) == (True, 1.0, 3)
    assert found["triggers"] == [{"type": "manual", "total": 3}]
    (slow,) = found["slowest_steps"]
    assert found["failing_steps"] == [slow]
    assert (slow["node_id"], slow["name"]) == (action.id, action.label)
    assert (slow["ended"], slow["failed"], slow["retried"]) == (3, 1, 2)
    assert slow["duration_s"]["p99"] == pytest.approx(2)
    # The one that waits was made today.
    assert _read(admin)["total"]["queued"] == 1
    # Nothing on the day does not mean that it has never run.
    assert _read(admin, **{"from": "2020-05-01", "to": "2020-05-01"})["has_run"] is True


def test_next_runs_are_those_of_what_is_live(admin: AsgiClient) -> None:
    cron = make_node(
        "every_morning", "cron", parameters={"expression": "0 9 * * *", "timezone": "Europe/Moscow"}
    )
    publish_graph(make_graph(cron))
    found = _read(admin, tz="Asia/Tokyo")
    assert found["schedule"] == "active"
    moments = [datetime.fromisoformat(one["at"]) for one in found["next_runs"]]
    assert [(one.hour, one.utcoffset()) for one in moments] == [(15, timedelta(hours=9))] * 5
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(days=1)}
    assert moments[0] > datetime.now(tz=timezone.utc)
    assert {one["node_id"] for one in found["next_runs"]} == {"every_morning"}

    assert admin.post("/flowforge/api/queue/pause", json={"paused": True, "reason": ""}).status_code == 200
    paused = _read(admin)
    assert (paused["schedule"], paused["next_runs"]) == ("paused", [])
    admin.post("/flowforge/api/queue/pause", json={"paused": False})
    assert admin.post("/flowforge/api/cron/deactivate/orders").status_code == 200
    off = _read(admin)
    assert (off["schedule"], off["next_runs"]) == ("off", [])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"tz": "Mars/Base"}, "bad-timezone"),
        ({"from": "2026-01-02", "to": "2026-01-01"}, "bad-days"),
        ({"from": "2026-01-01", "to": "2026-04-03"}, "bad-days"),
        ({"from": "1999-12-31"}, "request-invalid"),
        ({"to": "yesterday"}, "request-invalid"),
    ],
)
def test_what_cannot_be_counted_is_refused(admin: AsgiClient, params: dict[str, str], code: str) -> None:
    publish_graph(make_graph())
    answer = admin.get(URL, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    longest = _read(admin, **{"from": "2026-01-01", "to": "2026-04-02"})
    assert len(longest["days"]) == 92


def test_only_who_may_see_the_workflow_sees_its_statistics(
    client: Callable[[str | None], AsgiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_graph(make_graph())
    assert client("viewer").get(URL).status_code == 200
    assert client(None).get(URL).status_code == 401
    missing = client("viewer").get("/flowforge/api/workflows/nothing/statistics")
    assert (missing.status_code, missing.json()["code"]) == (404, "workflow-not-found")
    asked: list[str | None] = []

    def refuse(*, workflow_id: str | None = None, **_: Any) -> bool:
        asked.append(workflow_id)
        return False

    monkeypatch.setattr("flowforge_provider.api.security.is_allowed", refuse)
    assert client("viewer").get(URL).status_code == 403
    assert asked == ["orders"]
