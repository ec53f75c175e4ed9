"""What the tests of node types share: a workflow to draw in, and pictures of what was drawn."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import DESKTOP
from tests.e2e.pages.drawing import Drawing
from tests.e2e.pages.editor_page import EditorPage
from tests.e2e.pages.form_fields import find_field
from tests.e2e.pages.signed_in import open_as
from tests.factories import make_graph, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from flowforge_provider.graph.models import Node
    from tests.support.airflow import AirflowInstance

PHONE = {"width": 390, "height": 844}

# name -> browser, Airflow's theme, language; each language and each size in one of the themes at least.
# The first and the last stand for all where slow tests are left out: each look costs some seconds.
_LOOKS: dict[str, tuple[dict[str, Any], str, str]] = {
    "wide-light-en": ({"viewport": DESKTOP}, "light", "en"),
    "wide-dark-ru": ({"viewport": DESKTOP}, "dark", "ru"),
    "phone-dark-en": ({"viewport": PHONE, "has_touch": True}, "dark", "en"),
    "phone-light-ru": ({"viewport": PHONE, "has_touch": True}, "light", "ru"),
}


class TakePictures(Protocol):
    """Keeps pictures of a node's form in all looks."""

    def __call__(self, drawing: Drawing, node_id: str, *, name: str, field: str = "") -> list[Path]:
        """
        Return the files in test-results/, one for each look.

        :param drawing: the saved workflow
        :param node_id: the node whose form is open
        :param name: beginning of the file names
        :param field: the parameter to scroll to
        """


@pytest.fixture
def new_drawing(
    open_graph: Callable[..., tuple[str, EditorPage]], client: httpx.Client
) -> Callable[..., Drawing]:
    """
    Return a function that opens a new workflow.

    Its name is the first argument; it holds a manual trigger ``start``, or the nodes that follow the name.
    """

    def draw(name: str, *nodes: Node) -> Drawing:
        workflow_id, editor = open_graph(name, make_graph(*(nodes or (make_trigger(),))))
        return Drawing(editor, client=client, workflow_id=workflow_id)

    return draw


@pytest.fixture
def pictures(
    airflow_api: AirflowInstance,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
    pytestconfig: pytest.Config,
) -> TakePictures:
    """Return a function that keeps pictures of a node's form: wide and narrow, light and dark, en and ru."""

    every = list(_LOOKS)
    quick = "not slow" in pytestconfig.getoption("-m")

    def take(drawing: Drawing, node_id: str, *, name: str, field: str = "") -> list[Path]:
        drawing.editor.wait_until_saved()
        # One look each where slow tests are left out; the forms share all looks out among themselves.
        looks = [every[zlib.crc32(name.encode()) % len(every)]] if quick else every
        return [
            _take_one(
                drawing.workflow_id,
                node_id,
                look,
                airflow=airflow_api,
                open_page=open_page,
                keep=picture,
                name=name,
                field=field,
            )
            for look in looks
        ]

    return take


def _take_one(
    workflow_id: str,
    node_id: str,
    look: str,
    *,
    airflow: AirflowInstance,
    open_page: Callable[..., Page],
    keep: Callable[[Page, str], Path],
    name: str,
    field: str,
) -> Path:
    options, theme, language = _LOOKS[look]
    page = open_as("admin", airflow=airflow, open_page=open_page, **options)
    # Where Airflow's own UI keeps the user's choice.
    page.add_init_script(
        f"localStorage.setItem('theme', '{theme}'); localStorage.setItem('i18nextLng', '{language}');"
    )
    editor = EditorPage(page)
    editor.open(airflow.url, workflow_id)
    editor.show_all()
    editor.node(node_id).click()
    if options["viewport"] is PHONE:
        page.get_by_test_id("open-form").click()
    expect(editor.properties.root).to_be_visible()
    if field:
        shown = find_field(editor.properties.root, f"parameters.{field}")
        shown.evaluate("element => element.scrollIntoView({block: 'start'})")
    expect(editor.properties.root.locator("[data-field]").first).to_be_visible()
    editor.settle()
    # Nothing of a form may stick out of a phone.
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0
    path = keep(page, f"{name}-{look}")
    page.close()
    return path
