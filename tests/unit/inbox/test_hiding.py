"""What rules hide in a delivery is not stored as it came, in none of its columns."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from flowforge_provider.inbox.decisions import Decider
from flowforge_provider.inbox.delivery import Delivery
from flowforge_provider.inbox.hiding import hide_delivery, open_delivery
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.nodes.builtin.webhook import WebhookParameters

CARD = "4111-2222-3333"
RULES = ("$.trigger.body.card", "$.trigger.headers['x-key']")


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_SECRET", "a secret of these tests " * 2)


def delivery(**changes: object) -> Delivery:
    body = {"card": CARD, "id": 7}
    fields: dict[str, object] = {
        "id": "d1",
        "workflow_id": "orders",
        "node_id": "hook",
        "kind": "webhook",
        "method": "POST",
        "headers": {"x-key": "very-secret-key", "accept": "*/*"},
        "query": {"again": CARD},
        "body": body,
        "raw": json.dumps(body).encode(),
        "received_at": datetime(2030, 1, 1, tzinfo=timezone.utc),
        "dedup_key": f"card:{CARD}",
    }
    return Delivery(**{**fields, **changes})  # type: ignore[arg-type]


def test_no_column_holds_a_hidden_value() -> None:
    row = make_row(hide_delivery(delivery(), RULES), claimed_until=None)

    stored = repr(row)
    assert CARD not in stored
    assert "very-secret-key" not in stored
    assert row["raw"] is None


def test_it_is_opened_as_it_came() -> None:
    opened = open_delivery(hide_delivery(delivery(), RULES))

    assert (opened.body, opened.headers, opened.query) == (
        delivery().body,
        delivery().headers,
        delivery().query,
    )


def test_without_anything_to_hide_the_bytes_stay() -> None:
    kept = hide_delivery(delivery(), ("$.trigger.body.iban",))

    assert kept.raw == delivery().raw
    assert hide_delivery(delivery(), ()) == delivery()


def test_a_key_of_hidden_values_is_the_same_digest_each_time() -> None:
    parameters = WebhookParameters(
        authentication="none", limit_concurrency=True, concurrency_key="{{ trigger.body.card }}"
    )
    decider = Decider(parameters, workflow_id="orders", node_id="hook", redact=RULES)

    first, second = (decider.concurrency_key(delivery(id=each)) for each in ("d1", "d2"))

    assert first == second
    assert first is not None
    assert CARD not in first
    other = decider.concurrency_key(delivery(body={"card": "5555-6666-7777"}))
    assert other != first
