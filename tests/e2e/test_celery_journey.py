"""The same journey on the services of docker-compose.yaml: through the front door to workers of Celery."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e import orders
from tests.support.compose_runs import Counts, signed_in
from tests.support.front_door import TOKEN
from tests.support.postgres import PASSWORD, USER
from tests.support.shop import running_shop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.compose import ComposeSetup

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1200)]


def test_journey_on_celery(
    compose: ComposeSetup, open_page: Callable[..., Page], picture: Callable[[Page, str], Path]
) -> None:
    database = compose.postgres.create_database()
    compose.postgres.query(database, orders.TABLE)
    page = open_page()
    with running_shop() as shop, signed_in(compose) as runs:
        token = runs.client.headers["Authorization"].removeprefix("Bearer ")
        page.context.add_cookies([{"name": "_token", "value": token, "url": compose.url}])
        runs.add_connection(orders.TOKEN_CONNECTION, conn_type="generic", password=TOKEN)
        runs.add_connection(orders.SHOP_CONNECTION, conn_type="http", host=shop.url)
        runs.add_connection(
            orders.DATABASE_CONNECTION,
            conn_type="postgres",
            host="127.0.0.1",
            port=compose.postgres.port,
            login=USER,
            password=PASSWORD,
            schema=database,
        )

        workflow_id, editor, nodes = orders.build(
            page, base_url=compose.url, name="Journey on Celery", shop=""
        )
        editor.publish("First order")
        execution_id = runs.send(workflow_id, {"id": 7, "quantity": 2})
        editor.open_execution(execution_id)
        for node_id in nodes.all():
            editor.wait_for_state(node_id, "success")
        editor.open_step(nodes.total)
        expect(editor.step_output).to_contain_text("Product 7")
        picture(page, "journey-celery")

        rows = compose.postgres.query(database, "SELECT run_id, product, quantity, total::text FROM orders")
        assert rows == [(execution_id.split(".", 1)[1], "Product 7", 2, "70.00")]
        assert runs.count(workflow_id) == Counts(started=1, finished=1, failed=0, waiting=0)
