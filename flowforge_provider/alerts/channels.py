"""Channels as they are stored, and whether they work."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

import uuid6
from sqlalchemy import select

from flowforge_provider import settings
from flowforge_provider.exceptions import ConflictError, NotFoundError, StoreError
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertRuleRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

__all__ = [
    "FAILING_AFTER",
    "Health",
    "count_uses",
    "create_channel",
    "delete_channel",
    "get_channel",
    "health_of",
    "list_channels",
    "update_channel",
]

Health = Literal["unused", "ok", "failing", "off"]
#: Attempts in a row after which a channel counts as one that does not work.
FAILING_AFTER = 3


def list_channels(session: Session) -> list[AlertChannelRow]:
    """Return all channels by name."""
    rows = session.scalars(select(AlertChannelRow)).all()
    return sorted(rows, key=lambda row: (row.name.casefold(), row.id))


def get_channel(channel_id: str, session: Session) -> AlertChannelRow:
    """
    Return one channel.

    :raises NotFoundError: there is none with this id; code ``alert-channel-not-found``
    """
    row = session.get(AlertChannelRow, channel_id)
    if row is None:
        raise NotFoundError(f'There is no alert channel "{channel_id}".', code="alert-channel-not-found")
    return row


def count_uses(session: Session) -> dict[str, int]:
    """Return channel -> number of rules that use it."""
    uses: dict[str, int] = {}
    for ids in session.scalars(select(AlertRuleRow.channel_ids)):
        for channel_id in ids:
            uses[channel_id] = uses.get(channel_id, 0) + 1
    return uses


def health_of(row: AlertChannelRow) -> Health:
    """Return whether a channel works, as far as its last messages tell."""
    if not row.enabled:
        return "off"
    if row.failures >= FAILING_AFTER:
        return "failing"
    return "ok" if row.last_sent_at is not None else "unused"


def create_channel(values: Mapping[str, Any], *, user: str, session: Session) -> AlertChannelRow:
    """
    Store a new channel.

    :param values: columns of the table that people set
    :raises StoreError: it names a channel or a notifier that is not there
    """
    _check(values, channel_id=None, session=session)
    now = datetime.now(tz=timezone.utc)
    row = AlertChannelRow(
        id=uuid6.uuid7().hex,
        source="user",
        failures=0,
        created_at=now,
        created_by=user,
        updated_at=now,
        updated_by=user,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def update_channel(
    channel_id: str, values: Mapping[str, Any], *, user: str, session: Session
) -> AlertChannelRow:
    """
    Replace what people set of a channel; it counts as one that works until it fails again.

    :raises NotFoundError: there is no such channel
    :raises ConflictError: environment variables say where it leads; code ``alert-from-environment``
    :raises StoreError: as ``create_channel``
    """
    row = get_channel(channel_id, session)
    if row.source == "environment" and (values["kind"] != row.kind or values["config"] != row.config):
        raise ConflictError(
            "Environment variables say where this channel leads. Change them, or make another channel.",
            code="alert-from-environment",
        )
    if row.source != "environment" and values["kind"] != "notifier" and not values["config"]["connection_id"]:
        raise StoreError(
            f"A channel of kind {values['kind']} needs config.connection_id: the Airflow connection with its "
            "secret.",
            code="alert-channel-incomplete",
        )
    _check(values, channel_id=channel_id, session=session)
    for name, value in values.items():
        setattr(row, name, value)
    row.failures, row.failing_since, row.last_error = 0, None, None
    row.updated_at, row.updated_by = datetime.now(tz=timezone.utc), user
    session.flush()
    return row


def delete_channel(channel_id: str, *, session: Session) -> None:
    """
    Remove a channel. What it has not been told yet is not told.

    :raises NotFoundError: there is no such channel
    :raises ConflictError: rules use it (``alert-channel-in-use``), or environment variables have made it
        (``alert-from-environment``)
    """
    row = get_channel(channel_id, session)
    if row.source == "environment":
        raise ConflictError(
            "This channel comes from environment variables, which would make it again. Switch it off.",
            code="alert-from-environment",
        )
    uses = count_uses(session).get(channel_id, 0)
    if uses:
        raise ConflictError(
            f"{uses} {'rule uses' if uses == 1 else 'rules use'} this channel. Take it out of them first.",
            code="alert-channel-in-use",
        )
    for other in session.scalars(select(AlertChannelRow).where(AlertChannelRow.fallback_id == channel_id)):
        other.fallback_id = None
    session.delete(row)
    session.flush()


def _check(values: Mapping[str, Any], *, channel_id: str | None, session: Session) -> None:
    fallback = values["fallback_id"]
    if fallback is not None and (fallback == channel_id or session.get(AlertChannelRow, fallback) is None):
        raise StoreError(
            f'"{fallback}" is no other channel, so it cannot be told when this one does not work.',
            code="alert-channel-unknown",
        )
    if values["kind"] == "notifier" and values["config"]["notifier"] not in settings.alert_notifiers():
        raise StoreError(
            f'[flowforge] alert_notifiers has no "{values["config"]["notifier"]}". Ask an administrator to '
            "add it.",
            code="alert-notifier-unknown",
        )
