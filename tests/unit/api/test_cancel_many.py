from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tests.factories import make_graph
from tests.support.front_door import open_front_door, publish_graph
from tests.support.runs import URL, end, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def test_each_execution_tells_what_became_of_it(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    first, second, done = (start(admin) for _ in range(3))
    end(done, "success")
    answer = admin.post(f"{URL}/cancel", json={"ids": [first, done, "nothing", second, first]})
    assert answer.status_code == 200
    told = {result["id"]: (result["cancelled"], result["code"]) for result in answer.json()["results"]}
    assert told == {
        first: (True, None),
        done: (False, "execution-finished"),
        "nothing": (False, "execution-not-found"),
        second: (True, None),
    }
    assert (answer.json()["cancelled"], answer.json()["refused"]) == (2, 2)
    assert admin.get(f"{URL}/{second}").json()["state"] == "cancelled"


def test_a_filter_chooses_unfinished_executions(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    publish_graph(make_graph(id="other"))
    ids = [start(admin) for _ in range(3)]
    other = start(admin, "other")
    end(ids[0], "running")
    soon = (datetime.now(tz=timezone.utc) + timedelta(hours=1)).isoformat()
    nothing = {"workflow_id": "orders", "created_after": soon}
    assert admin.post(f"{URL}/cancel", json={"filter": nothing}).json()["results"] == []
    queued = {"workflow_id": "orders", "state": "queued", "created_before": soon}
    answer = admin.post(f"{URL}/cancel", json={"filter": queued}).json()
    assert [result["id"] for result in answer["results"]] == ids[1:]
    assert answer["more"] is False
    assert admin.get(f"{URL}/{ids[0]}").json()["state"] == "running"
    assert admin.get(f"{URL}/{other}").json()["state"] == "queued"


def test_one_call_has_a_bound_and_says_so(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowforge_provider.api.services.repair.MOST_AT_ONCE", 1)
    publish_graph(make_graph())
    for _ in range(2):
        start(admin)
    body = {"filter": {"workflow_id": "orders"}}
    assert [admin.post(f"{URL}/cancel", json=body).json()["more"] for _ in range(2)] == [True, False]


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["a.b"], "filter": {"workflow_id": "a"}}])
def test_either_ids_or_a_filter(admin: AsgiClient, body: dict[str, object]) -> None:
    answer = admin.post(f"{URL}/cancel", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_viewers_cancel_nothing(admin: AsgiClient, client: Callable[[str | None], AsgiClient]) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    assert client("viewer").post(f"{URL}/cancel", json={"ids": [execution]}).status_code == 403
