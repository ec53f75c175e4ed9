from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_document
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    import httpx

    from tests.support.asgi import AsgiClient

API = "/flowforge/api"


def create(client: AsgiClient, name: str = "Orders", graph: dict[str, Any] | None = None) -> httpx.Response:
    response = client.post(f"{API}/workflows", json={"name": name, "graph": graph or make_document()})
    assert response.status_code == 201, response.text
    return response


def test_create_answers_with_place_and_etag(admin: AsgiClient) -> None:
    response = create(admin, "Заказы с сайта", make_document(id="untitled"))
    body = response.json()
    assert body["id"] == "zakazy-s-saita"
    assert response.headers["location"] == f"{API}/workflows/{body['id']}"
    assert response.headers["etag"] == f'"{body["version"]}"'
    assert (body["state"], body["runnable"], body["issues"]) == ("draft", False, [])
    assert body["graph"]["id"] == body["id"]
    assert body["trigger_type"] == "manual"
    assert body["node_types"] == ["manual", "transform"]
    read = admin.get(f"{API}/workflows/{body['id']}")
    assert read.json() == body
    assert read.headers["etag"] == response.headers["etag"]


def test_create_without_graph_has_an_empty_draft(admin: AsgiClient) -> None:
    body = admin.post(f"{API}/workflows", json={"name": "Empty"}).json()
    assert body["graph"]["nodes"] == []
    assert body["issue_count"] == len(body["issues"]) > 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "A", "grap": {}}, "grap"),
        ({"name": "A", "graph": []}, "graph"),
    ],
)
def test_create_names_the_wrong_field(admin: AsgiClient, body: dict[str, Any], field: str) -> None:
    response = admin.post(f"{API}/workflows", json=body)
    assert_problem(response, status=422)
    assert field in {issue["field"] for issue in response.json()["issues"]}


def test_malformed_graph_is_refused_with_all_issues(admin: AsgiClient) -> None:
    graph = make_document()
    graph["nodes"][0]["colour"] = "red"
    graph["nodes"][1]["position"] = "left"
    response = admin.post(f"{API}/workflows", json={"name": "A", "graph": graph})
    assert_problem(response, status=422)
    assert len(response.json()["issues"]) >= 2
    assert admin.get(f"{API}/workflows").json()["total_entries"] == 0


def test_unfinished_draft_is_kept_with_its_issues(admin: AsgiClient) -> None:
    graph = make_document()
    graph["edges"] = [{"source": "start", "target": "nowhere"}]
    body = create(admin, graph=graph).json()
    assert body["issues"]
    listed = admin.get(f"{API}/workflows").json()["workflows"][0]
    assert listed["issue_count"] == len(body["issues"])


def test_stale_save_loses_nothing(admin: AsgiClient) -> None:
    made = create(admin)
    url = made.headers["location"]
    saved = admin.patch(url, json={"name": "New"}, headers={"If-Match": made.headers["etag"]})
    assert saved.status_code == 200
    assert saved.headers["etag"] != made.headers["etag"]
    stale = admin.put(url, json={"name": "Old"}, headers={"If-Match": made.headers["etag"]})
    assert_problem(stale, status=412)
    assert stale.json()["current_version"] == saved.json()["version"]
    assert admin.get(url).json()["name"] == "New"


def test_save_needs_if_match(admin: AsgiClient) -> None:
    url = create(admin).headers["location"]
    assert_problem(admin.patch(url, json={"name": "New"}), status=428)
    wrong = admin.patch(url, json={"name": "New"}, headers={"If-Match": "seven"})
    assert_problem(wrong, status=400)
    assert wrong.json()["code"] == "if-match-invalid"
    assert admin.patch(url, json={"name": "New"}, headers={"If-Match": "*"}).status_code == 200


def test_list_searches_sorts_and_pages(admin: AsgiClient) -> None:
    for name, tags in (("Alpha", ["red"]), ("Beta", ["red", "blue"]), ("Гамма", [])):
        graph = make_document()
        graph["settings"]["tags"] = tags
        create(admin, name, graph)

    def names(**query: Any) -> list[str]:
        response = admin.get(f"{API}/workflows", params=query)
        assert response.status_code == 200, response.text
        return [row["name"] for row in response.json()["workflows"]]

    assert names(order_by="name") == ["Alpha", "Beta", "Гамма"]
    assert names(order_by="-name", limit=1, offset=1) == ["Beta"]
    assert names(search="ГАММ") == ["Гамма"]
    assert names(tags=["red", "blue"]) == ["Beta"]
    assert names(state="published") == []
    assert names() == ["Гамма", "Beta", "Alpha"]


@pytest.mark.parametrize("query", ["limit=0", "limit=1000", "offset=-1", "order_by=colour", "state=new"])
def test_list_refuses_wrong_queries(admin: AsgiClient, query: str) -> None:
    response = admin.get(f"{API}/workflows?{query}")
    assert_problem(response, status=422)
    assert response.json()["issues"][0]["field"] == f"query.{query.partition('=')[0]}"


def test_list_takes_a_fixed_number_of_queries(admin: AsgiClient) -> None:
    from airflow import settings
    from sqlalchemy import event

    statements: list[str] = []

    def count(*args: Any) -> None:
        statements.append(args[2])

    def measure() -> int:
        statements.clear()
        assert admin.get(f"{API}/workflows").status_code == 200
        return len(statements)

    event.listen(settings.engine, "before_cursor_execute", count)
    try:
        create(admin)
        few = measure()
        for number in range(10):
            create(admin, f"Workflow {number}")
        assert measure() == few
    finally:
        event.remove(settings.engine, "before_cursor_execute", count)


