"""Pause, let through, drain and priorities by the API, on the database that Airflow's scheduler reads."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import event, select, update
from sqlalchemy.engine import Engine

from flowforge_provider.graph.models import Settings
from tests.factories import make_graph
from tests.support.deliveries import add_delivery
from tests.support.front_door import publish_graph
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

API = "/flowforge/api"


@pytest.fixture(autouse=True)
def _nothing_of_another_database(database: None) -> Iterator[None]:
    from flowforge_provider.queue.stats import recount
    from flowforge_provider.runs.database import close_database
    from flowforge_provider.runs.published import forget_published

    close_database()
    forget_published()
    recount()
    yield
    close_database()


def _publish(workflow_id: str, **settings: Any) -> str:
    return publish_graph(make_graph(id=workflow_id, name=workflow_id.title(), settings=Settings(**settings)))


def _start(workflow_id: str, run_id: str, **fields: Any) -> str:
    from flowforge_provider.runs.start import start_run

    # SQLite's now() has no fractions of a second.
    fields.setdefault("run_after", datetime.now(tz=timezone.utc) - timedelta(seconds=5))
    start_run(workflow_id=workflow_id, run_id=run_id, trigger={"type": "manual"}, **fields)
    return f"{workflow_id}.{run_id}"


def _is_paused(workflow_id: str) -> bool:
    with create_session() as session:
        return bool(session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == workflow_id)))


def _set(execution_id: str, **values: Any) -> None:
    workflow_id, _, run_id = execution_id.partition(".")
    with create_session() as session:
        session.execute(
            update(DagRun)
            .where(DagRun.dag_id == workflow_id, DagRun.run_id == run_id)
            .values({("_state" if name == "state" else name): value for name, value in values.items()})
        )


def _startable() -> list[str]:
    """Return what Airflow's scheduler itself would set running now."""
    with create_session() as session:
        return [f"{run.dag_id}.{run.run_id}" for run in DagRun.get_queued_dag_runs_to_set_running(session)]


def _examined() -> list[str]:
    """Return the running ones that Airflow's scheduler itself would look at now."""
    with create_session() as session:
        return [f"{run.dag_id}.{run.run_id}" for run in DagRun.get_running_dag_runs_to_examine(session)]


def _keeper() -> Any:
    from flowforge_provider.queue.keeper import QueueKeeper
    from flowforge_provider.runs.database import get_database

    return QueueKeeper(database=get_database())


def _pause(client: AsgiClient, **body: Any) -> Any:
    answer = client.post(f"{API}/queue/pause", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_pause_names_who_and_why_and_ends(admin: AsgiClient) -> None:
    _publish("orders")
    run = _start("orders", "one")
    shown = _pause(admin, paused=True, reason="The shop is down")
    assert (shown["paused"], shown["pause"]["reason"], shown["pause"]["paused_by"]) == (
        True,
        "The shop is down",
        "admin",
    )
    assert _startable() == []
    assert admin.get(f"{API}/queue/stats").json()["pause"]["reason"] == "The shop is down"
    assert admin.get(f"{API}/session").json()["queue_pause"]["reason"] == "The shop is down"
    shown = _pause(admin, paused=False)
    assert (shown["paused"], shown["pause"]) == (False, None)
    assert _startable() == [run]


def test_a_workflow_paused_alone_stays_so(admin: AsgiClient) -> None:
    _publish("alone")
    _publish("inside")
    _publish("free")
    _pause(admin, paused=True, workflowId="alone", reason="by itself")
    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == "inside").values(is_paused=True))
    _pause(admin, paused=True, reason="all")
    assert all(map(_is_paused, ("alone", "inside", "free")))
    _pause(admin, paused=False)
    assert [_is_paused(each) for each in ("alone", "inside", "free")] == [True, True, False]
    sources = {
        each["workflow_id"]: each["source"] for each in admin.get(f"{API}/queue/pause").json()["workflows"]
    }
    assert sources == {"alone": "flowforge", "inside": "airflow"}
    _pause(admin, paused=False, workflowId="alone")
    assert not _is_paused("alone")


def test_what_is_published_during_a_pause_is_paused(admin: AsgiClient) -> None:
    _publish("first")
    _pause(admin, paused=True, reason="all")
    _publish("second")
    _publish("first", description="changed")
    assert _is_paused("second")
    assert _is_paused("first")
    _pause(admin, paused=False)
    assert not _is_paused("second")


