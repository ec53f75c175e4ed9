"""A loop is drawn by hand, run by real workers, and its items are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from flowforge_provider.graph.models import Position
from tests.e2e.api import make_workflow
from tests.e2e.pages.editor_page import EditorPage
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from flowforge_provider.graph.models import Graph
    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(240)]


def test_drawn_by_mouse(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn loop")

    each = drawing.add("for_each")
    inside = drawing.add("transform")
    after = drawing.add("transform")
    drawing.connect("start", each)
    drawing.connect(each, inside, port="item")
    drawing.connect(each, after, port="done")
    drawing.fill(inside, set_field("total", "{{ item.price * item.quantity }}"))
    drawing.fill(after, set_field("count", f"{{{{ steps.{each}.succeeded }}}}"))
    values = {
        "items": "{{ trigger.body.orders }}",
        "continue_on_item_error": True,
        "concurrency": 4,
        "batch_size": 10,
    }
    drawing.fill(each, values)

    assert drawing.parameters(each) | values == drawing.parameters(each)
    assert drawing.edges() == {
        ("start", "success", each),
        (each, "item", inside),
        (each, "done", after),
    }
    drawing.expect_no_issues()
    # The frame holds what runs for each item, and nothing else.
    frame = drawing.editor.page.get_by_test_id(f"loop-{each}").bounding_box()
    assert frame is not None
    for node_id, is_inside in ((inside, True), (each, False)):
        box = drawing.editor.node(node_id).bounding_box()
        assert box is not None
        assert (
            frame["x"] <= box["x"] and box["x"] + box["width"] <= frame["x"] + frame["width"]
        ) is is_inside
    pictures(drawing, each, name="node-for-each")


def set_field(name: str, value: str) -> dict[str, Any]:
    """Return parameters of a transform that sets one field."""
    return {"operations": [{"operation": "set_fields", "fields": [{"name": name, "value": value}]}]}


def looped() -> Graph:
    """Return a loop whose second step fails for one of four items."""
    nodes = [
        make_trigger(
            parameters={
                "sample_payload": {"orders": [{"parts": 1}, {"parts": 2}, {"parts": 0}, {"parts": 4}]}
            },
            position=Position(x=0, y=0),
        ),
        make_node(
            "each",
            "for_each",
            name="Each order",
            parameters={"items": "{{ trigger.body.orders }}", "continue_on_item_error": True},
            position=Position(x=300, y=0),
        ),
        make_set("share", share="{{ 12 / item.parts }}").model_copy(
            update={"name": "Share", "position": Position(x=620, y=-60)}
        ),
        make_set("label", text="{{ item_index }}: {{ steps.share.share }}").model_copy(
            update={"position": Position(x=920, y=-60)}
        ),
        make_set("after", ok="{{ steps.each.succeeded }}").model_copy(
            update={"position": Position(x=620, y=140)}
        ),
    ]
    edges = [
        make_edge("start", "each"),
        make_edge("each", "share", "item"),
        make_edge("share", "label"),
        make_edge("each", "after", "done"),
    ]
    return make_graph(*nodes, edges=edges, id="watched_loop", name="Watched loop")


def test_items_of_a_run(
    airflow_postgres: AirflowInstance,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    with airflow_postgres.client() as client:
        workflow_id = make_workflow(client, "Watched loop", looped())
    editor = EditorPage(open_page())
    editor.open(airflow_postgres.url, workflow_id)
    editor.publish("first")
    editor.run({"orders": [{"parts": 1}, {"parts": 2}, {"parts": 0}, {"parts": 4}]})
    editor.wait_for_state("after", "success")
    page = editor.page
    expect(page.get_by_test_id("run-items-share")).to_have_text("4/4")
    editor.open_step("share")

    # The item that failed comes first.
    expect(page.get_by_test_id("items-state")).to_have_value("failed")
    expect(page.get_by_test_id("item-2")).to_have_attribute("aria-current", "true")
    expect(page.get_by_test_id("step-error")).to_contain_text("zero")
    picture(page, "loop-failed-item")

    page.get_by_test_id("items-state").select_option("")
    page.get_by_test_id("item-3").click()
    expect(page.get_by_test_id("step-output")).to_contain_text("share")
    picture(page, "loop-items")

    narrow = EditorPage(open_page(viewport={"width": 390, "height": 844}, has_touch=True))
    narrow.page.add_init_script(
        "localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');"
    )
    narrow.open(airflow_postgres.url, workflow_id)
    picture(narrow.page, "loop-phone-dark-ru")