def test_duplicate(admin: AsgiClient) -> None:
    url = create(admin).headers["location"]
    copy = admin.post(f"{url}/duplicate")
    assert copy.status_code == 201
    assert copy.json()["name"] == "Orders (copy)"
    assert copy.json()["id"] != "orders"
    named = admin.post(f"{url}/duplicate", json={"name": "Other"})
    assert named.json()["name"] == "Other"


def test_publish_pins_and_shows_changes(admin: AsgiClient) -> None:
    made = create(admin)
    url = made.headers["location"]
    published = admin.post(f"{url}/publish", json={"message": "First"}).json()
    assert published == {
        "seq": published["seq"],
        "revision": 1,
        "state": "runnable",
        "dag_id": "orders",
        "reason": "",
        "issues": [],
    }
    detail = admin.get(url).json()
    assert (detail["state"], detail["runnable"], detail["published_revision"]) == ("published", True, 1)
    graph = detail["graph"]
    graph["settings"]["description"] = "Changed"
    admin.patch(url, json={"graph": graph}, headers={"If-Match": "*"})
    assert admin.get(url).json()["state"] == "changed"
    assert admin.get(f"{API}/workflows", params={"state": "changed"}).json()["total_entries"] == 1


def test_publish_refuses_drafts_with_errors_and_other_versions(admin: AsgiClient) -> None:
    made = admin.post(f"{API}/workflows", json={"name": "Empty"})
    url = made.headers["location"]
    refused = admin.post(f"{url}/publish", json={})
    assert_problem(refused, status=422)
    assert refused.json()["issues"]
    assert_problem(admin.post(f"{url}/publish", json={}, headers={"If-Match": '"99"'}), status=412)


def test_unpublish_and_delete(admin: AsgiClient) -> None:
    url = create(admin).headers["location"]
    assert admin.post(f"{url}/publish").status_code == 200
    refused = admin.delete(url)
    assert_problem(refused, status=409)
    assert refused.json()["code"] == "workflow-published"
    assert admin.post(f"{url}/unpublish").json()["state"] == "unpublished"
    assert admin.delete(url).status_code == 204
    assert_problem(admin.get(url), status=404)


def test_delete_with_force_unpublishes_first(admin: AsgiClient) -> None:
    url = create(admin).headers["location"]
    admin.post(f"{url}/publish")
    assert admin.delete(url, params={"force": "true"}).status_code == 204
    assert_problem(admin.get(url), status=404)


def test_revisions_and_restore(admin: AsgiClient) -> None:
    url = create(admin).headers["location"]
    admin.post(f"{url}/publish", json={"message": "First"})
    graph = admin.get(url).json()["graph"]
    graph["settings"]["description"] = "Second"
    admin.patch(url, json={"graph": graph}, headers={"If-Match": "*"})
    admin.post(f"{url}/publish", json={"message": "Second"})
    listed = admin.get(f"{url}/revisions").json()
    assert [(row["number"], row["message"], row["live"]) for row in listed["revisions"]] == [
        (2, "Second", True),
        (1, "First", False),
    ]
    assert all(row["published"] for row in listed["revisions"])
    first = admin.get(f"{url}/revisions/1").json()
    assert first["graph"]["settings"]["description"] == ""
    assert_problem(admin.post(f"{url}/revisions/1/restore"), status=428)
    restored = admin.post(f"{url}/revisions/1/restore", headers={"If-Match": "*"})
    assert restored.json()["graph"] == first["graph"]
    assert_problem(admin.get(f"{url}/revisions/9"), status=404)


def test_export_and_import_round_trip(admin: AsgiClient) -> None:
    url = create(admin).headers["location"]
    exported = admin.get(f"{url}/export")
    assert exported.headers["content-disposition"] == 'attachment; filename="orders.json"'
    document = exported.json()
    taken = admin.post(f"{API}/workflows/import", json={"document": document, "name": "Again"})
    assert taken.status_code == 201
    assert taken.json()["id"] == "again"
    kept = admin.post(f"{API}/workflows/import", json={"graph": {**document, "id": "own_id"}})
    assert (kept.json()["name"], kept.json()["id"]) == ("Orders", "own_id")
    assert_problem(admin.post(f"{API}/workflows/import", json={}), status=422)


def test_export_python_is_what_compile_gives(admin: AsgiClient) -> None:
    made = create(admin)
    exported = admin.get(f"{made.headers['location']}/export", params={"format": "python"})
    assert exported.headers["content-type"].startswith("text/x-python")
    compiled = admin.post(f"{API}/compile", json={"graph": made.json()["graph"]})
    assert compiled.json() == {"source": exported.text, "dag_id": "orders"}


def test_validate_reports_form_and_meaning(admin: AsgiClient) -> None:
    good = admin.post(f"{API}/validate", json={"graph": make_document()}).json()
    assert good == {"valid": True, "issues": []}
    graph = make_document()
    graph["nodes"][1]["type"] = "transfrom"
    bad = admin.post(f"{API}/validate", json={"graph": graph}).json()
    assert not bad["valid"]
    assert "transform" in bad["issues"][0]["message"]
    url = create(admin, graph=graph).headers["location"]
    assert admin.post(f"{url}/validate").json() == bad


@pytest.mark.parametrize("name", ["missing", "Ω", "../x", "a.b"])
def test_unknown_workflows_are_not_found(admin: AsgiClient, name: str) -> None:
    assert_problem(admin.get(f"{API}/workflows/{name}"), status=404)
