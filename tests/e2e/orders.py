"""The workflow of the journey: an order comes in, its product is looked up, it is placed and stored."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from tests.e2e.pages.editor_page import EditorPage
from tests.e2e.pages.list_page import ListPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.postgres import PostgresServer

TOKEN = "journey-token"
TOKEN_CONNECTION = "journey_token"
SHOP_CONNECTION = "journey_shop"
DATABASE_CONNECTION = "journey_db"

TABLE = """
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id text NOT NULL UNIQUE,
    product text NOT NULL,
    quantity integer NOT NULL,
    total numeric(12, 2) NOT NULL
)
"""
INSERT = (
    "INSERT INTO orders (run_id, product, quantity, total)\n"
    "VALUES ({{ run.id }}, {{ steps.total_step.product }}, {{ steps.total_step.quantity }}, "
    "{{ steps.total_step.total }})\n"
    "ON CONFLICT (run_id) DO UPDATE SET run_id = excluded.run_id\n"
    "RETURNING id, total"
)


@dataclass(frozen=True)
class Nodes:
    """Ids of the journey's nodes, as the editor has given them."""

    webhook: str
    product: str
    total: str
    order: str
    store: str

    def all(self) -> tuple[str, ...]:
        """Return the ids in the order of the run."""
        return (self.webhook, self.product, self.total, self.order, self.store)


def add_connections(base_url: str, *, port: int, server: PostgresServer, database: str) -> None:
    """
    Add the Connections that the workflow names, by Airflow's API.

    :param base_url: of Airflow, where everybody is an administrator
    :param port: of Airflow
    :param server: the database server
    :param database: name of the database that holds the table of orders
    """
    connections: list[dict[str, Any]] = [
        {"connection_id": TOKEN_CONNECTION, "conn_type": "generic", "password": TOKEN},
        {"connection_id": SHOP_CONNECTION, "conn_type": "http", "host": "http://127.0.0.1", "port": port},
        {
            "connection_id": DATABASE_CONNECTION,
            "conn_type": "postgres",
            "host": "127.0.0.1",
            "port": server.port,
            "login": "flowforge",
            "password": "flowforge-test",
            "schema": database,
        },
    ]
    with httpx.Client(base_url=base_url, timeout=30, trust_env=False) as client:
        for connection in connections:
            client.delete(f"/api/v2/connections/{connection['connection_id']}")
            answer = client.post("/api/v2/connections", json=connection)
            assert answer.status_code == 201, answer.text


def build(
    page: Page, *, base_url: str, name: str, shop: str = "/flowforge/api/demo"
) -> tuple[str, EditorPage, Nodes]:
    """
    Draw the workflow as a person would, and return its id, the editor and the ids of the nodes.

    :param page: a browser page
    :param base_url: of Airflow
    :param name: of the new workflow
    :param shop: path of the shop at its connection
    """
    workflows = ListPage(page, base_url=base_url)
    workflows.open()
    workflows.create_blank(name)
    workflow_id = page.url.split("/workflows/")[1].split("/")[0].split("?")[0]
    editor = EditorPage(page)
    # A blank workflow starts by hand; this one starts by a webhook, and a workflow has one trigger.
    for node_id in editor.node_ids():
        editor.delete(node_id)
    nodes = _drop_nodes(editor)
    editor.show_all()
    for source, target in zip(nodes.all(), nodes.all()[1:], strict=False):
        editor.connect(source, target)
    _fill_in(editor, nodes, shop=shop)
    editor.wait_until_saved()
    return workflow_id, editor, nodes


def _drop_nodes(editor: EditorPage) -> Nodes:
    box = editor.canvas.bounding_box()
    assert box is not None
    width, height = box["width"], box["height"]
    places = [(0.16, 0.25), (0.5, 0.25), (0.84, 0.25), (0.3, 0.7), (0.7, 0.7)]
    types = ["webhook", "http.request", "transform", "http.request", "postgres.query"]
    ids = [
        editor.drag_node(node_type, x=width * x, y=height * y)
        for node_type, (x, y) in zip(types, places, strict=True)
    ]
    editor.settle()
    return Nodes(*ids)


def _fill_in(editor: EditorPage, nodes: Nodes, *, shop: str) -> None:
    panel = editor.select(nodes.webhook)
    panel.choose("connection_id", TOKEN_CONNECTION)

    panel = editor.select(nodes.product)
    panel.type_text("url", f"{shop}/products/{{{{ trigger.body.id }}}}")
    panel.choose("connection_id", SHOP_CONNECTION)

    panel = editor.select(nodes.total)
    panel.fill({"operations": [{"operation": "set_fields"}]})
    panel.add_rows(
        "operations.0.fields",
        {
            "product": f"{{{{ steps.{nodes.product}.body.name }}}}",
            "quantity": "{{ trigger.body.quantity }}",
            "total": f"{{{{ (steps.{nodes.product}.body.price * trigger.body.quantity) | round(2) }}}}",
        },
    )

    panel = editor.select(nodes.order)
    panel.choose("method", "POST")
    panel.type_text("url", f"{shop}/orders")
    panel.choose("connection_id", SHOP_CONNECTION)
    panel.choose("body_type", "JSON")
    panel.choose_mode("body", "expression")
    panel.type_text("body", f"{{{{ steps.{nodes.total} }}}}")

    panel = editor.select(nodes.store)
    panel.choose("connection_id", DATABASE_CONNECTION)
    panel.choose("operation", "Execute: any SQL")
    panel.type_text("sql", INSERT.replace("total_step", nodes.total))


def send_order(base_url: str, workflow_id: str, *, product_id: int, quantity: int) -> str:
    """
    Post an order to the workflow's webhook and return the id of the execution.

    :param base_url: of Airflow
    :param workflow_id: of the workflow
    :param product_id: of the product
    :param quantity: how many
    """
    answer = httpx.post(
        f"{base_url}/flowforge/api/webhooks/{workflow_id}",
        json={"id": product_id, "quantity": quantity},
        headers={"X-FlowForge-Token": TOKEN},
        timeout=30,
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["execution_id"])


def wait_for_end(base_url: str, execution_id: str, *, timeout_s: float = 90) -> dict[str, Any]:
    """
    Wait until an execution has ended and return it.

    :param base_url: of Airflow
    :param execution_id: ``<workflow>.<run>``
    :param timeout_s: seconds until the test fails
    """
    deadline = time.monotonic() + timeout_s
    while True:
        answer = httpx.get(f"{base_url}/flowforge/api/executions/{execution_id}", timeout=30, trust_env=False)
        execution: dict[str, Any] = answer.json()
        if execution.get("state") in ("success", "failed", "cancelled"):
            return execution
        assert time.monotonic() < deadline, execution
        time.sleep(0.3)
