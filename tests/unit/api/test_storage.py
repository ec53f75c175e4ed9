"""How much room everything takes, for operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.graph.models import Settings
from tests.factories import make_graph
from tests.support.deliveries import add_delivery
from tests.support.front_door import publish_graph
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/storage"


def test_kinds_and_workflows_are_told_with_how_long_they_are_kept(
    database: None, admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__EXECUTION_RETENTION_DAYS", "90")
    publish_graph(make_graph(settings=Settings(keep_days=7)))
    add_delivery(body={"text": "a" * 100})

    answer = admin.get(URL)

    assert answer.status_code == 200, answer.text
    told = answer.json()
    kinds = {kind["kind"]: kind for kind in told["kinds"]}
    assert (kinds["deliveries"]["rows"], kinds["deliveries"]["keep_days"]) == (1, 30)
    assert (kinds["executions"]["keep_days"], kinds["executions"]["shared"]) == (90, True)
    assert kinds["workflows"]["keep_days"] is None
    assert told["database"] == "sqlite"
    assert told["database_bytes"] > 0
    (orders,) = told["workflows"]
    assert (orders["workflow_id"], orders["keep_days"]) == ("orders", 7)
    assert orders["delivery_bytes"] > 100


def test_it_needs_the_right_to_operate(database: None, client: Callable[[str | None], AsgiClient]) -> None:
    assert_problem(client("viewer").get(URL), status=403)
