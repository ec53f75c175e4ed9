from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.runs.sealed import unseal
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph
from tests.support.runs import URL, end, report, start, states, succeed, xcoms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.graph.models import Graph
    from tests.support.asgi import AsgiClient


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def make_forked(*, ask: dict[str, Any] | None = None) -> Graph:
    """start -> check -(true)-> ask -> tell -> both, start -> side -> both, check -(false)-> other."""
    condition = {"mode": "expression", "expression": "{{ trigger.body.go }}"}
    http = {
        "url": "https://shop.example.com/{{ trigger.body.id }}",
        "connection_id": "shop",
        "headers": [
            {"name": "X-Api-Key", "value": "{{ trigger.body.key }}"},
            {"name": "Accept", "value": "*/*"},
        ],
        **(ask or {}),
    }
    return make_graph(
        make_trigger(),
        make_node("check", "if", parameters={"conditions": condition}),
        make_node("ask", "http.request", parameters=http),
        make_set("tell"),
        make_set("other"),
        make_set("side"),
        make_node("both", "merge"),
        edges=[
            make_edge("start", "check"),
            make_edge("check", "ask", "true"),
            make_edge("check", "other", "false"),
            make_edge("ask", "tell"),
            make_edge("start", "side"),
            make_edge("tell", "both"),
            make_edge("side", "both"),
        ],
    )


ASKED = {
    "method": "GET",
    "url": "https://shop.example.com/7",
    "connection_id": "shop",
    "headers": [{"name": "X-Api-Key", "value": "***"}, {"name": "Accept", "value": "*/*"}],
}


def run_forked(admin: AsgiClient, *, asked: str = "failed", side: str = "success") -> str:
    publish_graph(make_forked())
    execution = start(admin, payload={"go": True, "id": 7, "key": "s3cret"})
    report(execution, "start", "success", tries=0)
    succeed(execution, "check", True, skipmixin_key={"followed": ["ask"]})
    report(execution, "other", "skipped", tries=0)
    report(execution, "ask", asked, flowforge_input=ASKED, return_value={"status": 200})
    report(execution, "tell", "success" if asked == "success" else "upstream_failed", tries=0)
    report(execution, "side", side, flowforge_input={}, return_value={"done": 1})
    report(execution, "both", "upstream_failed", tries=0)
    end(execution, "failed")
    return execution


def rerun(admin: AsgiClient, execution: str, **body: Any) -> dict[str, Any]:
    answer = admin.post(f"{URL}/{execution}/rerun", json=body)
    assert answer.status_code == 201, answer.text
    new: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{URL}/{new['id']}"
    return new


def refused(admin: AsgiClient, execution: str, **body: Any) -> list[str]:
    answer = admin.post(f"{URL}/{execution}/rerun", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "rerun-refused"), answer.text
    return [issue["code"] for issue in answer.json()["issues"]]


def conf_of(execution: str) -> dict[str, Any]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        conf: dict[str, Any] = session.scalars(
            select(DagRun.conf).where(DagRun.run_id == execution.partition(".")[2])
        ).one()
    return conf


