"""Filters, repeated deliveries and flow control as senders see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph
from tests.support.flow import check_promises
from tests.support.front_door import (
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/webhooks/orders"


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def send(client: Callable[[str | None], AsgiClient]) -> Callable[..., Any]:
    stranger = client(None)

    def work(body: Any, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return stranger.post(URL, json=body, headers={**TOKEN_HEADERS, **named})

    return work


def _publish(**parameters: Any) -> None:
    publish_graph(make_graph(make_webhook(**parameters)))


def _settle() -> None:
    """Wait until every delivery has ended, and see that it did so as promised."""
    from flowforge_provider.runs.database import get_database
    from flowforge_provider.store.tables import DeliveryRow

    def ended() -> bool:
        with get_database().session("read") as session:
            open_ = session.query(DeliveryRow).filter(DeliveryRow.state.in_(["pending", "held"]))
            return open_.count() == 0

    wait_until(ended, timeout_s=30)
    check_promises(get_database())


def _end_runs(delivery_id: str = "") -> None:
    """Finish runs, as Airflow's scheduler does."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.run_id.endswith(delivery_id)).values(_state="success"))


ONLY_PAID = {"conditions": [{"left": "{{ trigger.body.paid }}", "type": "boolean", "operator": "is_true"}]}


def test_what_the_filter_leaves_out_is_answered_and_recorded(
    inbox: Inbox, send: Callable[..., Any], admin: AsgiClient
) -> None:
    _publish(filter=ONLY_PAID)
    skipped = send({"paid": False}, idempotency_key="a")
    assert skipped.status_code == 200
    assert skipped.json() == {
        "delivery_id": skipped.json()["delivery_id"],
        "skipped": True,
        "reason": "filter",
    }
    assert "location" not in skipped.headers
    again = send({"paid": True}, idempotency_key="a")
    assert (again.status_code, again.json()) == (200, {**skipped.json(), "duplicate": True})
    assert send({"paid": True}).status_code == 202
    refused = send({})
    assert (refused.status_code, refused.json()["code"]) == (422, "decision-failed")
    assert refused.json()["issues"][0]["field"] == "parameters.filter"
    _settle()
    assert admin.get("/flowforge/api/executions").json()["total_entries"] == 1
    assert admin.get("/flowforge/api/deliveries").json()["total_entries"] == 2
    execution = f"orders.webhook__{skipped.json()['delivery_id']}"
    assert admin.get(f"/flowforge/api/executions/{execution}").status_code == 404


def test_the_id_of_the_sender_recognises_what_it_sends_again(inbox: Inbox, send: Callable[..., Any]) -> None:
    _publish()
    first = send({"n": 1}, x_github_delivery="5d1c")
    again = send({"n": 1}, x_github_delivery="5d1c")
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == {**first.json(), "duplicate": True}
    assert again.headers["location"] == first.headers["location"]


def test_over_the_rate_a_sender_is_told_when_to_come_back(inbox: Inbox, send: Callable[..., Any]) -> None:
    _publish(
        rate_limiting="reject", rate_limit=2, rate_period_s=86400, rate_key="{{ trigger.body.customer }}"
    )
    assert [send({"customer": 1}).status_code for _ in range(3)] == [202, 202, 429]
    refused = send({"customer": 1})
    assert refused.json()["code"] == "rate-limited"
    assert 43_000 < int(refused.headers["retry-after"]) <= 43_200
    assert send({"customer": 2}).status_code == 202


def test_a_debounced_execution_can_be_read_all_the_time(
    inbox: Inbox, send: Callable[..., Any], admin: AsgiClient
) -> None:
    _publish(grouping="debounce", debounce_quiet_s=1)
    answers = [send({"n": number}) for number in range(3)]
    assert [answer.status_code for answer in answers] == [202] * 3
    (execution_id,) = {answer.json()["execution_id"] for answer in answers}
    waiting = admin.get(f"/flowforge/api/executions/{execution_id}").json()
    assert (waiting["state"], waiting["trigger"]["body"]) == ("queued", {"n": 2})
    _settle()
    ran = admin.get(f"/flowforge/api/executions/{execution_id}").json()
    assert (ran["state"], ran["trigger"]["body"]) == ("queued", {"n": 2})
    assert admin.get("/flowforge/api/executions").json()["total_entries"] == 1


def test_a_batch_is_one_execution_with_a_list(
    inbox: Inbox, send: Callable[..., Any], admin: AsgiClient
) -> None:
    _publish(grouping="batch", batch_size=3, batch_wait_s=86400)
    answers = [send({"n": number}).json() for number in range(3)]
    _settle()
    (execution_id,) = {answer["execution_id"] for answer in answers}
    trigger = admin.get(f"/flowforge/api/executions/{execution_id}").json()["trigger"]
    assert trigger["body"] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert trigger["deliveries"] == [answer["delivery_id"] for answer in answers]


def test_what_is_sent_again_waits_for_its_turn_too(
    inbox: Inbox, send: Callable[..., Any], admin: AsgiClient
) -> None:
    _publish(
        grouping="batch",
        batch_size=1,
        limit_concurrency=True,
        concurrency_key="{{ trigger.body.customer }}",
    )
    first = send({"customer": 1}).json()
    _settle()
    again = admin.post(f"/flowforge/api/deliveries/{first['delivery_id']}/redeliver", json={}).json()
    assert again["state"] == "held"
    _end_runs()
    wait_until(lambda: admin.get("/flowforge/api/executions").json()["total_entries"] == 2, timeout_s=20)
    trigger = admin.get(f"/flowforge/api/executions/{again['execution_id']}").json()["trigger"]
    assert trigger["body"] == [{"customer": 1}]
    _settle()


def test_only_so_many_of_a_key_run_at_once(inbox: Inbox, send: Callable[..., Any], admin: AsgiClient) -> None:
    _publish(limit_concurrency=True, concurrency_key="{{ trigger.body.customer }}")
    first, second = (send({"customer": 1, "n": number}).json() for number in range(2))
    other = send({"customer": 2}).json()

    def count() -> int:
        total: int = admin.get("/flowforge/api/executions").json()["total_entries"]
        return total

    wait_until(lambda: count() == 2)
    assert admin.get(f"/flowforge/api/executions/{second['execution_id']}").json()["state"] == "queued"
    cancelled = admin.post(f"/flowforge/api/executions/{second['execution_id']}/cancel", json={})
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "execution-waiting")
    delivery = admin.get(f"/flowforge/api/deliveries/{second['delivery_id']}").json()
    assert delivery["state"] == "held"
    _end_runs(first["delivery_id"])
    wait_until(lambda: count() == 3, timeout_s=20)
    _settle()
    assert other["execution_id"] != second["execution_id"]
