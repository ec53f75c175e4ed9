"""A wait is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


def test_a_wait_is_drawn(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn wait")
    wait = drawing.add("wait")
    drawing.connect("start", wait)
    drawing.fill(wait, {"amount": 30, "unit": "seconds"})
    assert drawing.parameters(wait)["amount"] == 30
    assert drawing.parameters(wait)["unit"] == "seconds"
    drawing.expect_no_issues()
    pictures(drawing, wait, name="node-wait")