def test_airflows_own_switch_is_followed_but_not_during_a_pause_of_everything(admin: AsgiClient) -> None:
    _publish("orders")
    keeper = _keeper()
    with create_session() as session:
        session.execute(update(DagModel).values(is_paused=True))
    keeper.look()
    assert admin.get(f"{API}/queue/pause").json()["workflows"][0]["source"] == "airflow"
    with create_session() as session:
        session.execute(update(DagModel).values(is_paused=False))
    keeper.look()
    assert admin.get(f"{API}/queue/pause").json()["workflows"] == []
    _pause(admin, paused=True, reason="all")
    with create_session() as session:
        session.execute(update(DagModel).values(is_paused=False))
    keeper.look()
    assert _is_paused("orders")


def test_process_lets_one_through_and_no_other(admin: AsgiClient) -> None:
    _publish("orders")
    ids = [_start("orders", name) for name in ("one", "two", "three")]
    half_done = _start("orders", "half")
    _set(half_done, state="running", start_date=datetime(2026, 1, 1, tzinfo=timezone.utc))
    _pause(admin, paused=True, reason="all")
    let = admin.post(f"{API}/queue/process", json={"executionId": ids[1]})
    assert let.status_code == 202, let.text
    assert let.json()["state"] == "open"
    assert _startable() == [ids[1]]
    assert _examined() == []
    # What is made meanwhile waits as well, and counts.
    late = _start("orders", "late")
    _publish("orders", description="changed")
    assert _startable() == [ids[1]]
    with create_session() as session:
        dags, _ = DagModel.dags_needing_dagruns(session)
        assert list(dags) == []
    stats = admin.get(f"{API}/queue/stats").json()
    assert (stats["total"]["waiting"], stats["total"]["running"]) == (4, 1)
    assert [each["execution_id"] for each in stats["let_through"]] == [ids[1]]
    _set(ids[1], state="success", end_date=datetime.now(tz=timezone.utc))
    keeper = _keeper()
    assert keeper.look()
    assert not keeper.look()
    assert (_is_paused("orders"), _startable(), _examined()) == (True, [], [])
    _pause(admin, paused=False)
    assert sorted(_startable()) == sorted([ids[0], ids[2], late])
    assert _examined() == [half_done]
    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.run_id == "half")).one()
        assert (run.state, run.start_date) == ("running", datetime(2026, 1, 1, tzinfo=timezone.utc))


def test_process_takes_the_next_by_priority_then_age(admin: AsgiClient) -> None:
    _publish("plain")
    _publish("urgent", priority=5)
    first, second = _start("plain", "one"), _start("plain", "two")
    urgent = _start("urgent", "one")
    lifted = _start("plain", "three")
    answer = admin.post(f"{API}/executions/{lifted}/priority", json={"priority": 9})
    assert answer.status_code == 200, answer.text
    _start("plain", "future", run_after=datetime.now(tz=timezone.utc) + timedelta(hours=1))
    _pause(admin, paused=True, reason="all")
    taken = [admin.post(f"{API}/queue/process", json={}).json()["execution_id"] for _ in range(4)]
    assert taken == [lifted, urgent, first, second]
    empty = admin.post(f"{API}/queue/process", json={})
    assert_problem(empty, status=409)
    assert empty.json()["code"] == "queue-empty"


def test_resuming_gives_back_what_was_held(admin: AsgiClient) -> None:
    _publish("orders")
    ids = [_start("orders", name) for name in ("one", "two")]
    later = datetime.now(tz=timezone.utc).replace(microsecond=0) + timedelta(hours=1)
    planned = _start("orders", "planned", run_after=later)
    _pause(admin, paused=True, reason="all")
    admin.post(f"{API}/queue/process", json={"executionId": ids[0]})
    _pause(admin, paused=False)
    assert sorted(_startable()) == sorted(ids)
    with create_session() as session:
        assert session.scalars(select(DagRun.run_after).where(DagRun.run_id == "planned")).one() == later
        assert session.scalars(select(DagModel.has_import_errors)).all() == [False]
    assert planned


