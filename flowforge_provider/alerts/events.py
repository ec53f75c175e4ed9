"""Write events down, each once, with a notice for everybody who is to be told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import uuid6
from sqlalchemy import select

from flowforge_provider.store.alert_tables import AlertEventRow, AlertNoticeRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.store.alert_tables import AlertRuleRow

__all__ = ["NewEvent", "group_key_of", "known_keys", "record"]

_BATCH = 500
_MAX_KEY = 250


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """
    Something that has happened.

    :param key: its name; whoever finds the same thing gives it the same name
    :param rules: who wants to know
    :param fingerprint: what events that are alike share
    """

    key: str
    kind: str
    workflow_id: str
    run_id: str | None
    rules: Sequence[AlertRuleRow]
    facts: Mapping[str, Any]
    happened_at: datetime
    fingerprint: str | None = None

    def stored_key(self) -> str:
        """Return the name as it is stored: a long one is shortened to what is still its own."""
        if len(self.key) <= _MAX_KEY:
            return self.key
        return f"{self.key[:180]}:{hashlib.blake2b(self.key.encode(), digest_size=16).hexdigest()}"


def group_key_of(event: NewEvent, rule_id: str) -> str:
    """Return what notices share that are told together: rule, workflow, kind and cause."""
    parts = (rule_id, event.kind, event.workflow_id, event.fingerprint or "")
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def known_keys(keys: Iterable[str], session: Session) -> set[str]:
    """Return which of these events are written down already."""
    wanted = list(dict.fromkeys(keys))
    known: set[str] = set()
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        known.update(session.scalars(select(AlertEventRow.key).where(AlertEventRow.key.in_(part))))
    return known


def record(events: Sequence[NewEvent], session: Session) -> list[NewEvent]:
    """
    Write down the events that are new, and return them.

    Another process may write the same one at the same time: the later of the two meets the unique key, and
    its transaction is repeated.
    """
    known = known_keys((event.stored_key() for event in events), session)
    new: dict[str, NewEvent] = {}
    for event in events:
        if event.stored_key() not in known:
            new.setdefault(event.stored_key(), event)
    now = datetime.now(tz=timezone.utc)
    for key, event in new.items():
        row = AlertEventRow(
            id=uuid6.uuid7().hex,
            key=key,
            kind=event.kind,
            workflow_id=event.workflow_id,
            run_id=event.run_id,
            fingerprint=event.fingerprint,
            facts=dict(event.facts),
            happened_at=event.happened_at,
            created_at=now,
        )
        session.add(row)
        session.add_all(
            AlertNoticeRow(
                event_id=row.id,
                rule_id=rule.id,
                channel_id=channel_id,
                group_key=group_key_of(event, rule.id),
                state="pending",
            )
            for rule in event.rules
            for channel_id in dict.fromkeys(rule.channel_ids)
        )
    session.flush()
    return list(new.values())
