"""Rules as they are stored, and which of them count for a workflow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import uuid6
from sqlalchemy import or_, select

from flowforge_provider.exceptions import ConflictError, NotFoundError, StoreError
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertRuleRow
from flowforge_provider.store.workflows import get_workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

__all__ = [
    "RuleBook",
    "create_rule",
    "delete_rule",
    "get_rule",
    "list_rules",
    "read_rule_book",
    "update_rule",
]


@dataclass(frozen=True)
class RuleBook:
    """
    All rules, looked up by what happens.

    A workflow's own rules of a kind take the place of the global ones, also when they are switched off.

    :param rules: all rules there are
    """

    rules: Sequence[AlertRuleRow]

    def matching(self, kind: str, workflow_id: str) -> list[AlertRuleRow]:
        """Return the rules that watch a workflow for something, and have somebody to tell."""
        own = [rule for rule in self.rules if rule.kind == kind and rule.workflow_id == workflow_id]
        shared = [rule for rule in self.rules if rule.kind == kind and rule.workflow_id is None]
        return [rule for rule in own or shared if rule.enabled and rule.channel_ids]

    def watches(self, *kinds: str) -> bool:
        """Tell whether any rule watches for one of these."""
        return any(rule.enabled and rule.kind in kinds and rule.channel_ids for rule in self.rules)


def read_rule_book(session: Session) -> RuleBook:
    """Return all rules."""
    return RuleBook(session.scalars(select(AlertRuleRow).order_by(AlertRuleRow.id)).all())


def list_rules(
    *, workflow_id: str | None = None, workflow_ids: Iterable[str] | None = None, session: Session
) -> list[AlertRuleRow]:
    """
    Return rules, the global ones first.

    :param workflow_id: the global ones and this workflow's; all when omitted
    :param workflow_ids: the global ones and these workflows', for callers that may not see all
    """
    query = select(AlertRuleRow)
    owner = AlertRuleRow.workflow_id
    if workflow_id is not None:
        query = query.where(or_(owner.is_(None), owner == workflow_id))
    if workflow_ids is not None:
        query = query.where(or_(owner.is_(None), owner.in_(list(workflow_ids))))
    rows = session.scalars(query).all()
    return sorted(rows, key=lambda row: (row.workflow_id or "", row.kind, row.id))


def get_rule(rule_id: str, session: Session) -> AlertRuleRow:
    """
    Return one rule.

    :raises NotFoundError: there is none with this id; code ``alert-rule-not-found``
    """
    row = session.get(AlertRuleRow, rule_id)
    if row is None:
        raise NotFoundError(f'There is no alert rule "{rule_id}".', code="alert-rule-not-found")
    return row


def create_rule(values: Mapping[str, Any], *, user: str, session: Session) -> AlertRuleRow:
    """
    Store a new rule.

    :param values: columns of the table that people set
    :raises StoreError: it names a channel that is not there; code ``alert-channel-unknown``
    :raises NotFoundError: there is no such workflow
    """
    _check(values, session)
    now = datetime.now(tz=timezone.utc)
    row = AlertRuleRow(
        id=uuid6.uuid7().hex,
        source="user",
        created_at=now,
        created_by=user,
        updated_at=now,
        updated_by=user,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def update_rule(rule_id: str, values: Mapping[str, Any], *, user: str, session: Session) -> AlertRuleRow:
    """
    Replace what people set of a rule.

    :raises NotFoundError: there is no such rule or workflow
    :raises ConflictError: its kind or workflow would change; code ``alert-rule-moved``
    :raises StoreError: as ``create_rule``
    """
    row = get_rule(rule_id, session)
    if values["kind"] != row.kind or values["workflow_id"] != row.workflow_id:
        raise ConflictError(
            "A rule keeps its kind and its workflow, because its history speaks of them. Make another rule.",
            code="alert-rule-moved",
        )
    _check(values, session)
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at, row.updated_by = datetime.now(tz=timezone.utc), user
    session.flush()
    return row


def delete_rule(rule_id: str, *, session: Session) -> None:
    """
    Remove a rule. What it has not told yet is not told.

    :raises NotFoundError: there is no such rule
    :raises ConflictError: environment variables have made it; code ``alert-from-environment``
    """
    row = get_rule(rule_id, session)
    if row.source == "environment":
        raise ConflictError(
            "This rule comes from environment variables, which would make it again. Switch it off instead.",
            code="alert-from-environment",
        )
    session.delete(row)
    session.flush()


def _check(values: Mapping[str, Any], session: Session) -> None:
    if values["workflow_id"] is not None:
        get_workflow(values["workflow_id"], session)
    wanted = list(values["channel_ids"])
    known = set(session.scalars(select(AlertChannelRow.id).where(AlertChannelRow.id.in_(wanted))))
    unknown = next((channel_id for channel_id in wanted if channel_id not in known), None)
    if unknown is not None:
        raise StoreError(
            f'There is no channel "{unknown}". Choose another one, or make it first.',
            code="alert-channel-unknown",
        )
