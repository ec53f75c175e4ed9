"""A transformation is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.mark.slow
def test_fields_are_set(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn fields")

    shape = drawing.add("transform")
    drawing.connect("start", shape)
    fields = [
        {"name": "order_id", "value": "{{ trigger.body.id }}"},
        {"name": "quantity", "value": 2},
        {"name": "gift", "value": False},
        {"name": "tags", "value": ["new", "{{ trigger.body.tag }}"]},
    ]
    drawing.fill(shape, {"operations": [{"operation": "set_fields", "fields": fields}]})

    assert drawing.parameters(shape)["operations"][0]["fields"] == fields
    drawing.expect_no_issues()
    pictures(drawing, shape, name="node-transform-fields")


def test_a_program_is_written(new_drawing: Callable[..., Drawing]) -> None:
    drawing = new_drawing("Drawn program")

    shape = drawing.add("transform", search="jq")
    program = "{id, total: (.price * .quantity)}"
    drawing.fill(shape, {"operations": [{"operation": "jq", "program": program}]})

    [operation] = drawing.parameters(shape)["operations"]
    assert operation["program"] == program
    drawing.expect_no_issues()


def test_the_preview_follows_the_operations(
    new_drawing: Callable[..., Drawing], pictures: TakePictures, picture: Callable[[Page, str], Path]
) -> None:
    drawing = new_drawing("Drawn preview")
    rows = [{"sku": "tea", "total": 4}, {"sku": "cup", "total": 12}, {"sku": "bag", "total": 1}]
    drawing.fill("start", {"sample_payload": {"rows": rows}})
    shape = drawing.add("transform")
    drawing.connect("start", shape)
    conditions = {"operation": "filter", "filter_by": "expression", "condition": "{{ row.total > 2 }}"}
    drawing.fill(
        shape,
        {
            "input": "{{ trigger.body.rows }}",
            "operations": [
                conditions,
                {"operation": "sort", "sort_by": [{"field": "total", "direction": "descending"}]},
            ],
        },
    )

    preview = drawing.editor.properties.root.get_by_test_id("transform-preview")
    expect(preview.get_by_test_id("preview-count")).to_have_text("2 items")
    expect(preview).to_contain_text("cup")
    preview.get_by_test_id("preview-place").select_option("0")
    expect(preview.get_by_test_id("preview-count")).to_have_text("3 items")

    drawing.fill(shape, {"operations.0.condition": "{{ row.nothing > 2 }}"})
    expect(preview.get_by_test_id("preview-fault")).to_contain_text("Operation 1")
    place = drawing.editor.properties.field("operations.0.condition")
    expect(place).to_contain_text("nothing")
    drawing.fill(shape, {"operations.0.condition": "{{ row.total > 2 }}"})
    expect(preview.get_by_test_id("preview-fault")).to_have_count(0)
    preview.get_by_test_id("preview-place").select_option("2")
    expect(preview.get_by_test_id("preview-count")).to_have_text("2 items")
    preview.scroll_into_view_if_needed()
    picture(drawing.editor.page, "node-transform-preview-results")
    drawing.expect_no_issues()
    pictures(drawing, shape, name="node-transform-preview")
