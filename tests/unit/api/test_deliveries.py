from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph, make_trigger
from tests.support.deliveries import add_delivery, add_file
from tests.support.front_door import make_webhook, open_front_door, publish_graph, wait_until
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

URL = "/flowforge/api/deliveries"


@pytest.fixture(autouse=True)
def _no_publication_of_another_database() -> None:
    from flowforge_provider.runs.published import forget_published

    forget_published()


def _ids(client: AsgiClient, **params: Any) -> list[str]:
    answer = client.get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["deliveries"]]


def test_pages_follow_one_another_also_within_one_moment(admin: AsgiClient) -> None:
    ids = [add_delivery(minutes=minute // 2) for minute in range(7)]
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = admin.get(URL, params=params).json()
        assert page["total_entries"] == 7
        assert page["total_is_exact"] is True
        seen += [row["id"] for row in page["deliveries"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
        # What comes in meanwhile does not shift the pages.
        if len(seen) == 3:
            late = add_delivery(minutes=60)
            params["to"] = "2026-01-05T13:00:00Z"
    assert seen == ids[::-1]
    assert late not in seen


def test_a_foreign_cursor_is_refused(admin: AsgiClient) -> None:
    answer = admin.get(URL, params={"cursor": "x; drop"})
    assert_problem(answer, status=422)
    assert answer.json()["code"] == "invalid-cursor"


def test_filters_narrow_the_list(admin: AsgiClient) -> None:
    plain = add_delivery(minutes=0)
    other = add_delivery(minutes=1, workflow_id="parcels")
    mail = add_delivery(minutes=2, kind="email", node_id="inbox")
    failed = add_delivery(minutes=3, state="failed", error="gone")
    skipped = add_delivery(minutes=4, state="skipped", reason="filter", run_id=None)
    held = add_delivery(minutes=5, state="held", group_id="f" * 32)
    assert _ids(admin, workflow_id="parcels") == [other]
    assert _ids(admin, node_id="inbox") == [mail]
    assert _ids(admin, kind="email") == [mail]
    assert _ids(admin, state="failed") == [failed]
    assert _ids(admin, state=["skipped", "held"]) == [held, skipped]
    assert _ids(admin, reason="filter") == [skipped]
    assert _ids(admin, **{"from": "2026-01-05T12:01:00Z", "to": "2026-01-05T12:03:00"}) == [mail, other]
    assert _ids(admin, search="f" * 32) == [held]
    assert _ids(admin, search=f"orders.webhook__{plain}") == [plain]
    assert _ids(admin, search=failed.upper()) == [failed]
    assert_problem(admin.get(URL, params={"state": "lost"}), status=422)


def test_search_finds_keys_of_workflows_that_are_there(admin: AsgiClient) -> None:
    publish_graph()
    keyed = add_delivery(dedup_key="order 7%")
    add_delivery(minutes=1, dedup_key="order 8")
    assert _ids(admin, search="order 7%") == [keyed]
    assert _ids(admin, search="order") == []


def test_a_list_counts_only_so_far(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowforge_provider.store.deliveries.COUNT_LIMIT", 2)
    for minute in range(4):
        add_delivery(minutes=minute)
    answer = admin.get(URL, params={"limit": 1}).json()
    assert (answer["total_entries"], answer["total_is_exact"]) == (2, False)


def test_a_delivery_is_shown_without_secrets_and_within_bounds(admin: AsgiClient) -> None:
    small = add_delivery(
        body={"id": 7, "password": "pw", "list": [{"api_key": "k"}]},
        query={"token": "t", "shop": "1"},
        headers={"authorization": "***", "x-secret": "s"},
    )
    shown = admin.get(f"{URL}/{small}").json()
    assert shown["body"] == {"id": 7, "password": "***", "list": [{"api_key": "***"}]}
    assert shown["query"] == {"token": "***", "shop": "1"}
    assert shown["headers"] == {"authorization": "***", "x-secret": "***"}
    assert shown["truncated"] is False
    large = add_delivery(body={"text": "ä" * 200_000, "password": "pw-at-the-end"})
    shown = admin.get(f"{URL}/{large}").json()
    assert shown["truncated"] is True
    assert shown["body"].startswith('{"text": "ää')
    assert len(shown["body"]) == 131_072
    assert "pw-at-the-end" not in shown["body"]


def test_files_are_references_with_a_way_to_download_them(admin: AsgiClient) -> None:
    delivery = add_delivery()
    file = add_file(delivery, filename="Отчёт.html", content=b"<script>", content_type="text/html")
    (shown,) = admin.get(f"{URL}/{delivery}").json()["files"]
    assert (shown["file_id"], shown["filename"], shown["size"]) == (file, "Отчёт.html", 8)
    assert admin.get(shown["url"]).content == b"<script>"


def test_redelivery_is_a_new_delivery_and_a_new_execution(admin: AsgiClient) -> None:
    publish_graph()
    old = add_delivery(
        method="PUT",
        path="a/b",
        headers={"x-source": "till"},
        query={"shop": "1"},
        dedup_key="key-1",
        state="failed",
        error="gone",
    )
    file = add_file(old)
    body = {"attachment": {"file_id": file, "filename": "a.txt"}, "list": [{"file_id": "unknown"}]}
    _set(old, body=body)
    answer = admin.post(f"{URL}/{old}/redeliver", json={})
    assert answer.status_code == 202, answer.text
    new = answer.json()
    assert new["id"] != old
    assert new["redelivery_of"] == old
    assert new["execution_id"] == f"orders.webhook__{new['id']}"
    assert (new["state"], new["idempotency_key"], new["error"]) == ("pending", None, None)
    assert (new["method"], new["path"], new["query"], new["headers"]) == (
        "PUT",
        "a/b",
        {"shop": "1"},
        {"x-source": "till"},
    )
    (copied,) = new["files"]
    assert copied["file_id"] != file
    assert new["body"]["attachment"]["file_id"] == copied["file_id"]
    assert new["body"]["list"] == [{"file_id": "unknown"}]
    assert admin.get(copied["url"]).content == b"hello"
    with open_front_door():
        done = wait_until(lambda: _when_settled(admin, new["id"]))
    assert done["state"] == "dispatched"
    execution = admin.get(f"/flowforge/api/executions/{new['execution_id']}").json()
    assert execution["trigger"]["delivery_id"] == new["id"]
    assert execution["trigger"]["body"]["attachment"]["file_id"] == copied["file_id"]
    assert admin.get(f"{URL}/{old}").json()["state"] == "failed"


def test_a_redelivery_waits_for_its_turn_and_has_the_shape_of_its_trigger(admin: AsgiClient) -> None:
    publish_graph(
        make_graph(
            make_webhook(
                grouping="batch",
                limit_concurrency=True,
                concurrency_limit=1,
                concurrency_key="{{ trigger.body.customer }}",
            )
        )
    )
    old = add_delivery(body={"customer": "ann"}, state="skipped", reason="filter")
    new = admin.post(f"{URL}/{old}/redeliver", json={}).json()
    assert (new["state"], new["reason"]) == ("held", "concurrency")
    with open_front_door():
        done = wait_until(lambda: _when_settled(admin, new["id"]))
    assert done["state"] == "dispatched"
    execution = admin.get(f"/flowforge/api/executions/{new['execution_id']}").json()
    assert execution["trigger"]["body"] == [{"customer": "ann"}]
    # The expression of the live publication may not fit what came in before it.
    odd = add_delivery(body=[])
    answer = admin.post(f"{URL}/{odd}/redeliver", json={})
    assert_problem(answer, status=409)
    assert answer.json()["code"] == "decision-failed"


def test_a_chain_names_every_redelivery(admin: AsgiClient) -> None:
    publish_graph()
    first = add_delivery()
    second = admin.post(f"{URL}/{first}/redeliver", json={}).json()["id"]
    _set(second, state="dispatched")
    third = admin.post(f"{URL}/{second}/redeliver", json={}).json()["id"]
    sibling = admin.post(f"{URL}/{first}/redeliver", json={}).json()["id"]
    for one in (first, second, third, sibling):
        chain = admin.get(f"{URL}/{one}").json()["chain"]
        assert {link["id"] for link in chain} == {first, second, third, sibling}
        assert chain[0]["id"] == first
    assert admin.get(f"{URL}/{add_delivery()}").json()["chain"] == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"state": "pending"}, "delivery-waits"),
        ({"state": "held"}, "delivery-waits"),
        ({"node_id": "other"}, "delivery-trigger-gone"),
        ({"kind": "email"}, "delivery-trigger-gone"),
        ({"workflow_id": "deleted"}, "delivery-trigger-gone"),
    ],
)
def test_what_cannot_be_sent_again_says_why(admin: AsgiClient, fields: dict[str, Any], code: str) -> None:
    publish_graph()
    answer = admin.post(f"{URL}/{add_delivery(**fields)}/redeliver", json={})
    assert_problem(answer, status=409)
    assert answer.json()["code"] == code


def test_the_live_publication_decides(admin: AsgiClient) -> None:
    publish_graph()
    old = add_delivery()
    publish_graph(make_graph(make_trigger("start")))
    answer = admin.post(f"{URL}/{old}/redeliver", json={})
    assert_problem(answer, status=409)
    assert "revision 2" in answer.json()["detail"]


def test_many_are_sent_again_each_for_itself(admin: AsgiClient) -> None:
    publish_graph()
    good, waiting, gone = add_delivery(), add_delivery(state="held"), add_delivery(node_id="other")
    ids = [good, waiting, gone, "nothing", good]
    answer = admin.post(f"{URL}/redeliver", json={"ids": ids}).json()
    assert [item["id"] for item in answer["redelivered"]] == [good]
    assert {item["id"]: item["code"] for item in answer["refused"]} == {
        waiting: "delivery-waits",
        gone: "delivery-trigger-gone",
        "nothing": "delivery-not-found",
    }


def test_all_that_match_a_filter_are_sent_again_once_each(admin: AsgiClient) -> None:
    publish_graph()
    failed = [add_delivery(minutes=minute, state="failed") for minute in range(5)]
    add_delivery(minutes=9)
    done: list[str] = []
    body: dict[str, Any] = {"filter": {"workflow_id": "orders", "states": ["failed"]}, "limit": 2}
    while True:
        answer = admin.post(f"{URL}/redeliver", json=body).json()
        done += [item["id"] for item in answer["redelivered"]]
        if answer["next_cursor"] is None:
            break
        body["cursor"] = answer["next_cursor"]
    assert done == failed[::-1]
    assert len(_ids(admin, state="pending")) == 5


@pytest.mark.parametrize("body", [{}, {"ids": []}, {"ids": ["a"], "filter": {}}, {"ids": ["a"] * 201}])
def test_redelivering_is_bounded(admin: AsgiClient, body: dict[str, Any]) -> None:
    assert_problem(admin.post(f"{URL}/redeliver", json=body), status=422)


def test_deliveries_need_rights_on_their_own_workflow(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    publish_graph()
    mine, secret = add_delivery(), add_delivery(workflow_id="secret")

    def is_authorized_dag(self: object, *, details: object = None, **rest: object) -> bool:
        return getattr(details, "id", None) != "secret"

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    user = client("user")
    for path in (f"/{secret}", f"/{secret}/curl"):
        assert_problem(user.get(URL + path), status=403)
    assert_problem(user.post(f"{URL}/{secret}/redeliver", json={}), status=403)
    assert_problem(user.delete(f"{URL}/{secret}"), status=403)
    answer = user.post(f"{URL}/redeliver", json={"ids": [secret, mine]}).json()
    assert [item["id"] for item in answer["redelivered"]] == [mine]
    assert [item["code"] for item in answer["refused"]] == ["forbidden"]
    # The workflow's name is a secret of those who may see it.
    assert "secret" not in str(answer["refused"])
    for refusal in (user.get(f"{URL}/{secret}"), user.post(f"{URL}/{secret}/redeliver", json={})):
        assert "secret" not in refusal.json()["detail"]
    assert user.get(f"{URL}/{mine}").status_code == 200


def test_who_may_only_look_is_told_which_workflow_it_is(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

    one = add_delivery(workflow_id="shown")

    def is_authorized_dag(self: object, *, method: str, details: object = None, **rest: object) -> bool:
        return method == "GET" or getattr(details, "id", None) != "shown"

    monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized_dag)
    user = client("user")
    assert '"shown"' in user.post(f"{URL}/{one}/redeliver", json={}).json()["detail"]
    (refused,) = user.post(f"{URL}/redeliver", json={"ids": [one]}).json()["refused"]
    assert '"shown"' in refused["message"]


def test_viewers_look_and_nothing_else(client: MakeClient) -> None:
    publish_graph()
    one = add_delivery()
    viewer, nobody = client("viewer"), client(None)
    assert viewer.get(f"{URL}/{one}/curl").status_code == 200
    for who, status in ((viewer, 403), (nobody, 401)):
        assert_problem(who.post(f"{URL}/{one}/redeliver", json={}), status=status)
        assert_problem(who.post(f"{URL}/redeliver", json={"ids": [one]}), status=status)
        assert_problem(who.delete(f"{URL}/{one}"), status=status)


def test_removing_takes_the_files_along_but_nothing_that_waits(admin: AsgiClient) -> None:
    one, waiting = add_delivery(), add_delivery(state="pending")
    file = add_file(one)
    assert admin.delete(f"{URL}/{one}").status_code == 204
    assert_problem(admin.get(f"{URL}/{one}"), status=404)
    assert _count_files() == 0, file
    answer = admin.delete(f"{URL}/{waiting}")
    assert_problem(answer, status=409)
    assert answer.json()["code"] == "delivery-waits"


def _set(delivery_id: str, **fields: Any) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy import update

    from flowforge_provider.store.tables import DeliveryRow

    with create_session() as session:
        session.execute(update(DeliveryRow).where(DeliveryRow.id == delivery_id).values(**fields))


def _count_files() -> int:
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    from flowforge_provider.store.tables import FileRow

    with create_session() as session:
        return session.scalar(select(func.count()).select_from(FileRow)) or 0


def _when_settled(admin: AsgiClient, delivery_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] = admin.get(f"{URL}/{delivery_id}").json()
    return found if found["state"] not in {"pending", "held"} else None
