"""One execution: tries, timeline, relatives, marks, and two of them beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph, make_set, make_trigger
from tests.support.executions import URL, archive, change_run, report, start
from tests.support.front_door import open_front_door, publish_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def _error(number: int, **more: Any) -> dict[str, Any]:
    message = f"No answer to try {number}."
    return {"type": "StepError", "code": "http-timeout", "message": message, "try_number": number, **more}


def test_each_try_keeps_its_own_error_and_input(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    report(execution, "total", state="up_for_retry", try_number=1)
    archive(execution, "total", error=_error(1, detail={"password": "pw"}, input={"n": 1, "token": "t"}))
    report(execution, "total", state="running", try_number=2)
    archive(execution, "total")
    kept = {"flowforge_error": _error(3), "flowforge_input": {"n": 3}}
    report(execution, "total", state="failed", try_number=3, xcoms=kept)
    change_run(execution, _state="failed")
    found = admin.get(f"{URL}/{execution['id']}").json()
    tries = found["steps"][1]["attempts"]
    assert [one["try_number"] for one in tries] == [1, 2, 3]
    assert [one["error"]["code"] for one in tries] == ["http-timeout", "step-died", "http-timeout"]
    assert tries[0]["error"]["message"] == "No answer to try 1."
    assert tries[0]["error"]["detail"] == {"password": "***"}
    assert tries[2]["error"]["message"] == "No answer to try 3."
    assert [one["hostname"] for one in tries] == ["worker-1", "worker-2", "worker-3"]
    assert all(one["state"] == "failed" and one["log_available"] for one in tries)
    assert tries[0]["duration_s"] == 2
    assert tries[2]["airflow_url"].endswith("/tasks/total?try_number=3")
    assert found["steps"][0]["attempts"] == []
    alone = admin.get(f"{URL}/{execution['id']}/steps/total").json()["attempts"]
    assert [one["input"] for one in alone] == [{"n": 1, "token": "***"}, None, {"n": 3}]
    assert [{**one, "input": None} for one in alone] == tries

    # All that is said about it is Russian for those who read Russian, facts apart.
    russian = {"headers": {"Accept-Language": "ru"}}
    whole = admin.get(f"{URL}/{execution['id']}", **russian).json()
    one = admin.get(f"{URL}/{execution['id']}/steps/total", **russian).json()
    assert whole["failure"]["message"].startswith("Сервис не уложился в отведённое время.")
    for told in (whole["steps"][1], one):
        assert told["error"]["message"].startswith("Сервис не уложился в отведённое время.")
        assert told["attempts"][1]["error"]["message"].startswith("Шаг завершился без отчёта")

    bars = [bar for bar in found["timeline"]["bars"] if bar["node_id"] == "total"]
    assert [bar["try_number"] for bar in bars] == [1, 2, 3]
    assert found["timeline"]["truncated"] is False
    assert "created" in [moment["kind"] for moment in found["timeline"]["moments"]]


def test_what_waits_for_its_next_try_has_not_begun_it(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    report(execution, "total", state="up_for_retry", try_number=1)
    archive(execution, "total", error=_error(1))
    waiting = admin.get(f"{URL}/{execution['id']}").json()["steps"][1]["attempts"]
    assert [(one["try_number"], one["state"]) for one in waiting] == [(1, "failed")]
    report(execution, "total", state="queued", try_number=2)
    queued = admin.get(f"{URL}/{execution['id']}").json()["steps"][1]["attempts"]
    assert [one["state"] for one in queued] == ["failed", "queued"]
    assert queued[1]["started_at"] is None
    assert queued[1]["log_available"] is False


def test_parents_and_children(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_graph(make_graph())
    publish_graph(make_graph(id="child", name="Child"))
    parent, child = start(admin), start(admin, "child")
    place = {"workflow_id": "child", "run_id": child["run_id"], "cancel": True}
    report(parent, "total", state="running", xcoms={"flowforge_child": place})
    told = {
        "workflow_id": "orders",
        "run_id": parent["run_id"],
        "node_id": "total",
        "item_index": None,
        "depth": 1,
        "chain": ["orders"],
    }
    change_run(child, conf={"trigger": {"type": "workflow", "body": {}, "parent": told}})
    (link,) = admin.get(f"{URL}/{parent['id']}").json()["children"]
    assert link == {
        "execution_id": child["id"],
        "workflow_id": "child",
        "workflow_name": "Child",
        "state": "queued",
        "node_id": "total",
        "item_index": None,
    }
    up = admin.get(f"{URL}/{child['id']}").json()["parent"]
    assert (up["execution_id"], up["workflow_name"], up["node_id"]) == (parent["id"], "Orders", "total")

    from flowforge_provider.api import security

    real = security.is_allowed
    monkeypatch.setattr(
        security,
        "is_allowed",
        lambda *, user, action, workflow_id=None: (
            workflow_id != "child" and real(user=user, action=action, workflow_id=workflow_id)
        ),
    )
    (hidden,) = admin.get(f"{URL}/{parent['id']}").json()["children"]
    assert (hidden["workflow_name"], hidden["state"]) == (None, None)


def test_marks(admin: AsgiClient, client: Callable[[str | None], AsgiClient]) -> None:
    publish_graph(make_graph())
    first, second = start(admin), start(admin)
    path = f"{URL}/{first['id']}"
    etag = admin.get(path).headers["etag"]
    assert admin.post(f"{path}/handled", json={"comment": "done"}).status_code == 200
    changed = admin.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["handled"]["comment"] == "done"
    assert changed.json()["timeline"]["moments"][-1]["kind"] == "handled"
    assert client("viewer").post(f"{path}/handled", json={}).status_code == 403
    assert admin.delete(f"{path}/handled").status_code == 204
    assert admin.get(path).json()["handled"] is None

    ids = [first["id"], second["id"], "orders.manual__nothing", "nonsense"]
    many = admin.post(f"{URL}/handled", json={"ids": ids, "comment": "both"}).json()
    assert many["ids"] == ids[:2]
    assert [one["code"] for one in many["refused"]] == ["execution-not-found"] * 2
    assert admin.get(URL, params={"handled": True}).json()["total_entries"] == 2
    admin.post(f"{URL}/handled", json={"ids": ids[:1], "handled": False})
    assert admin.get(URL, params={"handled": True}).json()["total_entries"] == 1
    assert admin.post(f"{URL}/orders.manual__nothing/handled", json={}).status_code == 404


def test_two_executions_beside_each_other(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient]
) -> None:
    publish_graph(make_graph())
    left = start(admin, payload={"quantity": 2})
    report(left, "total", state="success", xcoms={"return_value": {"total": 20, "rows": [1, 2]}})
    change_run(left, _state="success")
    same = admin.get(f"{URL}/{left['id']}/compare", params={"with": left["id"]}).json()
    assert same["same_graph"] is True
    assert not any(step["differs"] for step in same["steps"])
    assert same["trigger"]["changes"] == []

    publish_graph(make_graph(make_trigger(), make_set("total", number=3), make_set("more")))
    right = start(admin, payload={"quantity": 3})
    report(
        right, "total", state="failed", xcoms={"flowforge_error": _error(1), "return_value": {"total": 30}}
    )
    change_run(right, _state="failed")
    found = admin.get(f"{URL}/{left['id']}/compare", params={"with": right["id"]}).json()
    assert found["same_graph"] is False
    assert {node["node_id"]: node["change"] for node in found["nodes"]}["more"] == "added"
    assert found["edges_added"] == ["total.success -> more"]
    assert found["trigger"]["changes"] == [{"op": "replace", "path": "/body/quantity", "left": 2, "right": 3}]
    steps = {step["node_id"]: step for step in found["steps"]}
    assert steps["more"]["left"] is None
    total = steps["total"]
    assert (total["left"]["state"], total["right"]["state"]) == ("success", "failed")
    assert {change["path"] for change in total["output"]["changes"]} == {"/total", "/rows"}
    assert total["error"]["changes"][0]["op"] == "replace"
    assert found["right"]["failure"]["category"] == "timeout"

    viewer = client("viewer")
    assert viewer.get(f"{URL}/{left['id']}/compare", params={"with": right["id"]}).status_code == 200
    missing = viewer.get(f"{URL}/{left['id']}/compare", params={"with": "orders.manual__nothing"})
    assert missing.status_code == 404
