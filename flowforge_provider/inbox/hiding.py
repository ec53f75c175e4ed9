"""Hide in a delivery what its workflow's rules name, before it is stored; and open it where it is needed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from flowforge_provider.redaction.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.inbox.delivery import Delivery

__all__ = ["hide_delivery", "hide_incoming", "open_delivery"]

# Larger ones are looked through off the event loop, which also serves the workers.
_SMALL_BYTES = 16_384


def hide_delivery(delivery: Delivery, rules: Sequence[str]) -> Delivery:
    """
    Return a delivery as it is stored: the steps of its run can open what is hidden, and nobody sees it.

    :param rules: the workflow's
    """
    if not rules:
        return delivery
    redactor = Redactor(rules, scope=delivery.workflow_id)
    trigger = redactor.seal_trigger(delivery.trigger())
    return replace(
        delivery,
        body=trigger["body"],
        # Its bytes hold what was hidden in it.
        raw=delivery.raw if trigger["body"] == delivery.body else None,
        headers=trigger["headers"],
        query=trigger["query"],
        dedup_key=redactor.hide_key(delivery.dedup_key),
    )


async def hide_incoming(delivery: Delivery, rules: Sequence[str]) -> Delivery:
    """Return a delivery as it is stored, without holding up the event loop."""
    if not rules or delivery.size <= _SMALL_BYTES:
        return hide_delivery(delivery, rules)
    return await asyncio.to_thread(hide_delivery, delivery, rules)


def open_delivery(delivery: Delivery) -> Delivery:
    """
    Return a delivery as it was received.

    :raises StepError: it was hidden with another key; code ``sealed-value``
    """
    opened = Redactor((), scope=delivery.workflow_id).open(
        {"body": delivery.body, "headers": dict(delivery.headers), "query": dict(delivery.query)}
    )
    return replace(delivery, body=opened["body"], headers=opened["headers"], query=opened["query"])
