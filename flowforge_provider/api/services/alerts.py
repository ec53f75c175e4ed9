"""Alerts as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from flowforge_provider.alerts import channels, history
from flowforge_provider.api.datamodels.alerts import (
    AlertChannelResponse,
    AlertEvent,
    AlertMessageResponse,
    AlertMessageSummary,
    AlertRuleResponse,
)
from flowforge_provider.notifications.webhook import public_address
from flowforge_provider.store.alert_tables import (
    AlertChannelRow,
    AlertEventRow,
    AlertMessageRow,
    AlertRuleRow,
)
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

__all__ = ["MAX_EVENTS", "show_channel", "show_message", "show_rule", "show_rules", "summarize_messages"]

#: Events that one message shows.
MAX_EVENTS = 50


def show_rules(rows: Sequence[AlertRuleRow], *, workflow_id: str | None) -> list[AlertRuleResponse]:
    """
    Return rules as a list.

    :param workflow_id: the workflow whose list it is; its own rules take the place of the global ones
    """
    own = {row.kind for row in rows if row.workflow_id is not None} if workflow_id else set()
    return [show_rule(row, overridden=row.workflow_id is None and row.kind in own) for row in rows]


def show_rule(row: AlertRuleRow, *, overridden: bool = False) -> AlertRuleResponse:
    """Return one rule."""
    fields = {name: getattr(row, name) for name in AlertRuleResponse.model_fields if name != "overridden"}
    return AlertRuleResponse(**fields, overridden=overridden)


def show_channel(
    row: AlertChannelRow, *, uses: dict[str, int], with_address: bool = True
) -> AlertChannelResponse:
    """
    Return one channel.

    :param uses: channel -> number of rules that use it
    :param with_address: tell a webhook's whole address, with which many services let in whoever knows it
    """
    own = {"health", "used_by"}
    fields = {name: getattr(row, name) for name in AlertChannelResponse.model_fields if name not in own}
    if not with_address and row.config.get("url"):
        fields["config"] = {**row.config, "url": public_address(row.config["url"])}
    return AlertChannelResponse(**fields, health=channels.health_of(row), used_by=uses.get(row.id, 0))


def summarize_messages(rows: Sequence[AlertMessageRow], *, session: Session) -> list[AlertMessageSummary]:
    """
    Return lines of the history.

    :param rows: one page
    """
    names = _Names(rows, session)
    return [AlertMessageSummary(**_fields(row, names)) for row in rows]


def show_message(row: AlertMessageRow, *, session: Session) -> AlertMessageResponse:
    """Return one message with its text and its events."""
    events = history.list_events(row.id, limit=MAX_EVENTS, session=session)
    return AlertMessageResponse(
        **_fields(row, _Names([row], session)),
        text=str(row.content.get("text", "")),
        events=[_event(event) for event in events],
    )


class _Names:
    """Names of what messages are about, in three queries."""

    def __init__(self, rows: Sequence[AlertMessageRow], session: Session) -> None:
        def names(table: Any, ids: set[str | None], *columns: Any) -> dict[str, Any]:
            wanted = [each for each in ids if each is not None]
            found = session.execute(select(table.id, *columns).where(table.id.in_(wanted)))
            return {each[0]: each for each in found}

        rule, channel, workflow = AlertRuleRow, AlertChannelRow, WorkflowRow
        self.rules = names(rule, {row.rule_id for row in rows}, rule.name)
        self.channels = names(channel, {row.channel_id for row in rows}, channel.name, channel.kind)
        self.workflows = names(workflow, {row.workflow_id for row in rows}, workflow.name)


def _fields(row: AlertMessageRow, names: _Names) -> dict[str, Any]:
    rule = names.rules.get(row.rule_id or "")
    channel = names.channels.get(row.channel_id)
    workflow = names.workflows.get(row.workflow_id or "")
    return {
        "id": row.id,
        "kind": row.kind,
        "rule_id": row.rule_id,
        "rule_name": rule.name if rule else None,
        "channel_id": row.channel_id,
        "channel_name": channel.name if channel else None,
        "channel_kind": channel.kind if channel else None,
        "workflow_id": row.workflow_id,
        "workflow_name": workflow.name if workflow else None,
        "execution_id": row.content.get("execution_id"),
        "count": row.count,
        "title": row.title,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "due_at": row.due_at,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
    }


def _event(row: AlertEventRow) -> AlertEvent:
    has_run = row.workflow_id is not None and row.run_id is not None
    return AlertEvent.model_validate(
        {
            "kind": row.kind,
            "workflow_id": row.workflow_id,
            "execution_id": f"{row.workflow_id}.{row.run_id}" if has_run else None,
            "facts": row.facts,
            "happened_at": row.happened_at,
        }
    )
