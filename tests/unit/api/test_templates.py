from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.examples import find_examples, load_examples
from flowforge_provider.graph.load import load_graph
from tests.factories import make_document
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

API = "/flowforge/api"


def test_every_example_is_a_template(admin: AsgiClient) -> None:
    body = admin.get(f"{API}/templates").json()

    assert {one["id"] for one in body["templates"]} == {path.stem for path in find_examples().glob("*.json")}
    assert body["total_entries"] == len(body["templates"])
    for one in body["templates"]:
        assert one["description"], f"{one['id']}: its settings have no description"
        assert one["kind"] == ("template" if "template" in one["tags"] else "example")
        assert {"template", "example"} & set(one["tags"]), f"{one['id']} has neither tag"
    kinds = [one["kind"] for one in body["templates"]]
    assert kinds == sorted(kinds, reverse=True)


def test_a_template_tells_its_steps_and_connections(admin: AsgiClient) -> None:
    by_id = {one["id"]: one for one in admin.get(f"{API}/templates").json()["templates"]}

    orders = by_id["orders"]

    assert orders["name"] == "Orders"
    assert orders["name_ru"] == "Заказы"
    assert orders["node_types"] == ["webhook", "http.request", "transform"]
    conn_types = {one["connection_id"]: one["conn_types"] for one in orders["connections"]}
    assert "http" in conn_types["flowforge_demo"]


def test_a_workflow_begins_with_a_template(admin: AsgiClient) -> None:
    template = admin.get(f"{API}/templates/orders").json()

    made = admin.post(f"{API}/workflows", json={"name": "From a template", "graph": template["graph"]})

    assert made.status_code == 201
    assert made.json()["graph"]["nodes"] == template["graph"]["nodes"]
    assert made.json()["name"] == "From a template"


@pytest.mark.parametrize("template_id", ["nothing", "texts%2Fru", "orders.json"])
def test_what_is_no_template_is_not_found(admin: AsgiClient, template_id: str) -> None:
    assert_problem(admin.get(f"{API}/templates/{template_id}"), status=404)


def test_viewers_may_look(client: MakeClient) -> None:
    assert client("viewer").get(f"{API}/templates").status_code == 200
    assert_problem(client(None).get(f"{API}/templates"), status=401)


def test_a_broken_example_hides_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "good.json").write_text(json.dumps(make_document(name="Good")))
    (tmp_path / "no-json.json").write_text("{")
    (tmp_path / "no-graph.json").write_text('{"format": "flowforge/v1", "nodes": [{"id": "Bad Id"}]}')
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "ru.json").write_text("[")

    (found,) = load_examples(tmp_path)

    assert (found.id, found.kind, found.name_ru) == ("good", "example", "Good")
    assert "no-json.json" in caplog.text
    assert "no-graph.json" in caplog.text


def test_russian_texts_are_of_examples_that_exist() -> None:
    folder = find_examples()
    texts = json.loads((folder / "texts" / "ru.json").read_text(encoding="utf-8"))

    for name, text in texts.items():
        load_graph(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
        assert set(text) == {"name", "description"}
