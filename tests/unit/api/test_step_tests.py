"""Tests of single steps as the API takes them; that a worker runs them is shown in tests/integration."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.runs.sealed import unseal
from flowforge_provider.settings import STEP_TEST_DAG_ID
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph
from tests.support.routes import assert_problem
from tests.support.runs import NOW, start, succeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.graph.models import Graph
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/workflows/orders"


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def make_orders() -> Graph:
    """start -> get -> total; each(one) beside it."""
    return make_graph(
        make_trigger(parameters={"sample_payload": {"id": 7}}),
        make_node(
            "get", "http.request", parameters={"url": "https://shop.example.com/{{ trigger.body.id }}"}
        ),
        make_set("total", total="{{ steps.get.body.price * trigger.body.quantity }}"),
        make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}"}),
        make_set("one", value="{{ item.id }}"),
        make_node("wait", "wait", parameters={"amount": 5}),
        edges=[
            make_edge("start", "get"),
            make_edge("get", "total"),
            make_edge("start", "each"),
            make_edge("each", "one", "item"),
            make_edge("each", "wait", "done"),
        ],
    )


def begin(admin: AsgiClient, node: str, **body: Any) -> dict[str, Any]:
    answer = admin.post(f"{URL}/steps/{node}/test", json=body)
    assert answer.status_code == 202, answer.text
    test: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{URL}/steps/{node}/test/{test['id']}"
    return test


def told(test_id: str) -> dict[str, Any]:
    """Return what the worker is told."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.run_id == test_id)).one()
        assert run.dag_id == STEP_TEST_DAG_ID
        assert run.conf is not None
        sealed = run.conf["flowforge_step_test"]
    value: dict[str, Any] = unseal(sealed, purpose="step-test", dag_id=STEP_TEST_DAG_ID, run_id=test_id)
    return value


def pin(admin: AsgiClient, node: str, output: Any) -> None:
    assert admin.put(f"{URL}/steps/{node}/pin", json={"output": output}).status_code == 200


