"""A step that runs another workflow is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.api import API, make_workflow
from tests.factories import make_graph, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


def test_a_run_of_another_workflow_is_drawn(
    new_drawing: Callable[..., Drawing], pictures: TakePictures, client: httpx.Client
) -> None:
    target = make_workflow(client, "Drawn target", make_graph(make_trigger(), make_set("a")))
    published = client.post(f"{API}/workflows/{target}/publish", json={})
    assert published.status_code == 200, published.text

    drawing = new_drawing("Drawn call")
    call = drawing.add("workflow.run")
    drawing.connect("start", call)
    drawing.fill(call, {"workflow_id": target, "payload": {"id": "{{ run.id }}"}, "mode": "start"})
    parameters = drawing.parameters(call)
    assert parameters["workflow_id"] == target
    assert parameters["payload"] == {"id": "{{ run.id }}"}
    assert parameters["mode"] == "start"
    drawing.expect_no_issues()
    pictures(drawing, call, name="node-workflow-run")
