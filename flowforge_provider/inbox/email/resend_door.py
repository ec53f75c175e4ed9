"""The door at which Resend tells of an email that it has received."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.decisions import Decider
from flowforge_provider.inbox.doors import Door
from flowforge_provider.inbox.email.filters import find_mismatch
from flowforge_provider.inbox.email.mime import parse_addresses
from flowforge_provider.nodes.builtin.email_receive import EmailReceive, EmailReceiveParameters
from flowforge_provider.nodes.builtin.webhook import WebhookParameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.incoming import Evidence
    from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow

__all__ = ["FETCH", "EmailDoor", "read_email_door"]

#: Why a delivery is held whose email is still to be fetched.
FETCH = "fetch"
_RECEIVED = "email.received"
# Resend goes on trying for more than a day.
_DEDUP_WINDOW_S = 7 * 86_400


@dataclass(frozen=True)
class EmailDoor(Door):
    """
    The door of an email trigger.

    :param email: its own parameters; ``parameters`` are what the front door makes of them
    """

    email: EmailReceiveParameters

    @cached_property
    def decider(self) -> Decider:
        """What decides on its deliveries."""
        return _EmailDecider(self)


class _EmailDecider(Decider):
    def __init__(self, door: EmailDoor) -> None:
        super().__init__(
            door.parameters, workflow_id=door.published.workflow_id, node_id=door.trigger.node_id
        )
        self._email = door.email

    async def decide(self, delivery: Delivery, *, headers: Mapping[str, str], evidence: Evidence) -> Delivery:
        """Return the delivery: held until its email is fetched, or skipped."""
        delivery = await super().decide(delivery, headers=headers, evidence=evidence)
        event = delivery.body if isinstance(delivery.body, dict) else {}
        data = event.get("data")
        if event.get("type") != _RECEIVED or not isinstance(data, dict) or not _text(data, "email_id"):
            # One webhook of Resend's may tell of much else.
            return replace(delivery, state="skipped", reason="event")
        mismatch = await asyncio.to_thread(self._mismatch, data)
        if mismatch is not None:
            return replace(delivery, state="skipped", reason="filter")
        return replace(delivery, state="held", reason=FETCH)

    def _mismatch(self, data: Mapping[str, Any]) -> str | None:
        senders = parse_addresses(_text(data, "from"))
        sender = senders[0].address if senders else ""
        # For whom it was meant is known in full when it has been fetched.
        open_to_all = self._email.model_copy(update={"recipients": []})
        return find_mismatch(open_to_all, sender=sender, recipients=[], subject=_text(data, "subject"))


def read_email_door(published: PublishedWorkflow, trigger: PublishedTrigger) -> EmailDoor | None:
    """Return the door of a trigger; None when it is no email trigger that Resend calls."""
    if trigger.type != EmailReceive.type:
        return None
    email = EmailReceiveParameters.model_validate(dict(trigger.parameters))
    if email.source != "resend":
        return None
    given = {
        "authentication": "svix",
        "connection_id": email.secret_connection_id,
        "path": email.path,
        "methods": ["POST"],
        "dedup_window_s": _DEDUP_WINDOW_S,
    }
    return EmailDoor(published, trigger, WebhookParameters.model_validate(given), email)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
