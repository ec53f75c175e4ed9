"""PostgreSQL steps are drawn and filled in by hand, with names picked from a real database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.postgres import PASSWORD, USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance
    from tests.support.postgres import PostgresServer

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def shop(airflow_api: AirflowInstance, postgres_server: PostgresServer) -> Iterator[str]:
    """The connection ``drawn_db`` and its database with a table and a function."""
    name = postgres_server.create_database()
    for statement in (
        "CREATE SCHEMA sales",
        "CREATE TABLE sales.orders (order_id text PRIMARY KEY, quantity int NOT NULL, details jsonb, "
        "ordered_at timestamptz DEFAULT now())",
        "CREATE TABLE sales.order_lines (order_id text, sku text)",
        "CREATE FUNCTION sales.close_day(day date) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ):
        postgres_server.query(name, statement)
    airflow_api.add_connection(
        "drawn_db",
        conn_type="postgres",
        host="127.0.0.1",
        port=postgres_server.port,
        login=USER,
        password=PASSWORD,
        schema=name,
    )
    yield name
    postgres_server.drop_database(name)


def test_sql_with_expressions(shop: str, new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn query")

    query = drawing.add("postgres.query")
    drawing.connect("start", query)
    values: dict[str, Any] = {
        "connection_id": "drawn_db",
        "sql": "SELECT order_id, quantity\nFROM sales.orders\nWHERE order_id = {{ trigger.body.id }}\n"
        "  AND details ->> 'note' LIKE '100%'",
        "row_limit": 50,
        "on_overflow": "cut",
    }
    drawing.fill(query, values)

    assert drawing.parameters(query) | values == drawing.parameters(query)
    drawing.expect_no_issues()
    pictures(drawing, query, name="node-postgres-query")


def test_an_expression_in_quotes_is_told_with_its_place(
    shop: str, new_drawing: Callable[..., Drawing]
) -> None:
    drawing = new_drawing("Drawn mistake")

    query = drawing.add("postgres.query")
    wrong = "SELECT *\nFROM sales.orders\nWHERE order_id = '{{ trigger.body.id }}'"
    drawing.fill(query, {"connection_id": "drawn_db", "sql": wrong})
    drawing.editor.wait_until_saved()

    field = drawing.editor.properties.field("sql")
    expect(field.get_by_text("Line 3, column 19")).to_be_visible()
    expect(field.get_by_text("Remove the quotes around it")).to_be_visible()


@pytest.mark.slow
def test_a_table_and_its_columns_are_picked(
    shop: str, new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    drawing = new_drawing("Drawn upsert")

    upsert = drawing.add("postgres.query", search="upsert")
    drawing.connect("start", upsert)
    drawing.fill(upsert, {"connection_id": "drawn_db", "operation": "upsert"})
    panel = drawing.editor.properties

    pick(panel.field("table_schema"), "sales", among=["public", "sales"])
    pick(panel.field("table"), "orders", among=["order_lines", "orders"])
    panel.root.get_by_test_id("add-parameters.row").click()
    name = panel.root.get_by_test_id("field-parameters.row.0.name")
    pick(name, "order_id", among=["order_id", "quantity", "details", "ordered_at"])
    panel.type_text("row.0.value", "{{ trigger.body.id }}")
    panel.root.get_by_test_id("add-parameters.row").click()
    panel.root.get_by_test_id("field-parameters.row.1.name").get_by_role("combobox").fill("quantity")
    panel.root.page.keyboard.press("Escape")
    panel.type_text("row.1.value", "{{ trigger.body.quantity }}")
    drawing.fill(upsert, {"conflict_columns": ["order_id"], "returning": ["order_id"]})

    saved = drawing.parameters(upsert)
    wanted = {
        "operation": "upsert",
        "table_schema": "sales",
        "table": "orders",
        "row": [
            {"name": "order_id", "value": "{{ trigger.body.id }}"},
            {"name": "quantity", "value": "{{ trigger.body.quantity }}"},
        ],
        "conflict_columns": ["order_id"],
        "returning": ["order_id"],
    }
    assert saved | wanted == saved
    drawing.expect_no_issues()
    pictures(drawing, upsert, name="node-postgres-upsert")


@pytest.mark.slow
def test_rows_are_chosen_by_conditions(
    shop: str, new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    drawing = new_drawing("Drawn update")

    update = drawing.add("postgres.query", search="PostgreSQL")
    values: dict[str, Any] = {
        "connection_id": "drawn_db",
        "operation": "update",
        "table_schema": "sales",
        "table": "orders",
        "changes": [{"name": "quantity", "value": 3}],
        "where": [{"column": "order_id", "operator": "in", "value": "{{ trigger.body.ids }}"}],
    }
    drawing.fill(update, values)

    saved = drawing.parameters(update)
    assert saved | values == saved
    drawing.expect_no_issues()
    pictures(drawing, update, name="node-postgres-update")


def test_names_can_be_typed_while_the_database_is_away(
    airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing], watch: Any
) -> None:
    airflow_api.add_connection("away_db", conn_type="postgres", host="127.0.0.1", port=1, login="nobody")
    watch.allow_refusal(502, "/schemas")
    watch.allow_refusal(502, "/functions?schema=")
    drawing = new_drawing("Drawn blind")

    call = drawing.add("postgres.query", search="PostgreSQL")
    values = {
        "connection_id": "away_db",
        "operation": "call",
        "function": "close_day",
        "arguments": [{"name": "day", "value": "{{ trigger.body.day }}"}],
    }
    drawing.fill(call, values)

    function = drawing.editor.properties.field("function")
    function.get_by_role("combobox").click()
    expect(function.get_by_text("you can type the name")).to_be_visible()
    saved = drawing.parameters(call)
    assert saved | values == saved
    drawing.expect_no_issues()


def pick(field: Any, name: str, *, among: list[str]) -> None:
    """Open what a field offers, compare it, and take one."""
    field.get_by_role("combobox").click()
    options = field.get_by_role("option")
    expect(options).to_have_count(len(among))
    assert [text.split("\n")[0] for text in options.all_inner_texts()] == among
    options.nth(among.index(name)).click()
