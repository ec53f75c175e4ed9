"""An approval is drawn with its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


def test_an_approval_is_drawn(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn approval")
    ask = drawing.add("approval")
    drawing.connect("start", ask)
    fields = [{"name": "reason", "label": "Reason", "required": True}]
    drawing.fill(ask, {"title": "Refund?", "fields": fields})
    saved = drawing.parameters(ask)
    assert saved["title"] == "Refund?"
    assert (saved["fields"][0]["name"], saved["fields"][0]["required"]) == ("reason", True)
    drawing.expect_no_issues()
    pictures(drawing, ask, name="node-approval")
