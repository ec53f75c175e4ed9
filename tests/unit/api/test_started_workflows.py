"""Workflows that run other ones: warnings, the right to publish them, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from flowforge_provider.graph.models import Settings
from tests.factories import make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

    from flowforge_provider.graph.models import Graph
    from tests.support.asgi import AsgiClient

API = "/flowforge/api"


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def parent(target: str = "child", *, settings: Settings | None = None, **parameters: Any) -> Graph:
    call = make_node("call", "workflow.run", parameters={"workflow_id": target, **parameters})
    return make_graph(make_trigger(), call, id="parent", name="Parent", settings=settings)


def child() -> Graph:
    return make_graph(make_trigger(), make_set("a"), id="child", name="Child")


def issues(client: AsgiClient, graph: Graph) -> list[Any]:
    answer = client.post(f"{API}/validate", json={"graph": dump_graph(graph)})
    assert answer.json()["valid"]
    return list(answer.json()["issues"])


def test_a_workflow_that_can_run_gives_no_warning(admin: AsgiClient) -> None:
    publish_graph(child())
    assert issues(admin, parent()) == []


def test_a_missing_workflow_is_a_warning(admin: AsgiClient) -> None:
    (issue,) = issues(admin, parent("gone"))
    assert (issue["code"], issue["severity"]) == ("workflow-not-found", "warning")
    assert (issue["node_id"], issue["field"]) == ("call", "parameters.workflow_id")
    assert "gone" in issue["message"]


def test_an_unpublished_workflow_is_a_warning(admin: AsgiClient) -> None:
    admin.post(f"{API}/workflows", json={"name": "Child", "graph": dump_graph(child())})
    (issue,) = issues(admin, parent())
    assert issue["code"] == "workflow-not-published"


def test_a_paused_workflow_is_a_warning(admin: AsgiClient) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    publish_graph(child())
    with create_session() as session:
        dag = session.get(DagModel, "child")
        assert dag is not None
        dag.is_paused = True
    (issue,) = issues(admin, parent())
    assert issue["code"] == "workflow-paused"


def test_a_workflow_may_run_itself(admin: AsgiClient) -> None:
    assert issues(admin, parent("parent")) == []


@pytest.mark.parametrize(("mode", "count"), [("wait", 1), ("start", 0)])
def test_a_workflow_that_would_wait_for_itself_for_ever_is_a_warning(
    admin: AsgiClient, mode: str, count: int
) -> None:
    found = issues(admin, parent("parent", mode=mode, settings=Settings(max_active_runs=1)))
    assert [issue["code"] for issue in found] == ["workflow-waits-for-itself"] * count


def test_the_draft_shows_the_warning_too(admin: AsgiClient) -> None:
    made = admin.post(f"{API}/workflows", json={"name": "Parent", "graph": dump_graph(parent("gone"))}).json()
    assert [issue["code"] for issue in made["issues"]] == ["workflow-not-found"]
    checked = admin.post(f"{API}/workflows/{made['id']}/validate").json()
    assert [issue["code"] for issue in checked["issues"]] == ["workflow-not-found"]


def test_no_workflow_is_an_error(admin: AsgiClient) -> None:
    answer = admin.post(f"{API}/validate", json={"graph": dump_graph(parent(""))}).json()
    assert [issue["code"] for issue in answer["issues"]] == ["missing-parameter"]


@pytest.mark.parametrize("target", ["{{ trigger.body.which }}", "Child", "a b"])
def test_the_workflow_is_no_expression(admin: AsgiClient, target: str) -> None:
    answer = admin.post(f"{API}/validate", json={"graph": dump_graph(parent(target))}).json()
    assert not answer["valid"]


class TestRights:
    """Who publishes needs the right to run what is run."""

    @pytest.fixture
    def forbidden(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """Nobody may run the child; the questions that were asked."""
        from flowforge_provider.api.services import targets

        asked: list[Any] = []

        def is_allowed(*, user: BaseUser, action: str, workflow_id: str | None = None) -> bool:
            asked.append((user.get_name(), action, workflow_id))
            return workflow_id != "child"

        monkeypatch.setattr(targets, "is_allowed", is_allowed)
        return asked

    def test_publishing_is_refused_without_it(self, admin: AsgiClient, forbidden: list[Any]) -> None:
        publish_graph(child())
        made = admin.post(f"{API}/workflows", json={"name": "Parent", "graph": dump_graph(parent())}).json()
        answer = admin.post(f"{API}/workflows/{made['id']}/publish", json={})
        assert_problem(answer, status=403)
        assert answer.json()["code"] == "forbidden"
        assert "child" in answer.json()["detail"]
        assert forbidden == [("admin", "run", "child")]
        assert admin.get(f"{API}/workflows/{made['id']}").json()["state"] == "draft"

    def test_drawing_it_is_not(self, admin: AsgiClient, forbidden: list[Any]) -> None:
        made = admin.post(f"{API}/workflows", json={"name": "Parent", "graph": dump_graph(parent())})
        assert made.status_code == 201
        assert forbidden == []

    def test_other_workflows_are_not_touched_by_it(self, admin: AsgiClient, forbidden: list[Any]) -> None:
        made = admin.post(f"{API}/workflows", json={"name": "Child", "graph": dump_graph(child())}).json()
        assert admin.post(f"{API}/workflows/{made['id']}/publish", json={}).status_code == 200
        assert forbidden == []


class TestCancelling:
    def start(self, client: AsgiClient, workflow_id: str) -> Any:
        answer = client.post(f"{API}/executions", json={"workflow_id": workflow_id})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def note(self, execution: Any, value: Any) -> None:
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            XComModel.set(
                key="flowforge_child",
                value=value,
                dag_id="parent",
                task_id="call",
                run_id=execution["run_id"],
                serialize=False,
                session=session,
            )

    @pytest.mark.parametrize("together", [True, False])
    def test_what_it_waits_for_is_cancelled_too(self, admin: AsgiClient, together: bool) -> None:
        publish_graph(child())
        publish_graph(parent())
        waiting, started = self.start(admin, "parent"), self.start(admin, "child")
        self.note(waiting, {"workflow_id": "child", "run_id": started["run_id"], "cancel": together})
        _, step = admin.get(f"{API}/executions/{waiting['id']}").json()["steps"]
        assert step["child_execution_id"] == started["id"]
        assert admin.post(f"{API}/executions/{waiting['id']}/cancel").json()["state"] == "cancelled"
        ended = admin.get(f"{API}/executions/{started['id']}").json()
        assert ended["state"] == ("cancelled" if together else "queued")
        assert ended["cancelled_by"] == ("admin" if together else None)

    def test_what_the_items_of_a_loop_wait_for_is_cancelled_too(self, admin: AsgiClient) -> None:
        publish_graph(child())
        publish_graph(parent())
        waiting, runs = self.start(admin, "parent"), [self.start(admin, "child") for _ in range(2)]
        started = {
            str(index): {"workflow_id": "child", "run_id": run["run_id"], "cancel": True}
            for index, run in enumerate(runs)
        }
        self.note(waiting, started)
        assert admin.post(f"{API}/executions/{waiting['id']}/cancel").json()["state"] == "cancelled"
        for run in runs:
            assert admin.get(f"{API}/executions/{run['id']}").json()["state"] == "cancelled"

    @pytest.mark.parametrize(
        "value", [{"workflow_id": "child", "run_id": "gone", "cancel": True}, "text", {"cancel": True}, None]
    )
    def test_what_is_gone_does_not_matter(self, admin: AsgiClient, value: Any) -> None:
        publish_graph(parent())
        waiting = self.start(admin, "parent")
        self.note(waiting, value)
        assert admin.post(f"{API}/executions/{waiting['id']}/cancel").json()["state"] == "cancelled"
