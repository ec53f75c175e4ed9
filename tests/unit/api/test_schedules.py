"""Schedules: switched on and off, and shown in lists."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider import publishing
from flowforge_provider.publishing import scheduling
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph
from tests.support.publishing import read_live, read_source, save_draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient

API = "/flowforge/api"


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def scheduled(expression: str = "0 9 * * *", **parameters: Any) -> Any:
    cron = make_node("nightly", "cron", parameters={"expression": expression, **parameters})
    hook = make_node("hook", "webhook", parameters={"authentication": "none"})
    edges = [make_edge("nightly", "total"), make_edge("hook", "total")]
    return make_graph(cron, hook, make_set("total", mark=1), edges=edges)


def switch(client: AsgiClient, workflow_id: str, *, on: bool) -> Any:
    return client.post(f"{API}/cron/{'activate' if on else 'deactivate'}/{workflow_id}")


def show(client: AsgiClient, workflow_id: str) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"{API}/workflows/{workflow_id}").json()
    return body


def test_only_the_schedule_is_switched(admin: AsgiClient) -> None:
    workflow_id = publish_graph(scheduled())
    before = show(admin, workflow_id)
    assert (before["schedule_active"], before["trigger_types"]) == (True, ["cron", "webhook"])
    assert before["next_run_at"]

    off = switch(admin, workflow_id, on=False).json()

    assert (off["schedule_active"], off["next_run_at"], off["reason"]) == (False, None, "")
    after = show(admin, workflow_id)
    assert (after["schedule_active"], after["next_run_at"], after["state"]) == (False, None, "published")
    assert after["published_revision"] == before["published_revision"]
    assert after["published_seq"] == off["seq"] > before["published_seq"]
    assert after["runnable"]
    assert "schedule=None" in read_source(workflow_id)
    body = {"workflow_id": workflow_id, "payload": {}, "trigger": "hook"}
    started = admin.post(f"{API}/executions", json=body)
    assert started.status_code == 201
    assert started.json()["trigger"]["node"] == "hook"

    on = switch(admin, workflow_id, on=True).json()
    assert on["schedule_active"]
    assert datetime.fromisoformat(on["next_run_at"].replace("Z", "+00:00")) > datetime.now(tz=timezone.utc)
    assert show(admin, workflow_id)["next_run_at"] == on["next_run_at"]


def test_switching_twice_is_one_publication(admin: AsgiClient) -> None:
    workflow_id = publish_graph(scheduled())
    assert switch(admin, workflow_id, on=True).json()["seq"] == show(admin, workflow_id)["published_seq"]
    off = switch(admin, workflow_id, on=False).json()
    assert switch(admin, workflow_id, on=False).json() == off


def test_a_later_publication_keeps_it_off(admin: AsgiClient) -> None:
    workflow_id = publish_graph(scheduled())
    switch(admin, workflow_id, on=False)
    save_draft(workflow_id, scheduled("30 9 * * *"))
    assert admin.post(f"{API}/workflows/{workflow_id}/publish").status_code == 200
    after = show(admin, workflow_id)
    assert (after["schedule_active"], after["next_run_at"]) == (False, None)
    assert "schedule=None" in read_source(workflow_id)
    switch(admin, workflow_id, on=True)
    assert '"30 9 * * *"' in read_source(workflow_id)


def test_missed_moments_are_not_made_up_for(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    # Each minute is missed; without a start, Airflow would run the newest one at once.
    workflow_id = publish_graph(scheduled("* * * * *"))
    switch(admin, workflow_id, on=False)
    body = {"workflow_id": workflow_id, "payload": {}}
    assert admin.post(f"{API}/executions", json=body).status_code == 201
    hour_ago = datetime.now(tz=timezone.utc) - timedelta(hours=1)
    with create_session() as session:
        values = {
            "run_type": "scheduled",
            "logical_date": hour_ago,
            "data_interval_start": hour_ago,
            "data_interval_end": hour_ago,
        }
        session.execute(update(DagRun).values(values))
    begin = datetime.now(tz=timezone.utc)
    monkeypatch.setattr(scheduling, "_now", lambda: begin.replace(microsecond=0) + timedelta(seconds=30))
    upcoming = switch(admin, workflow_id, on=True).json()["next_run_at"]
    assert datetime.fromisoformat(upcoming.replace("Z", "+00:00")) >= begin


def test_a_schedule_that_is_new_starts_with_its_publication(admin: AsgiClient) -> None:
    workflow_id = publish_graph(scheduled())
    assert "start_date" not in read_source(workflow_id)
    seq = read_live(workflow_id).seq
    save_draft(workflow_id, scheduled("30 9 * * *"))
    assert admin.post(f"{API}/workflows/{workflow_id}/publish").json()["seq"] > seq
    changed = read_source(workflow_id)
    assert "start_date=datetime(" in changed
    # Another step is no other schedule.
    graph = scheduled("30 9 * * *")
    graph.nodes[-1].parameters["operations"][0]["fields"][0]["value"] = 2
    save_draft(workflow_id, graph)
    admin.post(f"{API}/workflows/{workflow_id}/publish")
    start = next(line for line in changed.splitlines() if "start_date" in line)
    assert start in read_source(workflow_id)


def test_what_was_offline_starts_anew(admin: AsgiClient) -> None:
    workflow_id = publish_graph(scheduled())
    publishing.unpublish(workflow_id=workflow_id, user="ann")
    admin.post(f"{API}/workflows/{workflow_id}/publish")
    assert "start_date=datetime(" in read_source(workflow_id)


def test_there_must_be_a_schedule_to_switch(admin: AsgiClient) -> None:
    missing = switch(admin, "nowhere", on=True)
    assert (missing.status_code, missing.json()["code"]) == (404, "workflow-not-found")
    workflow_id = publish_graph(make_graph(make_trigger(), make_set()))
    plain = switch(admin, workflow_id, on=False)
    assert (plain.status_code, plain.json()["code"]) == (409, "workflow-without-schedule")
    publishing.unpublish(workflow_id=workflow_id, user="ann")
    offline = switch(admin, workflow_id, on=False)
    assert (offline.status_code, offline.json()["code"]) == (409, "workflow-not-published")


def test_viewers_may_not_switch(client: Callable[[str | None], AsgiClient]) -> None:
    workflow_id = publish_graph(scheduled())
    assert switch(client("viewer"), workflow_id, on=False).status_code == 403
    assert switch(client(None), workflow_id, on=False).status_code == 401


def test_a_run_begins_at_a_trigger_that_is_there(admin: AsgiClient) -> None:
    workflow_id = publish_graph(scheduled())
    body = {"workflow_id": workflow_id, "payload": {}, "trigger": "elsewhere"}
    refused = admin.post(f"{API}/executions", json=body)
    assert (refused.status_code, refused.json()["code"]) == (404, "trigger-not-found")
    del body["trigger"]
    # Without a manual trigger, the first by its id.
    started = admin.post(f"{API}/executions", json=body)
    assert started.status_code == 201, started.json()
    assert started.json()["trigger"]["node"] == "hook"
