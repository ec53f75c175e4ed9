"""A transformation is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


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
