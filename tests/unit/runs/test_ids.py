from __future__ import annotations

import pytest

from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.runs.ids import (
    ExecutionId,
    delivery_of_run,
    manual_run_id,
    new_delivery_id,
    parse_execution_id,
    webhook_run_id,
)


def test_an_execution_id_splits_at_the_first_dot() -> None:
    parsed = parse_execution_id("orders.scheduled__2026-01-01T00:00:00.5+00:00")
    assert parsed == ExecutionId("orders", "scheduled__2026-01-01T00:00:00.5+00:00")
    assert parse_execution_id(str(parsed)) == parsed


@pytest.mark.parametrize("text", ["", "orders", "orders.", ".run", "Orders.run", "../x.run", "a b.run"])
def test_what_cannot_be_an_execution_is_not_found(text: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        parse_execution_id(text)
    assert caught.value.error_code == "execution-not-found"


def test_a_delivery_and_its_run_name_each_other() -> None:
    delivery_id = new_delivery_id()
    assert len(delivery_id) == 32
    assert delivery_of_run(webhook_run_id(delivery_id)) == delivery_id
    assert delivery_of_run(manual_run_id()) is None


def test_ids_grow_with_time() -> None:
    ids = [new_delivery_id() for _ in range(200)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 200
