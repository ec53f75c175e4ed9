from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/executions"
NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def _start(admin: AsgiClient, **body: Any) -> dict[str, Any]:
    answer = admin.post(URL, json={"workflow_id": "orders", **body})
    assert answer.status_code == 201, answer.text
    execution: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{URL}/{execution['id']}"
    return execution


def _report(execution: dict[str, Any], task_id: str, *, state: str, **xcoms: Any) -> None:
    """Do to a task what a worker would have done."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        ti = session.scalars(
            select(TaskInstance).where(
                TaskInstance.run_id == execution["run_id"], TaskInstance.task_id == task_id
            )
        ).one()
        ti.state = state
        ti.try_number = 1
        ti.start_date = NOW
        ti.end_date = NOW + timedelta(seconds=2) if state in ("success", "failed") else None
        for key, value in xcoms.items():
            XComModel.set(
                key=key,
                value=value,
                dag_id="orders",
                task_id=task_id,
                run_id=execution["run_id"],
                serialize=False,
                session=session,
            )


def _set_run(execution: dict[str, Any], state: str) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.run_id == execution["run_id"])).one()
        run.set_state(DagRunState(state))


def test_a_payload_becomes_the_body_of_the_trigger(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin, payload={"quantity": 2})
    assert execution["state"] == "queued"
    assert execution["trigger"]["type"] == "manual"
    assert execution["trigger"]["id"] == "start"
    assert execution["trigger"]["body"] == {"quantity": 2}
    assert execution["revision"] == 1
    assert execution["graph"]["nodes"][0]["id"] == "start"
    assert [step["node_id"] for step in execution["steps"]] == ["start", "total"]


def test_the_list_of_workflows_shows_the_last_run_and_the_next(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_trigger(type="cron", parameters={"expression": "0 9 * * *"}), make_set()))
    workflows = "/flowforge/api/workflows"
    (before,) = admin.get(workflows).json()["workflows"]
    assert before["last_run"] is None
    # The coming nine o'clock, in the workflow's time zone.
    upcoming = datetime.fromisoformat(before["next_run_at"].replace("Z", "+00:00"))
    assert (upcoming.hour, upcoming.minute) == (9, 0)
    assert timedelta(0) < upcoming - datetime.now(tz=timezone.utc) <= timedelta(days=1)

    _start(admin)
    newest = _start(admin)
    _set_run(newest, "failed")

    (listed,) = admin.get(workflows).json()["workflows"]
    assert listed["last_run"]["execution_id"] == newest["id"]
    assert listed["last_run"]["state"] == "failed"
    assert admin.get(f"{workflows}/orders").json()["last_run"] == listed["last_run"]


def test_without_a_payload_the_sample_is_used(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_trigger(parameters={"sample_payload": {"quantity": 5}}), make_set()))
    assert _start(admin)["trigger"]["body"] == {"quantity": 5}
    assert _start(admin, payload=None)["trigger"]["body"] is None


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"workflow_id": "nothing"}, 404, "workflow-not-found"),
        ({"workflow_id": "draft"}, 409, "workflow-not-published"),
        ({"workflow_id": "orders", "payload": "x" * 1_048_577}, 413, "body-too-large"),
        ({"workflow_id": "orders", "other": 1}, 422, "request-invalid"),
        ({}, 422, "request-invalid"),
    ],
)
def test_what_cannot_start(admin: AsgiClient, body: dict[str, Any], status: int, code: str) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.store.workflows import create_workflow

    publish_graph(make_graph())
    with create_session() as session:
        create_workflow(name="Draft", workflow_id="draft", user="me", session=session)
    answer = admin.post(URL, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code


def test_a_paused_workflow_does_not_start_by_hand(admin: AsgiClient) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    publish_graph(make_graph())
    waiting = _start(admin)
    with create_session() as session:
        dag = session.get(DagModel, "orders")
        assert dag is not None
        dag.is_paused = True
    answer = admin.post(URL, json={"workflow_id": "orders"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "workflow-paused"
    assert admin.get(f"{URL}/{waiting['id']}").json()["waits_for"] == "paused"


def test_what_airflow_has_not_registered_yet_does_not_start(admin: AsgiClient) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    publish_graph(make_graph())
    with create_session() as session:
        dag = session.get(DagModel, "orders")
        assert dag is not None
        dag.bundle_version = "1"
    answer = admin.post(URL, json={"workflow_id": "orders"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "workflow-not-registered"


def test_steps_show_what_the_operators_recorded(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin, payload={"quantity": 2})
    _report(execution, "start", state="success")
    _report(
        execution,
        "total",
        state="success",
        flowforge_input={"fields": [], "password": "pw"},
        return_value={"total": 9, "access_token": "abc"},
    )
    _set_run(execution, "success")
    found = admin.get(f"{URL}/{execution['id']}").json()
    assert found["state"] == "success"
    start, total = found["steps"]
    assert start["output"]["body"] == {"quantity": 2}
    assert total["state"] == "success"
    assert total["name"] == "total"
    assert total["type"] == "transform"
    assert total["input"] == {"fields": [], "password": "***"}
    assert total["output"] == {"total": 9, "access_token": "***"}
    assert total["duration_s"] == 2
    assert total["tries"] == 1


def test_the_result_is_what_the_first_respond_step_answered(admin: AsgiClient) -> None:
    nodes = [make_trigger(), make_node("a", "respond"), make_node("b", "respond"), make_node("c", "respond")]
    edges = [make_edge("start", node.id) for node in nodes[1:]]
    publish_graph(make_graph(*nodes, make_node("why", "note"), edges=edges))
    execution = _start(admin)
    assert admin.get(f"{URL}/{execution['id']}").json()["result"] is None
    answer = {"status": 201, "headers": {}, "content": "json", "body": {"id": 7}}
    times = {"a": "2026-01-01T12:00:02+00:00", "b": "2026-01-01T12:00:01+00:00"}
    for node_id, responded_at in times.items():
        _report(execution, node_id, state="success", return_value={**answer, "responded_at": responded_at})
    _report(execution, "c", state="failed", return_value={**answer, "responded_at": "2026-01-01T11:00:00"})
    found = admin.get(f"{URL}/{execution['id']}").json()
    assert found["result"] == {"node_id": "b", "omitted": False, **answer, "responded_at": times["b"]}
    # A note is no step.
    assert {step["node_id"] for step in found["steps"]} == {"start", "a", "b", "c"}


def test_a_result_that_is_too_large_is_only_named(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_trigger(), make_node("a", "respond")))
    execution = _start(admin)
    _report(execution, "a", state="success", return_value={"status": 200, "body": "x" * 200_000})
    found = admin.get(f"{URL}/{execution['id']}").json()
    assert found["result"] == {"node_id": "a", "omitted": True}


def test_large_data_is_read_step_by_step(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin)
    large = {"text": "x" * 200_000}
    _report(execution, "total", state="success", return_value=large, flowforge_input={"a": None})
    step = admin.get(f"{URL}/{execution['id']}").json()["steps"][1]
    assert step["output"] is None
    assert step["omitted"] == ["output"]
    assert step["input"] == {"a": None}
    alone = admin.get(f"{URL}/{execution['id']}/steps/total").json()
    assert alone["output"] == large
    assert alone["omitted"] == []
    assert admin.get(f"{URL}/{execution['id']}/steps/nothing").status_code == 404


def test_a_failed_step_tells_why_even_when_it_could_not_report(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin)
    _report(execution, "total", state="failed")
    died = admin.get(f"{URL}/{execution['id']}").json()["steps"][1]["error"]
    assert died["code"] == "step-died"
    error = {"type": "StepError", "code": "http-status", "message": "…", "try_number": 1}
    _report(execution, "total", state="failed", flowforge_error=error)
    assert admin.get(f"{URL}/{execution['id']}").json()["steps"][1]["error"] == error


def test_who_polls_is_not_sent_what_they_have(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin)
    path = f"{URL}/{execution['id']}"
    etag = admin.get(path).headers["etag"]
    unchanged = admin.get(path, headers={"If-None-Match": etag})
    assert unchanged.status_code == 304
    assert unchanged.content == b""
    _report(execution, "total", state="running", flowforge_input={"a": 1})
    changed = admin.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["steps"][1]["state"] == "running"


def test_the_list_is_filtered_and_paged(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    publish_graph(make_graph(id="other", name="Other"))
    started = [_start(admin) for _ in range(3)]
    admin.post(URL, json={"workflow_id": "other"})
    _set_run(started[0], "failed")
    _set_run(started[1], "success")

    everything = admin.get(URL).json()
    assert everything["total_entries"] == 4
    newest = everything["executions"][0]
    assert newest["workflow_name"] == "Other"
    assert newest["revision"] == 1
    assert newest["trigger_type"] == "manual"
    page = admin.get(f"{URL}?workflow_id=orders&limit=1&offset=1").json()
    assert page["total_entries"] == 3
    assert [item["id"] for item in page["executions"]] == [started[1]["id"]]
    failed = admin.get(f"{URL}?workflowId=orders&state=failed").json()
    assert [item["id"] for item in failed["executions"]] == [started[0]["id"]]


def test_the_list_costs_the_same_however_long_it_is(admin: AsgiClient) -> None:
    from airflow import settings
    from sqlalchemy import event

    publish_graph(make_graph())
    _start(admin)

    def count() -> int:
        statements: list[str] = []
        listener = lambda *args: statements.append(args[2])  # noqa: E731 - short, and removed again
        event.listen(settings.engine, "before_cursor_execute", listener)
        admin.get(f"{URL}?limit=100")
        event.remove(settings.engine, "before_cursor_execute", listener)
        return len(statements)

    admin.get(URL)
    few = count()
    for _ in range(5):
        _start(admin)
    assert count() == few


def test_a_run_stays_with_the_revision_that_it_began_with(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    old = _start(admin)
    publish_graph(make_graph(make_trigger(), make_set("another")))
    new = _start(admin)
    assert admin.get(f"{URL}/{old['id']}").json()["revision"] == 1
    assert [step["node_id"] for step in admin.get(f"{URL}/{old['id']}").json()["steps"]] == ["start", "total"]
    assert new["revision"] == 2
    assert [step["node_id"] for step in new["steps"]] == ["start", "another"]


def test_cancelling_ends_what_has_not_ended(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_trigger(), make_set("one"), make_set("two"), make_set("three")))
    execution = _start(admin)
    _report(execution, "start", state="success")
    _report(execution, "one", state="success")
    _report(execution, "two", state="running")
    path = f"{URL}/{execution['id']}"
    cancelled = admin.post(f"{path}/cancel")
    assert cancelled.status_code == 200, cancelled.text
    found = cancelled.json()
    assert found["state"] == "cancelled"
    assert found["cancelled_by"]
    assert {step["node_id"]: step["state"] for step in found["steps"]} == {
        "start": "success",
        "one": "success",
        "two": "cancelled",
        "three": "cancelled",
    }
    assert admin.post(f"{path}/cancel").json()["cancelled_at"] == found["cancelled_at"]
    assert admin.get(f"{URL}?state=cancelled").json()["total_entries"] == 1
    assert admin.get(f"{URL}?state=failed").json()["total_entries"] == 0


def test_what_has_ended_cannot_be_cancelled(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin)
    _set_run(execution, "success")
    answer = admin.post(f"{URL}/{execution['id']}/cancel")
    assert answer.status_code == 409
    assert answer.json()["code"] == "execution-finished"
    assert admin.post(f"{URL}/orders.manual__nothing/cancel").status_code == 404


def test_steps_are_listed_in_the_order_in_which_they_run(admin: AsgiClient) -> None:
    graph = make_graph(
        make_set("zeta"),
        make_set("alpha"),
        make_trigger(),
        edges=[make_edge("start", "zeta"), make_edge("zeta", "alpha")],
    )
    publish_graph(graph)
    assert [step["node_id"] for step in _start(admin)["steps"]] == ["start", "zeta", "alpha"]


def test_logs_of_steps_without_a_try(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = _start(admin)
    path = f"{URL}/{execution['id']}/steps"
    waiting = admin.get(f"{path}/total/logs").json()
    assert waiting == {
        "lines": [],
        "next_token": None,
        "done": False,
        "truncated": False,
        "try_number": 0,
    }
    assert admin.get(f"{path}/nothing/logs").status_code == 404
    assert admin.get(f"{path}/total/logs?try_number=9").status_code == 404
    assert admin.get(f"{path}/total/logs?token=forged").status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", URL),
        ("POST", URL),
        ("GET", f"{URL}/orders.x"),
        ("POST", f"{URL}/orders.x/cancel"),
        ("GET", f"{URL}/orders.x/steps/a"),
        ("GET", f"{URL}/orders.x/steps/a/logs"),
    ],
)
def test_strangers_are_sent_away(client: Callable[[str | None], AsgiClient], method: str, path: str) -> None:
    assert client(None).request(method, path).status_code == 401


def test_a_viewer_reads_but_starts_and_cancels_nothing(
    client: Callable[[str | None], AsgiClient], admin: AsgiClient
) -> None:
    publish_graph(make_graph())
    execution = _start(admin)
    viewer = client("viewer")
    assert viewer.get(f"{URL}/{execution['id']}").status_code == 200
    assert viewer.post(URL, json={"workflow_id": "orders"}).status_code == 403
    assert viewer.post(f"{URL}/{execution['id']}/cancel").status_code == 403


FORM = {
    "payload_input": "fields",
    "fields": [
        {"name": "email", "label": "Email", "type": "email", "required": True},
        {"name": "count", "type": "integer", "minimum": 1, "default": "2"},
    ],
}


def test_a_payload_that_does_not_fit_the_form_is_refused_with_all_faults(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_node("start", "manual", parameters=FORM)))
    payload = {"email": "x", "count": 0, "extra": 1}
    answer = admin.post(URL, json={"workflow_id": "orders", "payload": payload})
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "payload-invalid"
    assert [(issue["field"], issue["code"]) for issue in problem["issues"]] == [
        ("email", "payload-format"),
        ("count", "payload-range"),
        ("extra", "payload-unknown"),
    ]
    russian = admin.post(
        URL, json={"workflow_id": "orders", "payload": {}}, headers={"Accept-Language": "ru"}
    ).json()
    assert [issue["message"] for issue in russian["issues"]] == ["Заполните это поле."]
    # The sample is a payload like any other.
    assert admin.post(URL, json={"workflow_id": "orders"}).status_code == 422
    assert _start(admin, payload={"email": "a@b.example"})["trigger"]["body"] == {"email": "a@b.example"}


def test_the_command_line_checks_payloads_as_the_api_does(
    admin: AsgiClient, capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace

    from flowforge_provider.cli.commands.runs import run_workflow

    publish_graph(make_graph(make_node("start", "manual", parameters=FORM)))
    given = {"workflow_id": "orders", "payload_file": None, "wait": False, "output": "json", "verbose": False}
    for payload in ('{"email": "x", "count": 0, "extra": 1}', None):
        body = {"workflow_id": "orders"} | ({"payload": json.loads(payload)} if payload else {})
        problem = admin.post(URL, json=body).json()
        with pytest.raises(SystemExit) as exited:
            run_workflow(Namespace(payload=payload, **given))
        assert exited.value.code == 1
        told = capsys.readouterr().err
        assert told.startswith(f"{problem['detail']} [payload-invalid]\n")
        for issue in problem["issues"]:
            assert f"{issue['field']}: {issue['message']} [{issue['code']}]\n" in told
    assert admin.get(f"{URL}?workflow_id=orders").json()["executions"] == []
    run_workflow(Namespace(payload='{"email": "a@b.example"}', **given))
    assert len(admin.get(f"{URL}?workflow_id=orders").json()["executions"]) == 1


def test_the_form_of_the_published_workflow(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient]
) -> None:
    viewer = client("viewer")
    form = "/flowforge/api/workflows/orders/payload-form"
    assert admin.get(form).status_code == 404
    publish_graph(make_graph(make_node("start", "manual", parameters={"sample_payload": {"a": 1}})))
    plain = viewer.get(form).json()
    assert (plain["payload_schema"], plain["inputs"], plain["sample"]) == (None, None, {"a": 1})
    publish_graph(make_graph(make_node("start", "manual", parameters=FORM)))
    asked = viewer.get(form).json()
    assert asked["node_id"] == "start"
    assert asked["payload_schema"]["required"] == ["email"]
    assert [(item["name"], item["type"], item["default"]) for item in asked["inputs"]] == [
        ("email", "email", None),
        ("count", "integer", 2),
    ]
    assert viewer.get(f"{form}?trigger=start").json() == asked
    assert viewer.get(f"{form}?trigger=other").json()["code"] == "trigger-not-found"
