"""From an empty canvas to a row in PostgreSQL, in a real browser on a real Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import orders
from tests.e2e.pages.list_page import ListPage
from tests.support.launcher import LauncherProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance
    from tests.support.postgres import PostgresServer

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LauncherProcess]:
    """What ``make run`` starts: SQLite, and the profile of ``make run``."""
    launcher = LauncherProcess(home=tmp_path_factory.mktemp("make-run") / "home")
    try:
        launcher.wait_until_ready()
        yield launcher
    finally:
        launcher.stop()


def test_journey_on_postgresql(
    airflow_postgres: AirflowInstance,
    postgres_server: PostgresServer,
    postgres_database: str,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    page = open_page()
    walk(
        page,
        base_url=airflow_postgres.url,
        port=airflow_postgres.port,
        server=postgres_server,
        database=postgres_database,
    )
    picture(page, "journey-postgresql")


def test_journey_on_sqlite_as_make_run_starts_it(
    make_run: LauncherProcess,
    postgres_server: PostgresServer,
    postgres_database: str,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    page = open_page()
    walk(page, base_url=make_run.url, port=make_run.port, server=postgres_server, database=postgres_database)
    picture(page, "journey-sqlite")


def test_the_example_of_make_run_turns_green_with_its_data(
    make_run: LauncherProcess, open_page: Callable[..., Page], picture: Callable[[Page, str], Path]
) -> None:
    # The size of the README's picture, which `make picture` takes from here.
    page = open_page(viewport={"width": 1280, "height": 720})
    workflows = ListPage(page, base_url=make_run.url)
    workflows.open()
    editor = workflows.open_workflow("orders")

    editor.run({"id": 3, "quantity": 4})
    for node_id in ("webhook", "get_product", "total", "place_order"):
        editor.wait_for_state(node_id, "success")
    editor.open_step("place_order")
    expect(editor.step_output).to_contain_text("201")
    # A step is looked at without its form lying over the run; the node itself opens it.
    expect(editor.properties.root).to_be_hidden()
    editor.select("place_order")
    editor.show_all()
    picture(page, "editor")


def walk(page: Page, *, base_url: str, port: int, server: PostgresServer, database: str) -> None:
    """Draw the workflow, publish it, send an order, watch it run, and look for the row."""
    server.query(database, orders.TABLE)
    orders.add_connections(base_url, port=port, server=server, database=database)

    workflow_id, editor, nodes = orders.build(page, base_url=base_url, name="Journey of an order")
    editor.publish("First order")

    execution_id = orders.send_order(base_url, workflow_id, product_id=7, quantity=2)
    editor.open_execution(execution_id)
    for node_id in nodes.all():
        editor.wait_for_state(node_id, "success")

    editor.open_step(nodes.total)
    expect(editor.step_output).to_contain_text("Whistle")
    expect(editor.step_output).to_contain_text("31.5")

    run_id = execution_id.split(".", 1)[1]
    rows = server.query(database, "SELECT run_id, product, quantity, total::text FROM orders")
    assert rows == [(run_id, "Whistle", 2, "31.50")]
