"""
Make messages of what is to be told: at once when it is new, gathered when it repeats.

Every notice is told by exactly one message, or dropped because nobody wants it any more; so what messages
count adds up to what has happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import uuid6
from sqlalchemy import func, select, update

from flowforge_provider import settings
from flowforge_provider.alerts.messages import Group, write_message
from flowforge_provider.alerts.quiet import quiet_until
from flowforge_provider.store.alert_tables import (
    AlertChannelRow,
    AlertEventRow,
    AlertMessageRow,
    AlertNoticeRow,
    AlertRuleRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

__all__ = ["compose", "is_due"]

# Kinds of things that are told in messages of their own at the same time; more of them share one.
_MOST_AT_ONCE = 5
# Groups that one look at a pair of rule and channel deals with; the rest has its turn right after.
_MOST_GROUPS = 500
_BATCH = 500


@dataclass(frozen=True)
class _Pending:
    """Notices of one group that are not told yet."""

    group_key: str
    count: int
    first_event: str
    last_event: str
    told_at: datetime | None


def is_due(session: Session, *, now: datetime | None = None) -> bool:
    """Tell whether ``compose`` would write anything, so that waiting for the end of a time takes no lock."""
    moment = now or datetime.now(tz=timezone.utc)
    return any(each.plan() is not None for each in _composers(session, now=moment))


def compose(session: Session, *, now: datetime | None = None) -> int:
    """
    Write the messages that are due, and return their number.

    :param now: with a time zone
    """
    moment = now or datetime.now(tz=timezone.utc)
    return sum(each.compose() for each in _composers(session, now=moment))


def _composers(session: Session, *, now: datetime) -> list[_Composer]:
    notice = AlertNoticeRow
    query = select(notice.rule_id, notice.channel_id).where(notice.state == "pending").distinct()
    return [_Composer(*pair, session, now=now) for pair in session.execute(query).all()]


class _Composer:
    """What one rule tells one channel."""

    def __init__(self, rule_id: str, channel_id: str, session: Session, *, now: datetime) -> None:
        self._ids = (rule_id, channel_id)
        self._session = session
        self._now = now
        self._rule = session.get(AlertRuleRow, rule_id)
        self._channel = session.get(AlertChannelRow, channel_id)

    def plan(self) -> list[list[_Pending]] | None:
        """Return the groups of each message that is due; an empty list when nobody wants to know any more."""
        rule, channel = self._rule, self._channel
        if rule is None or channel is None or not rule.enabled or not channel.enabled:
            return []
        if channel.id not in rule.channel_ids:
            return []
        if quiet_until(rule.quiet_hours, self._now) is not None:
            return None
        room = rule.max_messages - self._written_since(self._now - timedelta(seconds=rule.rate_s))
        due = self._due(rule) if room > 0 else []
        if not due:
            return None
        # Too many for messages of their own, or only one that there is room for, or a night's: one for all.
        alone = len(due) <= _MOST_AT_ONCE and len(due) < room and not self._was_quiet(due[0], rule)
        return [[pending] for pending in due] if alone else [due]

    def compose(self) -> int:
        """Write what is due; return the number of messages."""
        plan = self.plan()
        if plan is None:
            return 0
        if not plan or self._rule is None or self._channel is None:
            self._settle(state="dropped")
            return 0
        for groups in plan:
            self._write(groups, self._rule, self._channel, held_by=self._held_by(groups, self._rule))
        return len(plan)

    def _due(self, rule: AlertRuleRow) -> list[_Pending]:
        """Return the groups that are new, and those whose time of gathering is over."""
        notice = AlertNoticeRow
        rows = self._session.execute(
            select(notice.group_key, func.count(), func.min(notice.event_id), func.max(notice.event_id))
            .where(notice.state == "pending", *self._mine())
            .group_by(notice.group_key)
            .order_by(func.min(notice.event_id))
            .limit(_MOST_GROUPS)
        ).all()
        told = self._told_at([row[0] for row in rows])
        pending = [_Pending(*row, told_at=told.get(row[0])) for row in rows]
        gathering = timedelta(seconds=rule.group_s)
        return [each for each in pending if each.told_at is None or self._now - each.told_at >= gathering]

    def _told_at(self, group_keys: Sequence[str]) -> dict[str, datetime]:
        notice = AlertNoticeRow
        rows = self._session.execute(
            select(notice.group_key, func.max(notice.told_at))
            .where(notice.group_key.in_(group_keys), notice.told_at.is_not(None), *self._mine())
            .group_by(notice.group_key)
        )
        return {group_key: told_at for group_key, told_at in rows if told_at is not None}

    def _written_since(self, since: datetime) -> int:
        message = AlertMessageRow
        query = (
            select(func.count())
            .select_from(message)
            .where(
                message.rule_id == self._ids[0],
                message.channel_id == self._ids[1],
                message.created_at > since,
            )
        )
        return self._session.scalar(query) or 0

    def _held_by(self, groups: Sequence[_Pending], rule: AlertRuleRow) -> str | None:
        """Return what has held something back that could have been told before."""
        if self._was_quiet(groups[0], rule):
            return "quiet"
        return "rate" if 1 < len(groups) <= _MOST_AT_ONCE else None

    def _was_quiet(self, pending: _Pending, rule: AlertRuleRow) -> bool:
        if rule.quiet_hours is None:
            return False
        event = self._session.get(AlertEventRow, pending.first_event)
        return event is not None and quiet_until(rule.quiet_hours, event.created_at) is not None

    def _write(
        self, due: Sequence[_Pending], rule: AlertRuleRow, channel: AlertChannelRow, *, held_by: str | None
    ) -> None:
        message_id = uuid6.uuid7().hex
        content = write_message(
            message_id,
            self._groups(due),
            language="ru" if (channel.language or settings.alert_language()) == "ru" else "en",
            base_url=settings.pages_base_url(),
            zone=(rule.quiet_hours or {}).get("timezone", "UTC"),
            held_by=held_by,
        )
        self._session.add(
            AlertMessageRow(
                id=message_id,
                rule_id=rule.id,
                channel_id=channel.id,
                kind=content["kind"],
                workflow_id=content["workflow_id"],
                count=content["count"],
                title=content["title"],
                content=content,
                state="waiting",
                attempts=0,
                due_at=self._now,
                created_at=self._now,
            )
        )
        keys = [pending.group_key for pending in due]
        for start in range(0, len(keys), _BATCH):
            self._settle(
                AlertNoticeRow.group_key.in_(keys[start : start + _BATCH]),
                state="told",
                message_id=message_id,
                told_at=self._now,
            )
        self._session.flush()

    def _groups(self, due: Sequence[_Pending]) -> list[Group]:
        ids = {each.first_event for each in due} | {each.last_event for each in due}
        events = _read_events(ids, self._session)
        return [
            Group(
                kind=events[each.first_event].kind,
                workflow_id=events[each.first_event].workflow_id,
                run_id=events[each.first_event].run_id,
                count=each.count,
                facts=events[each.first_event].facts,
                first_at=events[each.first_event].happened_at,
                # Those that were told before belong to the period.
                last_at=max(events[each.last_event].happened_at, events[each.first_event].happened_at),
            )
            for each in due
            if each.first_event in events and each.last_event in events
        ]

    def _settle(self, *conditions: Any, **values: Any) -> None:
        self._session.execute(
            update(AlertNoticeRow)
            .where(AlertNoticeRow.state == "pending", *self._mine(), *conditions)
            .values(**values)
            .execution_options(synchronize_session=False)
        )

    def _mine(self) -> tuple[Any, Any]:
        return AlertNoticeRow.rule_id == self._ids[0], AlertNoticeRow.channel_id == self._ids[1]


def _read_events(ids: Iterable[str], session: Session) -> dict[str, AlertEventRow]:
    wanted = sorted(ids)
    found: dict[str, AlertEventRow] = {}
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        rows = session.scalars(select(AlertEventRow).where(AlertEventRow.id.in_(part)))
        found.update({row.id: row for row in rows})
    return found
