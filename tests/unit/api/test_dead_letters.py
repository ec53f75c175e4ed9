"""Dead letters: gathered by cause, started again at a rate, marked as dealt with."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import func, select, update

from flowforge_provider.store.queue_tables import DeadLetterGroupRow, DeadLetterRow, RedriveRow
from tests.factories import make_graph, make_set, make_trigger
from tests.support.deliveries import add_delivery
from tests.support.front_door import make_webhook, publish_graph
from tests.support.routes import assert_problem
from tests.support.runs import report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

API = "/flowforge/api"
URL = f"{API}/dead-letters"


@pytest.fixture(autouse=True)
def _nothing_of_another_database(database: None) -> Iterator[None]:
    from flowforge_provider.runs.database import close_database
    from flowforge_provider.runs.published import forget_published

    close_database()
    forget_published()
    yield
    close_database()


def _fail(
    run_id: str,
    message: str = "The server answered 503",
    *,
    step: str = "total",
    code: str = "http-status",
    detail: Any = None,
) -> str:
    from flowforge_provider.runs.start import start_run

    start_run(workflow_id="orders", run_id=run_id, trigger={"type": "manual", "body": {"run": run_id}})
    execution_id = f"orders.{run_id}"
    error = {"type": "HttpError", "code": code, "message": message, "detail": detail, "try_number": 1}
    report(execution_id, step, "failed", flowforge_error=error)
    _end(run_id, "failed")
    return execution_id


def _end(run_id: str, state: str) -> None:
    with create_session() as session:
        session.execute(
            update(DagRun)
            .where(DagRun.run_id == run_id)
            .values({"_state": state, "end_date": datetime.now(tz=timezone.utc)})
        )


def _look() -> None:
    from flowforge_provider.queue.keeper import QueueKeeper
    from flowforge_provider.runs.database import get_database

    QueueKeeper(database=get_database()).look()


def _groups(client: AsgiClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["groups"])


def _only_group(client: AsgiClient) -> dict[str, Any]:
    (group,) = _groups(client, state="all")
    return group


def _states(client: AsgiClient) -> dict[str, str]:
    group = _only_group(client)
    answer = client.get(f"{URL}/{group['id']}/entries")
    return {entry["id"]: entry["state"] for entry in answer.json()["entries"]}


def test_the_same_cause_is_one_group_whatever_its_numbers(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    _fail("one", "Order 17 was refused at 10:15")
    newest = _fail("two", "Order 18 was refused at 11:20")
    _fail("three", "The total is missing", code="expression-value")
    _look()
    groups = {group["code"]: group for group in _groups(admin)}
    refused = groups["http-status"]
    assert (refused["open"], refused["total"], refused["node_id"]) == (2, 2, "total")
    assert refused["cause"] == "Order 0 was refused at 0"
    assert (refused["sample"], refused["sample_execution_id"]) == ("Order 18 was refused at 11:20", newest)
    russian = {"Accept-Language": "ru"}
    shown = admin.get(f"{URL}/{refused['id']}/entries", headers=russian).json()["entries"]
    assert shown
    assert not any(entry["message"].isascii() for entry in shown)
    assert groups["expression-value"]["open"] == 1
    assert admin.get(URL).json()["total_open"] == 3
    _look()
    assert admin.get(URL).json()["total_open"] == 3


def test_a_group_is_told_in_plain_words_and_by_the_names_of_steps(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_trigger(), make_set("total", x="1").model_copy(update={"name": "Add up"})))
    url = "https://shop.example.com/7"
    _fail("one", f"POST {url} answered with status 422.", detail={"status": 422, "url": url})
    _look()
    (group,) = _groups(admin)
    assert (group["node_id"], group["node_name"]) == ("total", "Add up")
    assert group["title"] == 'The service refused what "Add up" sent'
    russian = admin.get(f"{URL}/{group['id']}", headers={"Accept-Language": "ru"}).json()
    assert russian["title"] == "Сервис отклонил запрос шага «Add up»"
    assert russian["message"].startswith(f"{url} ответил со статусом 422")
    assert group["message"] == f"POST {url} answered with status 422."
    # Where the newest execution is gone, the group still knows its step and code.
    with create_session() as session:
        session.execute(update(DeadLetterGroupRow).values(sample_run_id="gone"))
    (group,) = _groups(admin)
    assert (group["node_name"], group["title"]) == ("total", 'The service that "total" uses has failed')


def test_deliveries_that_never_became_a_run_belong_to_them(admin: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook()))
    failed = add_delivery(state="failed", error="It is not published. [workflow-not-published]")
    _look()
    group = _only_group(admin)
    assert (group["source"], group["code"], group["cause"]) == (
        "delivery",
        "workflow-not-published",
        "It is not published.",
    )
    assert (group["node_name"], group["title"]) == (None, "What was received could not be started")
    redrive = admin.post(f"{URL}/{group['id']}/redrive", json={})
    assert redrive.status_code == 202, redrive.text
    _look()
    (entry,) = admin.get(f"{URL}/{group['id']}/entries").json()["entries"]
    assert (entry["delivery_id"], entry["state"]) == (failed, "redriven")
    again = admin.get(f"{API}/deliveries", params={"search": failed}).json()["deliveries"]
    assert {row["redelivery_of"] for row in again} == {None, failed}


def test_a_run_that_was_cancelled_or_has_recovered_is_none(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    cancelled = _fail("cancelled")
    with create_session() as session:
        session.execute(update(DagRun).values({"_state": "running", "end_date": None}))
    assert admin.post(f"{API}/executions/{cancelled}/cancel").status_code == 200
    retried = _fail("retried")
    _look()
    assert _states(admin) == {retried: "open"}
    _end("retried", "success")
    _look()
    assert _states(admin) == {retried: "recovered"}
    assert _groups(admin) == []
    # It fails again, later.
    with create_session() as session:
        later = datetime.now(tz=timezone.utc) + timedelta(seconds=5)
        session.execute(
            update(DagRun).where(DagRun.run_id == "retried").values({"_state": "failed", "end_date": later})
        )
    _look()
    assert (_states(admin), _only_group(admin)["open"], _only_group(admin)["total"]) == (
        {retried: "open"},
        1,
        1,
    )


def test_a_redrive_keeps_its_rate_and_can_be_stopped(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    ids = [_fail(f"run{number}") for number in range(4)]
    _look()
    group = _only_group(admin)
    begun = admin.post(f"{URL}/{group['id']}/redrive", json={"per_minute": 1})
    assert (begun.status_code, begun.json()["total"]) == (202, 4)
    twice = admin.post(f"{URL}/{group['id']}/redrive", json={})
    assert_problem(twice, status=409)
    assert twice.json()["code"] == "nothing-to-redrive"
    _look()
    _look()
    assert _only_group(admin)["redrive"]["started"] == 1
    # A minute passes; another process takes it up.
    with create_session() as session:
        session.execute(update(RedriveRow).values(next_at=RedriveRow.created_at))
    _look()
    redrive = _only_group(admin)["redrive"]
    assert (redrive["started"], redrive["state"], _only_group(admin)["open"]) == (2, "running", 2)
    stopped = admin.post(f"{URL}/redrives/{redrive['id']}/stop").json()
    assert (stopped["state"], stopped["started"]) == ("stopped", 2)
    _look()
    assert sorted(_states(admin).values()) == ["open", "open", "redriven", "redriven"]
    with create_session() as session:
        assert session.scalar(select(func.count()).select_from(DagRun)) == 6
        repeated = session.scalars(select(DagRun).where(DagRun.run_id.not_like("run_"))).all()
    bodies = {(run.conf or {})["trigger"]["body"]["run"] for run in repeated}
    assert len(bodies) == 2 <= len(ids)


@pytest.mark.parametrize(("revision", "version"), [("latest", "new"), ("original", "old")])
def test_they_are_started_again_on_the_revision_that_is_asked_for(
    admin: AsgiClient, revision: str, version: str
) -> None:
    from flowforge_provider.graph.models import Settings

    publish_graph(make_graph())
    _fail("one")
    publish_graph(make_graph(settings=Settings(description="mended")))
    _look()
    group = _only_group(admin)
    assert admin.post(f"{URL}/{group['id']}/redrive", json={"revision": revision}).status_code == 202
    _look()
    with create_session() as session:
        old = session.scalars(select(DagRun.bundle_version).where(DagRun.run_id == "one")).one()
        new = session.scalars(select(DagRun.bundle_version).where(DagRun.run_id != "one")).one()
    assert (new == old) == (version == "old")
    assert _only_group(admin)["redrive"]["state"] == "done"


def test_what_cannot_be_started_stays_open_and_says_why(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    _fail("one")
    kept = _fail("two")
    _look()
    with create_session() as session:
        session.delete(session.scalars(select(DagRun).where(DagRun.run_id == "one")).one())
    group = _only_group(admin)
    admin.post(f"{URL}/{group['id']}/redrive", json={"per_minute": 6000})
    for _ in range(3):
        _look()
        with create_session() as session:
            session.execute(update(RedriveRow).values(next_at=RedriveRow.created_at))
    redrive = _only_group(admin)["redrive"]
    assert (redrive["started"], redrive["failed"], redrive["state"]) == (1, 1, "done")
    assert "execution-not-found" in redrive["error"]
    assert _states(admin) == {"orders.one": "open", kept: "redriven"}


def test_discarding_marks_them_with_a_comment(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    first, second = _fail("one"), _fail("two")
    _look()
    group = _only_group(admin)
    answer = admin.post(f"{URL}/{group['id']}/discard", json={"ids": [first], "comment": "By hand"})
    assert answer.json() == {"settled": 1}
    entries = {entry["id"]: entry for entry in admin.get(f"{URL}/{group['id']}/entries").json()["entries"]}
    assert (entries[first]["state"], entries[first]["comment"], entries[first]["settled_by"]) == (
        "handled",
        "By hand",
        "admin",
    )
    assert (entries[second]["state"], _only_group(admin)["open"]) == ("open", 1)
    assert admin.get(f"{API}/executions/{first}").json()["handled"]["comment"] == "By hand"
    assert admin.post(f"{URL}/{group['id']}/discard", json={}).json() == {"settled": 1}
    assert _groups(admin) == []


def test_an_execution_marked_as_handled_is_open_no_more(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution_id = _fail("one")
    _look()
    marked = admin.post(f"{API}/executions/{execution_id}/handled", json={"comment": "Called them"})
    assert marked.status_code == 200, marked.text
    _look()
    assert _states(admin) == {execution_id: "handled"}
    assert _only_group(admin)["open"] == 0


def test_pages_of_groups_and_entries_follow_one_another(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    for number, word in enumerate(["alpha", "beta", "gamma", "delta", "epsilon"]):
        _fail(f"run{number}", f"Broken {word}")
    _look()
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    while True:
        page = admin.get(URL, params=params).json()
        seen += [group["cause"] for group in page["groups"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert seen == [f"Broken {word}" for word in ("epsilon", "delta", "gamma", "beta", "alpha")]
    assert_problem(admin.get(URL, params={"cursor": "nonsense"}), status=422)


def test_a_group_that_is_not_there(admin: AsgiClient) -> None:
    for method, path in (
        ("GET", "x"),
        ("GET", "x/entries"),
        ("POST", "x/redrive"),
        ("POST", "x/discard"),
        ("POST", "redrives/x/stop"),
    ):
        assert_problem(admin.request(method, f"{URL}/{path}", json={}), status=404)


def test_viewers_see_and_do_not_touch(client: MakeClient) -> None:
    publish_graph(make_graph())
    _fail("one")
    _look()
    viewer = client("viewer")
    group = _only_group(viewer)
    for path in ("redrive", "discard"):
        assert_problem(viewer.post(f"{URL}/{group['id']}/{path}", json={}), status=403)


def test_counts_are_those_of_the_entries(admin: AsgiClient) -> None:
    """Groups keep their counts beside the entries; whatever happens, both agree."""
    publish_graph(make_graph())
    for number in range(6):
        _fail(f"run{number}", f"Broken {(number % 2 and 'a') or 'b'} thing")
    _look()
    first = _groups(admin)[0]
    admin.post(f"{URL}/{first['id']}/redrive", json={"per_minute": 60})
    _look()
    _end("run0", "success")
    _look()
    admin.post(f"{URL}/{first['id']}/discard", json={})
    _look()
    with create_session() as session:
        kept = {
            row.id: (row.open_count, row.total_count) for row in session.scalars(select(DeadLetterGroupRow))
        }
        counted = {
            row[0]: (row[1], row[2])
            for row in session.execute(
                select(
                    DeadLetterRow.group_id,
                    func.sum(func.iif(DeadLetterRow.state == "open", 1, 0)),
                    func.count(),
                ).group_by(DeadLetterRow.group_id)
            )
        }
    assert kept == counted
