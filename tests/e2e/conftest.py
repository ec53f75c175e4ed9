"""Browser pages that notice what people do not: errors in the console, requests that leave the machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.api import make_workflow
from tests.e2e.pages.editor_page import EditorPage
from tests.e2e.pages.signed_in import open_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

    from flowforge_provider.graph.models import Graph
    from tests.support.airflow import AirflowInstance

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "test-results"

DESKTOP = {"width": 1440, "height": 900}


class Watch:
    """What went wrong on a page without being seen."""

    def __init__(self) -> None:
        self.console: list[str] = []
        self.foreign: list[str] = []
        self._refusals: set[tuple[int, str]] = set()

    def allow_refusal(self, status: int, path: str) -> None:
        """
        Let the server refuse something; Chromium reports each such answer as an error of its own.

        :param status: of the answer
        :param path: end of the url
        """
        self._refusals.add((status, path))

    def attach(self, context: BrowserContext) -> None:
        """
        Watch every page of a browser context.

        :param context: the context
        """
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.console.append(str(error.error)))
        context.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        url = str(message.location.get("url", ""))
        if any(
            url.endswith(path) and f"responded with a status of {status} " in message.text
            for status, path in self._refusals
        ):
            return
        if message.type in ("error", "warning"):
            self.console.append(f"{message.type}: {message.text} ({url})")

    def _on_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname
        if host not in (None, "127.0.0.1"):
            self.foreign.append(request.url)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """What the browser complained about during the test; must be nothing at its end."""
    value = Watch()
    yield value
    assert value.console == []
    assert value.foreign == []


@pytest.fixture
def open_page(
    chromium: Browser, watch: Watch, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Page]]:
    """
    Return a function that opens a watched page; its keywords are those of a browser context.

    When the test fails, a picture of each page is kept in test-results/.
    """
    contexts: list[BrowserContext] = []

    def open_one(**options: Any) -> Page:
        settings: dict[str, Any] = {
            "viewport": DESKTOP,
            "locale": "en-US",
            "reduced_motion": "reduce",
            **options,
        }
        context = chromium.new_context(**settings)
        context.set_default_timeout(15_000)
        watch.attach(context)
        contexts.append(context)
        return context.new_page()

    yield open_one
    failed = request.node.stash.get(_FAILED, False)
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    for number, context in enumerate(contexts):
        for page in context.pages if failed else []:
            page.screenshot(path=RESULTS / f"failed-{name}-{number}.png")
        context.close()


@pytest.fixture
def client(airflow_api: AirflowInstance) -> Iterator[httpx.Client]:
    """An HTTP client of the shared api-server, signed in as its administrator."""
    with airflow_api.client("admin") as value:
        yield value


@pytest.fixture
def page(airflow_api: AirflowInstance, open_page: Callable[..., Page]) -> Page:
    """An empty page of the same administrator."""
    return open_as("admin", airflow=airflow_api, open_page=open_page)


@pytest.fixture
def open_graph(
    airflow_api: AirflowInstance, client: httpx.Client, page: Page
) -> Callable[[str, Graph], tuple[str, EditorPage]]:
    """Return a function that makes a workflow of a graph, opens it, and returns its id and the editor."""

    def open_one(name: str, graph: Graph) -> tuple[str, EditorPage]:
        workflow_id = make_workflow(client, name, graph)
        editor = EditorPage(page)
        editor.open(airflow_api.url, workflow_id)
        return workflow_id, editor

    return open_one


@pytest.fixture
def picture() -> Callable[[Page, str], Path]:
    """Return a function that keeps a picture of a page in test-results/ and returns where."""

    def take(page: Page, name: str) -> Path:
        path = RESULTS / f"{name}.png"
        page.screenshot(path=path)
        return path

    return take


_FAILED: pytest.StashKey[bool] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Note on the test itself that it failed, for the fixtures that end after it."""
    report = yield
    if report.when == "call" and report.failed:  # type: ignore[attr-defined]
        item.stash[_FAILED] = True
    return report
