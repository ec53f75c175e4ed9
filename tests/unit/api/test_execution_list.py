"""The list of executions: filters, paging, search, marks. Speed is measured in tests/integration/runs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph
from tests.support.executions import NOON, URL, change_run, report, start
from tests.support.front_door import open_front_door, publish_graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def _ids(admin: AsgiClient, **params: Any) -> list[str]:
    answer = admin.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["executions"]]


def _read_all(admin: AsgiClient, **params: Any) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = admin.get(URL, params={**params, **({"cursor": cursor} if cursor else {})}).json()
        found += [one["id"] for one in page["executions"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("window", [1, 2, 1000])
def test_pages_follow_one_another_however_much_is_looked_through_at_once(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    from flowforge_provider.runs import listing

    monkeypatch.setattr(listing, "_FIRST_WINDOW", window)
    monkeypatch.setattr(listing, "_SECOND_WINDOW", window)
    publish_graph(make_graph())
    publish_graph(make_graph(id="other", name="Other"))
    started = [start(admin, "orders" if number % 2 else "other") for number in range(7)]
    newest_first = [one["id"] for one in reversed(started)]
    assert _read_all(admin, limit=2) == newest_first
    assert _read_all(admin, limit=1, workflow_id="orders") == [
        one for one in newest_first if one.startswith("orders.")
    ]
    assert _ids(admin, workflow_id="nothing") == []
    # What is not rare is looked for in windows, and a page may end before it is full.
    monkeypatch.setattr(listing, "_MOST_SORTED", 0)
    monkeypatch.setattr(listing, "_PATIENCE_S", 0)
    assert _read_all(admin, limit=2, workflow_id="orders") == [
        one for one in newest_first if one.startswith("orders.")
    ]


def test_a_run_that_begins_meanwhile_shifts_no_page(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    started = [start(admin)["id"] for _ in range(3)]
    first = admin.get(URL, params={"limit": 2}).json()
    start(admin)
    second = admin.get(URL, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [one["id"] for one in second["executions"]] == [started[0]]
    assert first["total_entries"] == 3
    assert second["next_cursor"] is None
    bad = admin.get(URL, params={"cursor": "x"})
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid-cursor")


def test_states_and_triggers(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    names = ["queued", "running", "success", "failed", "cancelled"]
    runs = {name: start(admin) for name in names}
    for name in ("running", "success", "failed"):
        change_run(runs[name], _state=name)
    admin.post(f"{URL}/{runs['cancelled']['id']}/cancel")
    for name in names:
        assert _ids(admin, state=name) == [runs[name]["id"]], name
    assert _ids(admin, state=["failed", "cancelled"]) == [runs["cancelled"]["id"], runs["failed"]["id"]]
    assert _ids(admin, state=["queued", "cancelled"]) == [runs["cancelled"]["id"], runs["queued"]["id"]]
    assert _ids(admin, state=["queued", "failed", "cancelled"], limit=2) == [
        runs["cancelled"]["id"],
        runs["failed"]["id"],
    ]
    change_run(runs["queued"], run_type="scheduled")
    change_run(runs["running"], run_type="asset_triggered")
    change_run(runs["success"], run_type="operator_triggered")
    assert _ids(admin, trigger="cron") == [runs["queued"]["id"]]
    assert _ids(admin, trigger="asset") == [runs["running"]["id"]]
    assert _ids(admin, trigger="workflow") == [runs["success"]["id"]]
    assert _ids(admin, trigger="manual") == [runs["cancelled"]["id"], runs["failed"]["id"]]
    assert admin.get(URL, params={"trigger": "magic"}).status_code == 422
    again = admin.post(f"{URL}/{runs['success']['id']}/rerun", json={}).json()["id"]
    assert _ids(admin, trigger="workflow") == [again, runs["success"]["id"]]
    assert _ids(admin, search=again.rpartition("__")[2]) == [again]


def test_times_and_marks(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    runs = [start(admin) for _ in range(5)]
    for number, run in enumerate(runs):
        change_run(run, created_at=NOON + timedelta(hours=number))
    one, three = (NOON + timedelta(hours=hours) for hours in (1, 3))
    assert _ids(admin, **{"from": one.isoformat(), "to": three.isoformat()}) == [runs[2]["id"], runs[1]["id"]]
    assert _ids(admin, **{"from": three.isoformat().replace("+00:00", "")}) == [runs[4]["id"], runs[3]["id"]]
    assert _ids(admin, to=NOON.isoformat()) == []

    marked = admin.post(f"{URL}/{runs[1]['id']}/handled", json={"comment": "Возврат оформлен вручную"})
    assert marked.status_code == 200, marked.text
    assert marked.json()["handled"]["comment"] == "Возврат оформлен вручную"
    assert _ids(admin, handled=True) == [runs[1]["id"]]
    assert len(_ids(admin, handled=False)) == 4
    assert _ids(admin, search="оформлен ВРУЧ") == [runs[1]["id"]]
    (listed,) = admin.get(URL, params={"handled": True}).json()["executions"]
    assert listed["handled"]["by"]


def test_search_by_name_and_by_ids(admin: AsgiClient) -> None:
    publish_graph(make_graph(name="Заказы магазина"))
    publish_graph(make_graph(id="other", name="Other"))
    mine, other = start(admin), start(admin, "other")
    assert _ids(admin, search="ЗАКАЗЫ") == [mine["id"]]
    for text in (mine["id"], mine["id"][:-4], mine["run_id"], mine["run_id"][:-4]):
        assert mine["id"] in _ids(admin, search=text), text
    digits = other["run_id"].removeprefix("manual__")
    # The newest digits tell the two runs apart, which were started within a moment.
    assert _ids(admin, search=digits) == [other["id"]]
    assert _ids(admin, search=f"other.{other['run_id'][:20]}") == [other["id"]]
    assert _ids(admin, search="there is no such thing") == []
    assert _ids(admin, search="%") == []


def test_runs_of_deliveries_are_found_by_their_ids(admin: AsgiClient) -> None:
    from tests.support.front_door import TOKEN_HEADERS, make_webhook, set_token, wait_until

    set_token()
    publish_graph(make_graph(make_webhook(), id="hooks", name="Hooks"))
    answer = admin.post("/flowforge/api/webhooks/hooks", json={"id": 7}, headers=TOKEN_HEADERS)
    assert answer.status_code == 202, answer.text
    delivery = answer.json()["execution_id"].rpartition("__")[2]
    (found,) = wait_until(lambda: _ids(admin, search=delivery[:16]))
    assert found == answer.json()["execution_id"]
    assert _ids(admin, trigger="webhook") == [found]
    assert _ids(admin, trigger=["email", "form", "manual"]) == []


def test_a_failed_execution_says_why_in_the_list(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    error = {"type": "StepError", "code": "http-status", "message": "500", "detail": {"status": 500}}
    report(execution, "total", state="failed", xcoms={"flowforge_error": error})
    change_run(execution, _state="failed")
    (listed,) = admin.get(URL).json()["executions"]
    failure = listed["failure"]
    assert (failure["node_id"], failure["category"], failure["code"]) == ("total", "service", "http-status")
    assert failure["tried"] == "One try; its settings allow no more."
    assert failure["detail"] is None
    whole = admin.get(f"{URL}/{execution['id']}", headers={"Accept-Language": "ru"}).json()["failure"]
    assert whole["detail"] == {"status": 500}
    assert whole["title"].startswith("Сбой сервиса")
    assert whole["fingerprint"] == failure["fingerprint"]


def test_who_may_see_only_some_workflows_gets_those(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    publish_graph(make_graph())
    publish_graph(make_graph(id="other", name="Other"))
    mine = start(admin)
    start(admin, "other")

    def only_orders(self: Any, *, dag_ids: set[str], **others: Any) -> set[str]:
        return dag_ids & {"orders"}

    monkeypatch.setattr(SimpleAuthManager, "filter_authorized_dag_ids", only_orders)
    assert _ids(client("viewer")) == [mine["id"]]
    assert _ids(client("viewer"), workflow_id="other") == []
    assert _ids(client("viewer"), search="other") == []