def test_the_whole_runs_again_with_the_same_trigger(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    new = rerun(admin, execution)
    assert new["id"] != execution
    assert (new["state"], new["rerun_of"], new["trigger_type"]) == ("queued", execution, "manual")
    assert new["trigger"]["body"] == {"go": True, "id": 7, "key": "s3cret"}
    assert new["rerun"]["from_step"] is None
    assert set(states(new["id"]).values()) == {None}
    assert not any(step["reused"] for step in new["steps"])
    assert admin.get(f"{URL}/{execution}").json()["reruns"] == [new["id"]]
    listed = {each["id"]: each["rerun_of"] for each in admin.get(URL).json()["executions"]}
    assert listed == {new["id"]: execution, execution: None}


def test_the_revision_is_the_original_or_the_latest_one(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    publish_graph(make_forked(ask={"method": "POST"}))
    assert rerun(admin, execution)["revision"] == 1
    assert rerun(admin, execution, revision="latest")["revision"] == 2
    plan = admin.get(f"{URL}/{execution}/rerun").json()
    assert (plan["revision"], plan["latest_revision"]) == (1, 2)


def test_from_a_step_the_others_keep_what_they_have_done(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    new = rerun(admin, execution, from_step="ask")
    assert states(new["id"]) == {
        "start": "success",
        "check": "success",
        "other": "skipped",
        "side": "success",
        "ask": None,
        "tell": None,
        "both": None,
    }
    assert xcoms(new["id"], "side") == xcoms(execution, "side")
    # By this Airflow skips again what was skipped.
    assert xcoms(new["id"], "check")["skipmixin_key", -1] == {"followed": ["ask"]}
    assert xcoms(new["id"], "ask") == {}
    steps = {step["node_id"]: step for step in new["steps"]}
    assert {name for name, step in steps.items() if step["reused"]} == {"start", "check", "other", "side"}
    assert steps["side"]["reused_from"] == execution
    assert steps["side"]["output"] == {"done": 1}
    assert new["rerun"]["from_step"] == "ask"


def test_a_step_that_was_kept_twice_names_where_it_ran(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    second = rerun(admin, execution, from_step="ask")["id"]
    report(second, "ask", "success", flowforge_input=ASKED, return_value={"status": 200})
    report(second, "tell", "failed")
    end(second, "failed")
    third = rerun(admin, second, from_step="tell")
    steps = {step["node_id"]: step for step in third["steps"]}
    assert (steps["side"]["reused_from"], steps["ask"]["reused_from"]) == (execution, second)
    assert third["rerun_of"] == second


def test_a_parallel_step_without_a_result_runs_as_well(admin: AsgiClient) -> None:
    execution = run_forked(admin, side="failed")
    plan = admin.get(f"{URL}/{execution}/rerun", params={"from_step": "ask"}).json()
    assert plan["possible"]
    assert plan["reused"] == ["check", "other", "start"]
    assert plan["runs"] == ["ask", "both", "side", "tell"]
    assert states(rerun(admin, execution, from_step="ask")["id"])["side"] is None


def test_an_edited_input_goes_to_the_step_and_secrets_stay_where_they_are(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    plan = admin.get(f"{URL}/{execution}/rerun", params={"from_step": "ask"}).json()
    assert plan["input"] == ASKED
    edited = {
        **plan["input"],
        "url": "https://shop.example.com/{{ 8 }}",
        "headers": [{"name": "X-Api-Key", "value": "***"}, {"name": "Accept", "value": "text/html"}],
    }
    new = rerun(admin, execution, from_step="ask", input=edited)
    conf = conf_of(new["id"])
    entry = conf["flowforge_rerun"]
    assert (entry["of"], entry["from"], entry["task_id"]) == (execution.partition(".")[2], "ask", "ask")
    run_id = new["run_id"]
    value = unseal(entry["input"], purpose="input:ask", dag_id="orders", run_id=run_id)
    # What was not changed is filled in by the step's own expressions.
    assert value == {"url": edited["url"], "headers": edited["headers"]}
    assert conf["trigger"]["body"]["key"] == "s3cret"


@pytest.mark.parametrize(
    ("edited", "codes"),
    [
        ("a text", ["wrong-parameter"]),
        ({"nonsense": 1}, ["wrong-parameter"]),
        ({"method": "FETCH", "headers": 3}, ["wrong-parameter", "wrong-parameter"]),
        ({"connection_id": "bank"}, ["rerun-connection"]),
        ({"url": "***"}, ["rerun-hidden-value"]),
    ],
)
def test_an_edited_input_is_checked(admin: AsgiClient, edited: Any, codes: list[str]) -> None:
    execution = run_forked(admin)
    assert sorted(refused(admin, execution, from_step="ask", input=edited)) == codes


def test_all_that_is_in_the_way_is_told_at_once(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    assert refused(admin, execution, from_step="nowhere") == ["rerun-step-missing"]
    assert refused(admin, execution, from_step="other") == ["rerun-step-skipped"]
    assert refused(admin, execution, from_step="both") == ["rerun-step-not-done"]
    both = admin.post(f"{URL}/{run_forked(admin, side='failed')}/rerun", json={"from_step": "both"})
    assert [issue["node_id"] for issue in both.json()["issues"]] == ["ask", "side"]
    running = start(admin)
    codes = refused(admin, running, from_step="ask", input={"method": "FETCH"})
    assert codes == ["execution-running", "rerun-step-not-done", "wrong-parameter"]


def test_data_that_was_cleaned_up_cannot_be_used_again(admin: AsgiClient) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    execution = run_forked(admin)
    with create_session() as session:
        session.execute(delete(XComModel).where(XComModel.key == "flowforge_input"))
    assert refused(admin, execution, from_step="ask") == ["rerun-data-gone"]


def test_a_step_must_be_in_the_revision_that_runs(admin: AsgiClient) -> None:
    execution = run_forked(admin, asked="success")
    graph = make_forked()
    nodes = [node for node in graph.nodes if node.id != "tell"] + [make_set("new")]
    edges = [edge for edge in graph.edges if "tell" not in (edge.source, edge.target)] + [
        make_edge("ask", "new"),
        make_edge("new", "both"),
    ]
    publish_graph(make_graph(*nodes, edges=edges))
    assert refused(admin, execution, from_step="tell", revision="latest") == ["rerun-step-missing"]
    assert refused(admin, execution, from_step="both", revision="latest") == ["rerun-step-not-done"]
    new = rerun(admin, execution, from_step="new", revision="latest")
    assert states(new["id"])["ask"] == "success"
    assert states(new["id"])["new"] is None
    assert rerun(admin, execution, from_step="tell")["revision"] == 1


def test_a_branch_of_another_revision_leads_where_its_ports_lead_now(admin: AsgiClient) -> None:
    execution = run_forked(admin, asked="success")
    graph = make_forked()
    edges = [*graph.edges, make_edge("check", "also", "true")]
    publish_graph(make_graph(*graph.nodes, make_set("also"), edges=edges))
    new = rerun(admin, execution, from_step="tell", revision="latest")
    assert xcoms(new["id"], "check")["skipmixin_key", -1] == {"followed": ["also", "ask"]}
    assert states(new["id"])["also"] is None


def test_a_loop_is_kept_or_run_as_a_whole(admin: AsgiClient) -> None:
    publish_graph(
        make_graph(
            make_trigger(),
            make_node("each", "for_each", parameters={"items": "{{ trigger.body }}"}),
            make_set("one"),
            make_set("after"),
            edges=[
                make_edge("start", "each"),
                make_edge("each", "one", "item"),
                make_edge("each", "after", "done"),
            ],
        )
    )
    execution = start(admin, payload=[1, 2])
    report(execution, "start", "success", tries=0)
    succeed(execution, "each-items", [[1], [2]], flowforge_batches={"total": 2, "size": 1})
    for index in range(2):
        report(execution, "one", "success", map_index=index, flowforge_ports={str(index): "success"})
    succeed(execution, "each", {"results": [1, 2]})
    report(execution, "after", "failed")
    end(execution, "failed")
    assert refused(admin, execution, from_step="one") == ["rerun-in-loop"]

    after = rerun(admin, execution, from_step="after")["id"]
    assert states(after) == {
        "start": "success",
        "each-items": "success",
        "one[0]": "success",
        "one[1]": "success",
        "each": "success",
        "after": None,
    }
    assert xcoms(after, "one") == xcoms(execution, "one")

    whole = rerun(admin, execution, from_step="each", input={"items": [3]})
    assert states(whole["id"]) == {
        "start": "success",
        "each-items": None,
        "one": None,
        "each": None,
        "after": None,
    }
    entry = conf_of(whole["id"])["flowforge_rerun"]
    assert entry["task_id"] == "each-items"


def test_a_trigger_takes_an_edited_payload(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    new = rerun(admin, execution, from_step="start", input={"go": False})
    assert new["trigger"]["body"] == {"go": False}
    assert set(states(new["id"]).values()) == {None}
    assert rerun(admin, execution, input=None)["trigger"]["body"] is None


def test_an_unpublished_workflow_cannot_run_again(admin: AsgiClient) -> None:
    execution = run_forked(admin)
    assert admin.post("/flowforge/api/workflows/orders/unpublish").status_code == 200
    assert refused(admin, execution) == ["workflow-not-published"]
    plan = admin.get(f"{URL}/{execution}/rerun").json()
    assert (plan["possible"], plan["issues"][0]["code"]) == (False, "workflow-not-published")


def test_who_may_run_again(admin: AsgiClient, client: Callable[[str | None], AsgiClient]) -> None:
    execution = run_forked(admin)
    viewer = client("viewer")
    assert viewer.get(f"{URL}/{execution}/rerun").status_code == 200
    assert viewer.post(f"{URL}/{execution}/rerun", json={}).status_code == 403
    assert admin.post(f"{URL}/orders.nothing/rerun", json={}).json()["code"] == "execution-not-found"


@pytest.mark.parametrize("missing", ["edit", "publish"])
def test_only_who_may_edit_and_publish_may_edit_an_input(
    missing: str, admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider.api import security

    execution = run_forked(admin)
    usual = security.is_allowed
    monkeypatch.setattr(
        security,
        "is_allowed",
        lambda **asked: asked["action"] != missing and usual(**asked),
    )
    body = {"from_step": "ask", "input": {"method": "POST"}}
    assert admin.post(f"{URL}/{execution}/rerun", json=body).json()["code"] == "forbidden"
    assert rerun(admin, execution, from_step="ask")["rerun_of"] == execution
