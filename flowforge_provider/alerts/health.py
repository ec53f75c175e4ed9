"""Whether alerts reach anybody, for the checks of the installation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from flowforge_provider.alerts.channels import FAILING_AFTER
from flowforge_provider.store.alert_tables import (
    AlertChannelRow,
    AlertMessageRow,
    AlertRuleRow,
    AlertWatchRow,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

__all__ = ["Troubles", "count_troubles"]

_LATE = timedelta(minutes=8)


class Troubles(NamedTuple):
    """
    What keeps alerts from people.

    :param failing_channels: channels whose last attempts have failed
    :param late_messages: messages that have been waiting for more than ten minutes
    :param is_unwatched: there are rules, but no process looks for events
    """

    failing_channels: int
    late_messages: int
    is_unwatched: bool


def count_troubles(*, silent_since: datetime, session: Session) -> Troubles:
    """
    Look for what keeps alerts from people.

    :param silent_since: a lease that ended before then is nobody's
    """
    channel, message = AlertChannelRow, AlertMessageRow
    failing = session.scalar(
        select(func.count())
        .select_from(channel)
        .where(channel.enabled.is_(True), channel.failures >= FAILING_AFTER)
    )
    late = session.scalar(
        select(func.count())
        .select_from(message)
        .where(message.state == "waiting", message.created_at < silent_since - _LATE)
    )
    has_rules = session.scalar(select(AlertRuleRow.id).where(AlertRuleRow.enabled.is_(True)).limit(1))
    watch = session.get(AlertWatchRow, 1)
    is_watched = watch is not None and watch.owned_until is not None and watch.owned_until >= silent_since
    return Troubles(failing or 0, late or 0, has_rules is not None and not is_watched)
