"""Questions that wait for people: shown with the execution, answered by the rules of Airflow's own API."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.nodes.form import FormField, to_params
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

URL = "/flowforge/api/executions"
LATER = datetime(2100, 1, 1, tzinfo=timezone.utc)
FIELDS = [
    {"name": "reason", "label": "Why", "required": True},
    {"name": "amount", "type": "number", "default": 20},
    {"name": "way", "type": "select", "options": ["card", "voucher"]},
    {"name": "tell", "type": "boolean"},
    {"name": "note", "type": "long_text"},
]


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


@pytest.fixture
def execution(admin: AsgiClient) -> str:
    ask = make_node("ask", "approval", parameters={"title": "Go?"})
    edges = [make_edge("start", "ask"), make_edge("ask", "end", "approved")]
    publish_graph(make_graph(make_trigger(), ask, make_set("end"), edges=edges))
    started = admin.post(URL, json={"workflow_id": "orders"})
    assert started.status_code == 201, started.text
    return str(started.json()["id"])


def put_question(
    execution_id: str, *, state: str = "awaiting_input", users: tuple[str, ...] = (), age_s: float = 10
) -> None:
    """Do what a worker does when an approval waits."""
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    run_id = execution_id.partition(".")[2]
    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
        run.set_state(DagRunState.RUNNING)
        task = session.scalars(
            select(TaskInstance).where(TaskInstance.run_id == run_id, TaskInstance.task_id == "ask")
        ).one()
        task.state = state
        task.next_method = "_go_on"
        task.next_kwargs = {}
        task.trigger_timeout = LATER
        session.add(
            HITLDetail(
                ti_id=task.id,
                options=["Approve", "Reject"],
                subject="Go?",
                body="**Now**",
                multiple=False,
                created_at=datetime.now(tz=timezone.utc) - timedelta(seconds=age_s),
                params=to_params([FormField.model_validate(field) for field in FIELDS]),
                assignees=[{"id": user, "name": user} for user in users],
            )
        )


def task_of(execution_id: str) -> Any:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return session.scalars(
            select(TaskInstance).where(
                TaskInstance.run_id == execution_id.partition(".")[2], TaskInstance.task_id == "ask"
            )
        ).one()


def answer(client: AsgiClient, execution_id: str, option: str = "Approve", **values: Any) -> Any:
    return client.post(f"{URL}/{execution_id}/steps/ask/answer", json={"option": option, "values": values})


def shown(name: str, **facts: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"label": name, "type": "text", "options": [], "value": None, "required": False}
    return {"name": name, **plain, **facts}


def test_a_question_is_shown_with_the_execution(admin: AsgiClient, execution: str) -> None:
    assert admin.get(f"{URL}/{execution}").json()["approvals"] == []
    put_question(execution, users=("ann",))
    (question,) = admin.get(f"{URL}/{execution}").json()["approvals"]
    assert question.pop("requested_at")
    assert question == {
        "node_id": "ask",
        "map_index": -1,
        "title": "Go?",
        "body": "**Now**",
        "options": ["Approve", "Reject"],
        "fields": [
            shown("reason", label="Why", required=True),
            shown("amount", type="number", value=20),
            shown("way", type="select", options=["card", "voucher"]),
            shown("tell", type="boolean", value=False),
            shown("note", type="long_text"),
        ],
        "assigned_users": [{"id": "ann", "name": "ann"}],
        "expires_at": "2100-01-01T00:00:00Z",
    }


def test_an_answer_at_once_is_held_back_until_the_scheduler_knows_of_the_question(
    admin: AsgiClient, execution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("flowforge_provider.api.services.approvals.sleep", slept.append)
    # Asked in a moment: what a test takes to get there must not count.
    put_question(execution, age_s=-60)
    assert answer(admin, execution, reason="Fine.").status_code == 200
    assert slept == [2]


def test_an_answer_lets_the_task_go_on(admin: AsgiClient, execution: str) -> None:
    put_question(execution)
    answered = answer(admin, execution, reason="Fine.", amount=5)
    assert answered.status_code == 200, answered.text
    assert answered.json()["approvals"] == []
    task = task_of(execution)
    assert task.state == "scheduled"
    assert task.next_method == "_go_on"
    assert "Fine." in str(task.next_kwargs)
    assert "admin" in str(task.next_kwargs)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "Why"),
        ({"reason": " ", "amount": "much"}, "amount"),
        ({"reason": "x", "way": "cash"}, "card, voucher"),
        ({"reason": "x", "tell": "yes"}, "true or false"),
        ({"reason": "x", "other": 1}, "other"),
    ],
)
def test_a_wrong_form_is_not_taken(admin: AsgiClient, execution: str, values: Any, told: str) -> None:
    put_question(execution)
    refused = answer(admin, execution, **values)
    assert_problem(refused, status=422)
    assert refused.json()["code"] == "approval-form"
    assert told in refused.json()["detail"]
    assert task_of(execution).state == "awaiting_input"


def test_a_rejection_needs_no_form(admin: AsgiClient, execution: str) -> None:
    put_question(execution)
    assert answer(admin, execution, "Reject").status_code == 200


def test_an_unknown_option_is_not_taken(admin: AsgiClient, execution: str) -> None:
    put_question(execution)
    refused = answer(admin, execution, "Perhaps")
    assert (refused.status_code, refused.json()["code"]) == (422, "approval-form")


def test_the_second_answer_is_refused(admin: AsgiClient, execution: str) -> None:
    put_question(execution)
    assert answer(admin, execution, "Reject").status_code == 200
    second = answer(admin, execution, "Reject")
    assert (second.status_code, second.json()["code"]) == (409, "approval-answered")


@pytest.mark.parametrize("state", ["failed", "success", "up_for_retry"])
def test_a_late_answer_is_refused(admin: AsgiClient, execution: str, state: str) -> None:
    put_question(execution, state=state)
    assert admin.get(f"{URL}/{execution}").json()["approvals"] == []
    late = answer(admin, execution, "Reject")
    assert (late.status_code, late.json()["code"]) == (409, "approval-answered")


def test_a_step_that_asks_nobody(admin: AsgiClient, execution: str) -> None:
    nothing = answer(admin, execution)
    assert (nothing.status_code, nothing.json()["code"]) == (404, "approval-not-found")


@pytest.mark.parametrize(("users", "status"), [(("ann",), 403), (("user",), 200), ((), 200)])
def test_only_those_who_are_asked_may_answer(
    client: MakeClient, execution: str, users: tuple[str, ...], status: int
) -> None:
    put_question(execution, users=users)
    assert answer(client("user"), execution, "Reject").status_code == status


def test_viewers_may_look_and_not_answer(client: MakeClient, execution: str) -> None:
    put_question(execution)
    assert client("viewer").get(f"{URL}/{execution}").json()["approvals"]
    assert_problem(answer(client("viewer"), execution, "Reject"), status=403)
    session = client("viewer").get("/flowforge/api/session").json()
    assert session["permissions"]["answer"] is False
    assert client("user").get("/flowforge/api/session").json()["permissions"]["answer"] is True