@pytest.mark.parametrize("open_state", ["running", "deferred", "up_for_retry"])
def test_process_also_takes_one_that_the_pause_has_stopped_between_its_steps(
    admin: AsgiClient, open_state: str
) -> None:
    _publish("orders")
    busy, stopped, fresh = (_start("orders", name) for name in ("busy", "stopped", "fresh"))
    _set(busy, state="running")
    _set(stopped, state="running")
    with create_session() as session:
        start = update(TaskInstance).where(TaskInstance.task_id == "start")
        session.execute(start.where(TaskInstance.run_id == "busy").values(state=open_state))
        session.execute(start.where(TaskInstance.run_id == "stopped").values(state="success"))
    _pause(admin, paused=True)
    taken = [admin.post(f"{API}/queue/process", json={}).json().get("execution_id") for _ in range(3)]
    # What waits for something else than the pause is let through when it is named.
    assert taken == [fresh, stopped, None]
    assert admin.post(f"{API}/queue/process", json={"executionId": busy}).status_code == 202


def _fail(execution_id: str) -> None:
    workflow_id, _, run_id = execution_id.partition(".")
    with create_session() as session:
        these = (TaskInstance.dag_id == workflow_id, TaskInstance.run_id == run_id)
        session.execute(update(TaskInstance).where(*these).values(state="failed"))
    _set(execution_id, state="failed", end_date=datetime.now(tz=timezone.utc))


def test_what_is_retried_or_run_again_waits_while_another_one_is_let_through(admin: AsgiClient) -> None:
    _publish("orders")
    failed, first = _start("orders", "failed"), _start("orders", "first")
    _fail(failed)
    _pause(admin, paused=True, reason="all")
    assert admin.post(f"{API}/queue/process", json={"executionId": first}).status_code == 202
    rerun = admin.post(f"{API}/executions/{failed}/rerun", json={})
    assert rerun.status_code == 201, rerun.text
    again = rerun.json()["id"]
    retried = admin.post(f"{API}/executions/{failed}/retry", json={})
    assert retried.status_code == 200, retried.text
    assert _startable() == [first]
    reasons = _reasons(admin)
    assert [each for each in (first, failed, again) if "held" in reasons[each]] == [failed, again], reasons
    stats = admin.get(f"{API}/queue/stats").json()
    assert (stats["total"]["waiting"], stats["total"]["running"]) == (3, 0)
    assert admin.post(f"{API}/executions/{again}/priority", json={"priority": 7}).status_code == 200
    # The next by priority, and then a named one.
    assert admin.post(f"{API}/queue/process", json={}).json()["execution_id"] == again
    assert admin.post(f"{API}/queue/process", json={"executionId": failed}).status_code == 202
    assert sorted(_startable()) == sorted([first, again, failed])
    _pause(admin, paused=False)
    assert sorted(_startable()) == sorted([first, again, failed])


def test_what_was_cancelled_while_it_was_held_can_be_retried_afterwards(admin: AsgiClient) -> None:
    _publish("orders")
    stopped, first = _start("orders", "stopped"), _start("orders", "first")
    _pause(admin, paused=True, reason="all")
    admin.post(f"{API}/queue/process", json={"executionId": first})
    assert admin.post(f"{API}/executions/{stopped}/cancel", json={}).is_success
    # Retried at once it is held as before, and cancelled once more it stays so when all is resumed.
    retried = admin.post(f"{API}/executions/{stopped}/retry", json={})
    assert retried.status_code == 200, retried.text
    assert _startable() == [first]
    assert admin.post(f"{API}/executions/{stopped}/cancel", json={}).is_success
    _pause(admin, paused=False)
    assert _startable() == [first]
    assert admin.post(f"{API}/executions/{stopped}/retry", json={}).status_code == 200
    assert sorted(_startable()) == sorted([first, stopped])


