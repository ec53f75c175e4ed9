"""Decisions, merges, answers, stops and notes are drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.conditions import fill_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(240)]

TOTAL = "{{ trigger.body.total }}"


def test_conditions_are_built_row_by_row(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn conditions")
    ask = drawing.add("if")
    drawing.connect("start", ask)
    form = drawing.editor.select(ask).root
    base = "parameters.conditions"

    fill_row(
        drawing.editor.page,
        form.get_by_test_id(f"condition-{base}.conditions.0"),
        left=TOTAL,
        type_="number",
        operator="greater",
        right="100",
    )
    form.get_by_test_id(f"add-condition-{base}").click()
    row = form.get_by_test_id(f"condition-{base}.conditions.1")
    fill_row(
        drawing.editor.page,
        row,
        left="{{ trigger.body.country }}",
        type_="text",
        operator="in_list",
        right="DE,FR",
    )
    row.get_by_role("button", name="Ignore case").click()
    form.get_by_test_id(f"add-group-{base}").click()
    inner = form.get_by_test_id(f"condition-{base}.groups.0.conditions.0")
    fill_row(drawing.editor.page, inner, left="{{ trigger.body.vip }}", type_="boolean", operator="is_true")
    expect(inner.locator("[data-field$='.right']")).to_have_count(0)
    form.get_by_role("radio", name="Any (or)").first.click()

    assert drawing.parameters(ask)["conditions"] == {
        "match": "any",
        "conditions": [
            {"left": TOTAL, "type": "number", "operator": "greater", "right": "100"},
            {
                "left": "{{ trigger.body.country }}",
                "type": "text",
                "operator": "in_list",
                "right": ["DE", "FR"],
                "ignore_case": True,
            },
        ],
        "groups": [
            {
                "match": "any",
                "conditions": [{"left": "{{ trigger.body.vip }}", "type": "boolean", "operator": "is_true"}],
            }
        ],
        **{
            name: value
            for name, value in drawing.parameters(ask)["conditions"].items()
            if name in {"mode", "expression", "convert"}
        },
    }
    drawing.expect_no_issues()
    pictures(drawing, ask, name="node-if")


def test_the_ports_of_a_switch_follow_its_cases(
    new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    drawing = new_drawing("Drawn switch")
    sort = drawing.add("switch")
    drawing.connect("start", sort)
    drawing.fill(
        sort,
        {
            "mode": "value",
            "value": "{{ trigger.body.priority }}",
            "cases": [{"label": "Urgent", "value": "high"}, {"label": "Normal", "value": "medium"}],
        },
    )
    first, second = [case["id"] for case in drawing.parameters(sort)["cases"]]
    answer = drawing.add("respond")
    drawing.fill(answer, {"content": "empty"})
    drawing.connect(sort, answer, port=first)
    drawing.connect(sort, answer, port=second)
    expected = {("start", "success", sort), (sort, first, answer), (sort, second, answer)}
    assert drawing.edges() == expected

    # A new label keeps the edges; a case that is taken away takes its edges along, and undo brings both back.
    drawing.fill(sort, {"cases.0.label": "At once"})
    expect(drawing.editor.page.get_by_test_id(f"node-{sort}")).to_contain_text("At once")
    assert drawing.edges() == expected
    drawing.editor.select(sort).root.get_by_test_id("row-remove").nth(1).click()
    assert drawing.edges() == expected - {(sort, second, answer)}
    drawing.editor.page.get_by_test_id("undo").click()
    assert drawing.edges() == expected
    drawing.expect_no_issues()
    pictures(drawing, sort, name="node-switch")


@pytest.mark.slow
def test_lists_are_joined(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn merge")
    merge = drawing.add("merge")
    drawing.connect("start", merge)
    values = {
        "mode": "join",
        "left": "{{ trigger.body.orders }}",
        "right": "{{ trigger.body.customers }}",
        "keys": [{"left": "customer_id", "right": "id"}],
        "rows": "left",
    }
    drawing.fill(merge, values)
    assert drawing.parameters(merge).items() >= values.items()
    drawing.expect_no_issues()
    pictures(drawing, merge, name="node-merge")


@pytest.mark.slow
def test_an_answer_and_a_stop(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn answer")
    answer = drawing.add("respond")
    drawing.connect("start", answer)
    text = {"status": 201, "content": "text", "text": "Order {{ trigger.body.id }} is accepted."}
    drawing.fill(answer, text)
    stop = drawing.add("stop", search="stop")
    drawing.connect(answer, stop)
    message = {"outcome": "success", "message": "Done with {{ trigger.body.id }}."}
    drawing.fill(stop, message)

    assert drawing.parameters(answer).items() >= text.items()
    assert drawing.parameters(stop).items() >= message.items()
    # Nothing follows a stop.
    expect(drawing.editor.page.locator(f"[data-testid^='port-{stop}-']")).to_have_count(0)
    drawing.expect_no_issues()
    pictures(drawing, answer, name="node-respond")
    pictures(drawing, stop, name="node-stop")


@pytest.mark.slow
def test_a_note_is_written(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn note")
    note = drawing.add("note")
    drawing.fill(note, {"text": "## Orders\nCome in by **webhook**.", "color": "green"})
    assert drawing.parameters(note)["color"] == "green"
    paper = drawing.editor.page.get_by_test_id(f"node-{note}")
    expect(paper.locator("strong")).to_have_text("webhook")
    shape = drawing.add("respond")
    drawing.fill(shape, {"content": "empty"})
    drawing.connect("start", shape)
    drawing.expect_no_issues()
    pictures(drawing, note, name="node-note")
