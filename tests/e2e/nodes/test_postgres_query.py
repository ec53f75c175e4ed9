"""A query of PostgreSQL is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


def test_sql_with_values(
    airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    airflow_api.add_connection(
        "drawn_db", conn_type="postgres", host="127.0.0.1", login="nobody", schema="none"
    )
    drawing = new_drawing("Drawn query")

    query = drawing.add("postgres.query")
    drawing.connect("start", query)
    values = {
        "connection_id": "drawn_db",
        "sql": "SELECT id FROM orders WHERE product = %(product)s AND quantity > %(least)s",
        "values": [
            {"name": "product", "value": "{{ trigger.body.product }}"},
            {"name": "least", "value": 2},
        ],
    }
    drawing.fill(query, values)

    assert drawing.parameters(query) | values == drawing.parameters(query)
    drawing.expect_no_issues()
    pictures(drawing, query, name="node-postgres-query")