def test_a_drain_holds_what_is_retried_or_run_again(admin: AsgiClient) -> None:
    from flowforge_provider.queue.stats import recount

    _publish("orders")
    failed = _start("orders", "failed")
    _fail(failed)
    assert admin.post(f"{API}/queue/drain", json={"reason": "upgrade"}).json()["drain"]["drained"] is True
    again = admin.post(f"{API}/executions/{failed}/rerun", json={}).json()["id"]
    assert admin.post(f"{API}/executions/{failed}/retry", json={}).status_code == 200
    assert _startable() == []
    assert {reasons[0] for reasons in _reasons(admin).values()} == {"paused"}
    # What was counted a moment ago counts for two seconds.
    recount()
    stats = admin.get(f"{API}/queue/stats").json()
    assert (stats["total"]["waiting"], stats["drain"]["drained"]) == (2, True)
    _pause(admin, paused=False)
    _set(again, run_after=datetime.now(tz=timezone.utc) - timedelta(seconds=5))
    assert sorted(_startable()) == sorted([failed, again])


def test_process_needs_a_pause(admin: AsgiClient) -> None:
    _publish("orders")
    run = _start("orders", "one")
    for body in ({}, {"executionId": run}):
        answer = admin.post(f"{API}/queue/process", json=body)
        assert_problem(answer, status=409)
        assert answer.json()["code"] == "queue-not-paused"
    assert_problem(admin.post(f"{API}/queue/process", json={"executionId": "orders.none"}), status=409)
    answer = admin.post(f"{API}/queue/pause", json={"paused": False})
    assert answer.json()["code"] == "queue-not-paused"
    assert_problem(
        admin.post(f"{API}/queue/pause", json={"paused": True, "workflowId": "nothing"}), status=404
    )


def test_a_drain_tells_what_still_runs(admin: AsgiClient) -> None:
    _publish("orders")
    run = _start("orders", "one")
    _set(run, state="running")
    with create_session() as session:
        session.execute(update(TaskInstance).where(TaskInstance.task_id == "start").values(state="running"))
    drain = admin.post(f"{API}/queue/drain", json={"reason": "upgrade"}).json()["drain"]
    assert (drain["draining"], drain["drained"], drain["running"]) == (True, False, [run])
    with create_session() as session:
        session.execute(update(TaskInstance).values(state="success"))
    drain = admin.get(f"{API}/queue/pause").json()["drain"]
    assert (drain["drained"], drain["running_steps"]) == (True, 0)
    assert admin.get(f"{API}/queue/stats").json()["drain"]["drained"] is True
    assert _pause(admin, paused=False)["drain"] is None


def _reasons(client: AsgiClient, **params: Any) -> dict[str, list[str]]:
    answer = client.get(f"{API}/queue/state", params=params)
    assert answer.status_code == 200, answer.text
    return {
        item["execution_id"]: [reason["code"] for reason in item["reasons"]]
        for item in answer.json()["items"]
    }


def test_each_that_waits_says_why(admin: AsgiClient) -> None:
    _publish("orders", max_active_runs=1)
    _start("orders", "busy")
    waiting = _start("orders", "waiting")
    later = _start("orders", "later", run_after=datetime.now(tz=timezone.utc) + timedelta(hours=1))
    _set("orders.busy", state="running")
    with create_session() as session:
        session.execute(
            update(TaskInstance)
            .where(TaskInstance.run_id == "busy", TaskInstance.task_id == "start")
            .values(state="running")
        )
    held = add_delivery(workflow_id="orders", state="held", reason="concurrency", concurrency_key="k")
    failing = add_delivery(workflow_id="orders", state="pending", error="No such thing [x-y]")
    found = _reasons(admin)
    # No scheduler runs here.
    assert found[waiting] == ["scheduler-down", "concurrency-limit"]
    assert found[later] == ["scheduler-down", "not-before", "concurrency-limit"]
    assert found[f"orders.webhook__{held}"] == ["concurrency-key"]
    assert found[f"orders.webhook__{failing}"] == ["delivery-failing"]
    assert "orders.busy" not in found
    _pause(admin, paused=True, reason="The shop is down")
    item = admin.get(f"{API}/queue/state").json()["items"][0]
    assert "admin (The shop is down)" in item["reasons"][0]["text"]
    assert "admin (The shop is down)" in item["reasons"][0]["text_ru"]


def test_a_rate_limit_is_named_before_and_after_the_execution_is_made(admin: AsgiClient) -> None:
    _publish("orders")
    later = datetime.now(tz=timezone.utc) + timedelta(hours=1)
    accepted = add_delivery(workflow_id="orders", state="pending", run_after=later)
    made = add_delivery(workflow_id="orders", state="dispatched", run_after=later)
    due_later = add_delivery(workflow_id="orders", state="dispatched")
    for delivery_id in (made, due_later):
        _start("orders", f"webhook__{delivery_id}", run_after=later)
    found = _reasons(admin)
    assert "rate-limit" in found[f"orders.webhook__{accepted}"]
    assert "rate-limit" in found[f"orders.webhook__{made}"]
    assert "not-before" in found[f"orders.webhook__{due_later}"]