def test_a_test_touches_nothing_that_is_published(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    before = admin.get(URL).json()
    test = begin(admin, "get")
    assert (test["state"], test["workflow_id"], test["node_id"]) == ("queued", "orders", "get")
    assert test["sources"] == {"trigger": "example"}
    document = told(test["id"])
    assert document["operator"] == "flowforge_provider.operators.http:HttpOperator"
    assert document["data"]["trigger"]["body"] == {"id": 7}
    assert document["before"] == {"get": ["start"], "start": []}
    assert admin.get(URL).json() == before
    assert admin.get("/flowforge/api/executions").json()["executions"] == []
    assert len(admin.get("/flowforge/api/workflows").json()["workflows"]) == 1


def test_its_dag_is_registered_once_and_is_no_workflow(admin: AsgiClient) -> None:
    from airflow.models.dag_version import DagVersion
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    from flowforge_provider.publishing.dag_processor import retire

    publish_graph(make_orders())
    begin(admin, "get")
    with create_session() as session:
        # What the dag-processor does with Dags of workflows that are not published.
        retire(session)
    begin(admin, "get")
    with create_session() as session:
        count = select(func.count()).select_from(DagVersion).where(DagVersion.dag_id == STEP_TEST_DAG_ID)
        assert session.scalar(count) == 1


def test_what_is_given_goes_before_pins_and_those_before_an_execution(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    execution = start(admin, payload={"quantity": 3})
    succeed(execution, "get", {"body": {"price": 10}})
    by_run = begin(admin, "total", execution_id=execution)
    assert by_run["sources"] == {"trigger": "execution", "get": "execution"}
    assert told(by_run["id"])["data"]["steps"] == {"get": {"body": {"price": 10}}}
    pin(admin, "get", {"body": {"price": 20}})
    pin(admin, "start", {"quantity": 5})
    pinned = told(begin(admin, "total", execution_id=execution)["id"])["data"]
    assert pinned["steps"]["get"]["body"]["price"] == 20
    assert pinned["trigger"]["body"] == {"quantity": 5}
    assert pinned["trigger"]["type"] == "manual"
    given = {"steps": {"get": {"body": {"price": 30}}}}
    both = begin(admin, "total", execution_id=execution, data=given)
    assert both["sources"] == {"trigger": "pinned", "get": "given"}
    without = told(begin(admin, "total", execution_id=execution, use_pins=False)["id"])["data"]
    assert without["steps"]["get"]["body"]["price"] == 10
    plan = admin.get(f"{URL}/steps/total/test", params={"execution_id": execution}).json()
    assert (plan["testable"], plan["missing"]) == (True, [])
    assert plan["sources"] == {"trigger": "pinned", "get": "pinned"}


def test_missing_data_is_named_before_a_worker_is_asked(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    answer = admin.post(f"{URL}/steps/total/test", json={})
    assert answer.status_code == 422
    (issue,) = answer.json()["issues"]
    assert (issue["code"], issue["node_id"]) == ("sample-missing", "total")
    assert '"get"' in issue["message"]
    assert admin.get(f"{URL}/steps/total/test").json()["missing"] == ["get"]
    (item,) = admin.post(f"{URL}/steps/one/test", json={}).json()["issues"]
    assert item["code"] == "sample-missing"


def test_a_step_in_a_loop_gets_an_item(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    given = begin(admin, "one", data={"item": {"id": 3}, "item_index": 4})
    document = told(given["id"])
    assert document["loop"] == "each"
    assert (document["data"]["item"], document["data"]["item_index"]) == ({"id": 3}, 4)
    execution = start(admin, payload={"items": [{"id": 1}, {"id": 2}]})
    batches = [[{"id": 1}, {"id": 2}]]
    succeed(execution, "each-items", batches, flowforge_batches={"total": 2, "size": 2})
    second = begin(admin, "one", execution_id=execution, item_index=1)
    assert told(second["id"])["data"]["item"] == {"id": 2}
    assert second["sources"]["item"] == "execution"


def test_parameters_of_the_editor_stand_in_for_the_saved_ones_and_are_checked(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    test = begin(admin, "get", parameters={"url": "https://other.example.com"})
    assert told(test["id"])["parameters"] == {"url": "https://other.example.com"}
    answer = admin.post(f"{URL}/steps/get/test", json={"parameters": {"url": "", "nonsense": 1}})
    assert answer.status_code == 422
    assert {issue["field"] for issue in answer.json()["issues"]} == {"parameters.url", "parameters.nonsense"}


@pytest.mark.parametrize("node", ["start", "each", "wait"])
def test_steps_that_cannot_be_tested_say_why(admin: AsgiClient, node: str) -> None:
    publish_graph(make_orders())
    answer = admin.post(f"{URL}/steps/{node}/test", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "step-not-testable")
    plan = admin.get(f"{URL}/steps/{node}/test", headers={"Accept-Language": "ru"}).json()
    assert plan["testable"] is False
    assert any("а" <= letter <= "я" for letter in plan["reason"])


def test_node_types_tell_whether_they_can_be_tested(admin: AsgiClient) -> None:
    types = {each["type"]: each for each in admin.get("/flowforge/api/node-types").json()["node_types"]}
    refused = {name for name, each in types.items() if not each["testable"] and each["kind"] == "action"}
    assert refused == {"approval", "wait", "for_each", "asset.publish"}
    assert all(bool(each["untestable"]) != each["testable"] for each in types.values())
    assert types["manual"]["testable"] is types["note"]["testable"] is False


def test_the_result_is_read_with_secrets_masked(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    test = begin(admin, "get")
    url = f"{URL}/steps/get/test/{test['id']}"
    _report(test["id"])
    result = admin.get(url).json()
    assert (result["state"], result["ports"], result["duration_s"]) == ("success", ["success"], 2.0)
    assert result["output"] == {"status": 200, "token": "***"}
    assert result["airflow_url"].endswith(f"/dags/{STEP_TEST_DAG_ID}/runs/{test['id']}")
    for wrong in (url.replace("/get/", "/total/"), f"{url}x"):
        assert admin.get(wrong).json()["code"] == "step-test-not-found"


def _report(test_id: str, *, state: str = "success", **more: Any) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    data = {
        "flowforge_input": {"url": "https://shop.test/7"},
        "return_value": {"status": 200, "token": "abc"},
        "flowforge_ports": ["success"],
        **more,
    }
    with create_session() as session:
        ti = session.scalars(select(TaskInstance).where(TaskInstance.run_id == test_id)).one()
        ti.state, ti.start_date, ti.end_date = state, NOW, NOW + timedelta(seconds=2)
        for key, value in data.items():
            XComModel.set(
                key=key,
                value=value,
                dag_id=STEP_TEST_DAG_ID,
                task_id="step",
                run_id=test_id,
                serialize=False,
                session=session,
            )


def test_a_test_can_be_stopped(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    test = begin(admin, "get")
    url = f"{URL}/steps/get/test/{test['id']}"
    assert admin.delete(url).json()["state"] == "failed"
    assert admin.get(url).json()["error"]["code"] == "step-died"


def test_why_a_test_has_failed_is_told_in_plain_words(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    test = begin(admin, "get")
    assert test["failure"] is None
    url = f"{URL}/steps/get/test/{test['id']}"
    error = {
        "type": "StepError",
        "code": "http-status",
        "message": "It answered 401.",
        "detail": {"status": 401},
    }
    _report(test["id"], state="failed", flowforge_error=error)
    failure = admin.get(url).json()["failure"]
    assert (failure["code"], failure["node_id"], failure["category"]) == ("http-status", "get", "sign_in")
    assert failure["advice"]
    assert failure["detail"] == {"status": 401}
    russian = admin.get(url, headers={"Accept-Language": "ru"}).json()["failure"]
    assert any("а" <= letter <= "я" for letter in russian["advice"])


def test_a_user_has_a_few_tests_at_once(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__STEP_TESTS_PER_USER", "2")
    publish_graph(make_orders())
    first, second = begin(admin, "get"), begin(admin, "get")
    refused = admin.post(f"{URL}/steps/get/test", json={})
    assert_problem(refused, status=429)
    assert refused.json()["code"] == "too-many-step-tests"
    assert refused.json()["limit"] == 2
    assert int(refused.headers["retry-after"]) > 0
    # Others are not kept from it, and an end makes room.
    assert client("op").post(f"{URL}/steps/get/test", json={}).status_code == 202
    admin.delete(f"{URL}/steps/get/test/{second['id']}")
    begin(admin, "get")
    assert admin.get(f"{URL}/steps/get/test/{first['id']}").json()["state"] == "queued"


def test_while_all_work_is_paused_a_test_says_so_instead_of_waiting(admin: AsgiClient) -> None:
    publish_graph(make_orders())
    pause = {"paused": True, "reason": "The shop moves"}
    admin.post("/flowforge/api/queue/pause", json={**pause, "workflowId": "orders"})
    # Its own workflow is paused: that is when people mend it.
    running = begin(admin, "get")
    admin.post("/flowforge/api/queue/pause", json=pause)
    refused = admin.post(f"{URL}/steps/get/test", json={})
    assert_problem(refused, status=409)
    assert refused.json()["code"] == "step-tests-paused"
    assert "by admin" in refused.json()["detail"]
    assert "The shop moves" in refused.json()["detail"]
    assert admin.get(f"{URL}/steps/get/test/{running['id']}").json()["state"] == "queued"
    admin.post("/flowforge/api/queue/pause", json={"paused": False})
    begin(admin, "get")


def test_airflows_own_switch_is_named(admin: AsgiClient) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    publish_graph(make_orders())
    begin(admin, "get")
    with create_session() as session:
        session.execute(update(DagModel).where(DagModel.dag_id == STEP_TEST_DAG_ID).values(is_paused=True))
    refused = admin.post(f"{URL}/steps/get/test", json={})
    assert_problem(refused, status=409)
    assert refused.json()["code"] == "step-tests-paused"
    assert STEP_TEST_DAG_ID in refused.json()["detail"]


def test_a_drain_waits_for_tests(admin: AsgiClient) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import update

    publish_graph(make_orders())
    test = begin(admin, "get")
    with create_session() as session:
        mine = update(TaskInstance).where(TaskInstance.run_id == test["id"])
        session.execute(mine.values(state="running"))
    drain = admin.post("/flowforge/api/queue/drain", json={"reason": "upgrade"}).json()["drain"]
    assert (drain["drained"], drain["running_steps"]) == (False, 1)
    _report(test["id"])
    drain = admin.get("/flowforge/api/queue/pause").json()["drain"]
    assert (drain["drained"], drain["running_steps"]) == (True, 0)


def test_tests_are_gone_after_a_day_with_their_data(admin: AsgiClient) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    from flowforge_provider.runs.database import get_database
    from flowforge_provider.step_tests.reading import clean_tests

    publish_graph(make_orders())
    execution = start(admin)
    test = begin(admin, "get")
    _report(test["id"])
    now = datetime.now(tz=timezone.utc)
    database = get_database()
    assert database.transaction(lambda session: clean_tests(now=now, session=session)) == 0
    later = now + timedelta(days=1, minutes=1)
    assert database.transaction(lambda session: clean_tests(now=later, session=session)) == 1
    assert admin.get(f"{URL}/steps/get/test/{test['id']}").status_code == 404
    with create_session() as session:
        left = select(func.count()).select_from(XComModel).where(XComModel.run_id == test["id"])
        assert session.scalar(left) == 0
    assert admin.get(f"/flowforge/api/executions/{execution}").status_code == 200


def test_testing_needs_the_rights_to_edit_to_publish_and_to_run(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider.api import security

    publish_graph(make_orders())
    assert client("viewer").post(f"{URL}/steps/get/test", json={}).status_code == 403
    usual = security.is_allowed
    for missing in ("edit", "publish", "run"):
        with monkeypatch.context() as patch:
            patch.setattr(
                security,
                "is_allowed",
                lambda missing=missing, **asked: asked["action"] != missing and usual(**asked),
            )
            assert admin.post(f"{URL}/steps/get/test", json={}).json()["code"] == "forbidden"


def test_a_step_that_starts_a_workflow_needs_the_right_to_run_that_one(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider.api import security

    call = make_node("call", "workflow.run", parameters={"workflow_id": "secret"})
    publish_graph(make_graph(make_trigger(), call))
    usual = security.is_allowed
    monkeypatch.setattr(
        security, "is_allowed", lambda **asked: asked.get("workflow_id") != "secret" and usual(**asked)
    )
    assert admin.post(f"{URL}/steps/call/test", json={}).json()["code"] == "forbidden"