@pytest.mark.parametrize(
    ("state", "values", "code"),
    [
        ("deferred", {}, "deferred"),
        ("awaiting_input", {}, "approval"),
        ("queued", {}, "no-worker"),
        ("scheduled", {"pool": "none"}, "pool-missing"),
        ("up_for_retry", {}, "retry-delay"),
    ],
)
def test_steps_between_which_one_waits(
    admin: AsgiClient, state: str, values: dict[str, Any], code: str
) -> None:
    _publish("orders")
    run = _start("orders", "one")
    _set(run, state="running")
    with create_session() as session:
        session.execute(
            update(TaskInstance)
            .where(TaskInstance.task_id == "start")
            .values(state=state, _task_display_property_value="Ask Ann", **values)
        )
    assert code in _reasons(admin)[run]
    (item,) = admin.get(f"{API}/queue/state").json()["items"]
    assert {"step": "start", "name": "Ask Ann"}.items() <= next(
        reason["detail"].items() for reason in item["reasons"] if reason["code"] == code
    )


def test_pages_of_what_waits_follow_one_another(admin: AsgiClient) -> None:
    _publish("orders")
    wanted = [_start("orders", f"run{number}") for number in range(4)]
    wanted += [f"orders.webhook__{add_delivery(workflow_id='orders', state='pending')}" for _ in range(3)]
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = admin.get(f"{API}/queue/state", params=params).json()
        seen += [item["execution_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(wanted)
    assert seen[:4] == wanted[:4]
    assert_problem(admin.get(f"{API}/queue/state", params={"cursor": "nonsense"}), status=422)


def test_what_deliveries_hold_is_not_read_to_say_why_they_wait(admin: AsgiClient) -> None:
    _publish("orders")
    add_delivery(workflow_id="orders", state="pending")
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        items = admin.get(f"{API}/queue/state").json()["items"]
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(items) == 1
    (read,) = [each for each in statements if "flowforge_delivery.received_at" in each]
    assert "flowforge_delivery.body" not in read
    assert not [each for each in statements if "flowforge_workflow_tag" in each]


def test_a_priority_lets_an_execution_go_before_others(admin: AsgiClient) -> None:
    _publish("orders")
    first, last = _start("orders", "one"), _start("orders", "two")
    assert _startable() == [first, last]
    admin.post(f"{API}/executions/{last}/priority", json={"priority": 3})
    assert _startable() == [last, first]
    with create_session() as session:
        weights = set(
            session.scalars(select(TaskInstance.priority_weight).where(TaskInstance.run_id == "two"))
        )
        others = set(
            session.scalars(select(TaskInstance.priority_weight).where(TaskInstance.run_id == "one"))
        )
        # As a loop makes its tasks, with the weight of the Dag.
        session.execute(update(TaskInstance).where(TaskInstance.run_id == "two").values(priority_weight=1))
    assert min(map(int, filter(None, weights))) > max(map(int, filter(None, others)))
    _keeper().look()
    with create_session() as session:
        kept = set(session.scalars(select(TaskInstance.priority_weight).where(TaskInstance.run_id == "two")))
    assert kept == weights
    assert_problem(admin.post(f"{API}/executions/{last}/priority", json={"priority": 11}), status=422)
    _set(last, state="success")
    assert_problem(admin.post(f"{API}/executions/{last}/priority", json={"priority": 1}), status=409)


def test_viewers_see_and_do_not_steer(client: MakeClient) -> None:
    _publish("orders")
    viewer = client("viewer")
    assert viewer.get(f"{API}/queue/stats").status_code == 200
    assert viewer.get(f"{API}/queue/state").status_code == 200
    for path, body in (
        ("queue/pause", {"paused": True}),
        ("queue/drain", {}),
        ("queue/process", {}),
        ("executions/orders.one/priority", {"priority": 1}),
    ):
        assert_problem(viewer.post(f"{API}/{path}", json=body), status=403)
