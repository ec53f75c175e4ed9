"""Alerts: rules, channels, and what was sent."""

from datetime import datetime
from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session

from flowforge_provider import settings
from flowforge_provider.alerts import channels, history, rules
from flowforge_provider.alerts.kinds import EventKind, MessageState
from flowforge_provider.alerts.testing import send_test
from flowforge_provider.api.datamodels.alerts import (
    AlertChannelBody,
    AlertChannelCollectionResponse,
    AlertChannelResponse,
    AlertChannelUpdateBody,
    AlertHistoryResponse,
    AlertMessageResponse,
    AlertRuleBody,
    AlertRuleCollectionResponse,
    AlertRuleResponse,
    AlertTestResponse,
)
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.paging import DEFAULT_LIMIT
from flowforge_provider.api.query_params import CursorQuery, LimitQuery, WorkflowIdAlias, as_utc
from flowforge_provider.api.security import Operator, OperatorOfSome, Reader, authorize, is_allowed, user_name
from flowforge_provider.api.services import alerts as service
from flowforge_provider.api.services.urls import api_path
from flowforge_provider.api.services.workflows import readable_ids
from flowforge_provider.store.transactions import run_in_transaction

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=JsonRoute)

RuleIdPath = Annotated[str, Path(min_length=1, max_length=100, description="Id of the rule.")]
ChannelIdPath = Annotated[str, Path(min_length=1, max_length=100, description="Id of the channel.")]
MessageIdPath = Annotated[str, Path(min_length=1, max_length=100, description="Id of the message.")]
_NO_RULE: Responses = {404: {"description": "There is no such rule, or no such workflow."}}
_NO_CHANNEL: Responses = {404: {"description": "There is no such channel."}}
_NO_MESSAGE: Responses = {404: {"description": "There is no such message."}}
_NOT_NOW = "It comes from environment variables, or rules use it."


@router.get("/rules", summary="List alert rules", operation_id="list_alert_rules")
def list_rules(
    user: Reader,
    session: SessionDep,
    workflow_id: Annotated[
        str | None,
        Query(max_length=200, description="Only the global ones and this workflow's; also as workflowId."),
    ] = None,
    workflow_id_alias: WorkflowIdAlias = None,
) -> AlertRuleCollectionResponse:
    """
    Return the global rules and those of the workflows that the user may see.

    A workflow's own rules of a kind take the place of the global ones, also when they are switched off.
    """
    wanted = workflow_id or workflow_id_alias
    rows = rules.list_rules(
        workflow_id=wanted, workflow_ids=readable_ids(user=user, session=session), session=session
    )
    shown = service.show_rules(rows, workflow_id=wanted)
    return AlertRuleCollectionResponse(rules=shown, total_entries=len(shown))


@router.post(
    "/rules",
    status_code=201,
    summary="Create an alert rule",
    operation_id="create_alert_rule",
    responses={404: {"description": "There is no such workflow."}},
)
def create_rule(
    body: AlertRuleBody, request: Request, response: Response, user: OperatorOfSome
) -> AlertRuleResponse:
    """Store a rule for one workflow, or for all that have none of its kind of their own."""
    authorize(user=user, action="operate", workflow_id=body.workflow_id)

    def work(session: Session) -> AlertRuleResponse:
        return service.show_rule(rules.create_rule(body.model_dump(), user=user_name(user), session=session))

    created = run_in_transaction(work)
    response.headers["Location"] = api_path(request, f"/alerts/rules/{created.id}")
    return created


@router.get(
    "/rules/{rule_id}", summary="Read an alert rule", operation_id="get_alert_rule", responses=_NO_RULE
)
def get_rule(rule_id: RuleIdPath, user: Reader, session: SessionDep) -> AlertRuleResponse:
    """Return one rule."""
    row = rules.get_rule(rule_id, session)
    authorize(user=user, action="read", workflow_id=row.workflow_id)
    return service.show_rule(row)


@router.put(
    "/rules/{rule_id}",
    summary="Replace an alert rule",
    operation_id="update_alert_rule",
    responses={**_NO_RULE, 409: {"description": "Its kind or its workflow would change."}},
)
def update_rule(rule_id: RuleIdPath, body: AlertRuleBody, user: OperatorOfSome) -> AlertRuleResponse:
    """Replace all of a rule but its kind and its workflow. What it has held back is told by the new rule."""

    def work(session: Session) -> AlertRuleResponse:
        authorize(user=user, action="operate", workflow_id=rules.get_rule(rule_id, session).workflow_id)
        values = body.model_dump()
        return service.show_rule(rules.update_rule(rule_id, values, user=user_name(user), session=session))

    return run_in_transaction(work)


@router.delete(
    "/rules/{rule_id}",
    status_code=204,
    summary="Remove an alert rule",
    operation_id="delete_alert_rule",
    responses={**_NO_RULE, 409: {"description": _NOT_NOW}},
)
def delete_rule(rule_id: RuleIdPath, user: OperatorOfSome) -> None:
    """Remove a rule. What it has held back is not told any more; the history stays."""

    def work(session: Session) -> None:
        authorize(user=user, action="operate", workflow_id=rules.get_rule(rule_id, session).workflow_id)
        rules.delete_rule(rule_id, session=session)

    run_in_transaction(work)


@router.get("/channels", summary="List alert channels", operation_id="list_alert_channels")
def list_channels(user: Reader, session: SessionDep) -> AlertChannelCollectionResponse:
    """
    Return all channels with their health, and what new ones can use.

    The whole address of a webhook is for those who may operate.
    """
    uses = channels.count_uses(session)
    whole = is_allowed(user=user, action="operate")
    shown = [
        service.show_channel(row, uses=uses, with_address=whole) for row in channels.list_channels(session)
    ]
    return AlertChannelCollectionResponse(
        channels=shown,
        total_entries=len(shown),
        notifiers=sorted(settings.alert_notifiers()),
        default_language=settings.alert_language(),
    )


@router.post(
    "/channels", status_code=201, summary="Create an alert channel", operation_id="create_alert_channel"
)
def create_channel(
    body: AlertChannelBody, request: Request, response: Response, user: Operator
) -> AlertChannelResponse:
    """Store a channel. Its secrets are in the Airflow connection that it names."""

    def work(session: Session) -> AlertChannelResponse:
        row = channels.create_channel(body.model_dump(), user=user_name(user), session=session)
        return service.show_channel(row, uses={})

    created = run_in_transaction(work)
    response.headers["Location"] = api_path(request, f"/alerts/channels/{created.id}")
    return created


@router.get(
    "/channels/{channel_id}",
    summary="Read an alert channel",
    operation_id="get_alert_channel",
    responses=_NO_CHANNEL,
)
def get_channel(
    channel_id: ChannelIdPath,
    user: Reader,
    session: SessionDep,
) -> AlertChannelResponse:
    """Return one channel with its health. The whole address of a webhook is for those who may operate."""
    row = channels.get_channel(channel_id, session)
    whole = is_allowed(user=user, action="operate")
    return service.show_channel(row, uses=channels.count_uses(session), with_address=whole)


@router.put(
    "/channels/{channel_id}",
    summary="Replace an alert channel",
    operation_id="update_alert_channel",
    responses={**_NO_CHANNEL, 409: {"description": "Environment variables say where it leads."}},
)
def update_channel(
    channel_id: ChannelIdPath, body: AlertChannelUpdateBody, user: Operator
) -> AlertChannelResponse:
    """Replace a channel. It counts as one that works until it fails again."""

    def work(session: Session) -> AlertChannelResponse:
        values = body.model_dump()
        row = channels.update_channel(channel_id, values, user=user_name(user), session=session)
        return service.show_channel(row, uses=channels.count_uses(session))

    return run_in_transaction(work)


@router.delete(
    "/channels/{channel_id}",
    status_code=204,
    summary="Remove an alert channel",
    operation_id="delete_alert_channel",
    responses={**_NO_CHANNEL, 409: {"description": _NOT_NOW}},
)
def delete_channel(channel_id: ChannelIdPath, user: Operator) -> None:  # noqa: ARG001
    """Remove a channel that no rule uses. The history stays."""
    run_in_transaction(lambda session: channels.delete_channel(channel_id, session=session))


@router.post(
    "/channels/{channel_id}/test",
    summary="Try an alert channel",
    operation_id="test_alert_channel",
    responses=_NO_CHANNEL,
)
def test_channel(channel_id: ChannelIdPath, user: Operator) -> AlertTestResponse:
    """Send a message now and tell what became of it; also through a channel that is switched off."""
    result = send_test(channel_id, user=user_name(user))
    return AlertTestResponse(ok=result.ok, message=result.message, code=result.code)


def _filter(
    *,
    workflow_id: Annotated[
        str | None, Query(max_length=200, description="Only about this workflow; also as workflowId.")
    ] = None,
    workflow_id_alias: WorkflowIdAlias = None,
    channel_id: Annotated[str | None, Query(max_length=32, description="Only to this channel.")] = None,
    rule_id: Annotated[str | None, Query(max_length=32, description="Only of this rule.")] = None,
    kind: Annotated[list[EventKind], Query(description="Only of this kind; may be repeated.")] = [],  # noqa: B006
    state: Annotated[list[MessageState], Query(description="Only in this state; may be repeated.")] = [],  # noqa: B006
    written_from: Annotated[
        datetime | None, Query(alias="from", description="Written at this moment or later.")
    ] = None,
    written_to: Annotated[
        datetime | None, Query(alias="to", description="Written before this moment.")
    ] = None,
) -> history.MessageFilter:
    return history.MessageFilter(
        workflow_id=workflow_id or workflow_id_alias,
        channel_id=channel_id,
        rule_id=rule_id,
        kinds=kind,
        states=state,
        written_from=as_utc(written_from),
        written_to=as_utc(written_to),
    )


@router.get("/history", summary="List what alerts were sent", operation_id="list_alert_history")
def list_history(
    user: Reader,
    session: SessionDep,
    wanted: Annotated[history.MessageFilter, Depends(_filter)],
    limit: LimitQuery = DEFAULT_LIMIT,
    cursor: CursorQuery = None,
) -> AlertHistoryResponse:
    """
    Return one page of messages, newest first: what was sent, what waits to be sent again, what was given up.

    Messages that are about no workflow, or about several, are shown to those who may see all of them.
    """
    readable = readable_ids(user=user, session=session)
    page = history.list_messages(
        history.MessageFilter(**{**vars(wanted), "workflow_ids": readable}),
        limit=limit,
        cursor=cursor,
        session=session,
    )
    return AlertHistoryResponse(
        messages=service.summarize_messages(page.rows, session=session),
        next_cursor=page.next_cursor,
        held=history.count_held(workflow_ids=readable, session=session),
    )


@router.get(
    "/history/{message_id}",
    summary="Read an alert that was sent",
    operation_id="get_alert_message",
    responses=_NO_MESSAGE,
)
def get_message(message_id: MessageIdPath, user: Reader, session: SessionDep) -> AlertMessageResponse:
    """Return one message with its text and the events that it tells of."""
    row = history.get_message(message_id, session)
    _authorize_message(user, row.workflow_id, session)
    return service.show_message(row, session=session)


def _authorize_message(user: BaseUser, workflow_id: str | None, session: Session) -> None:
    readable = readable_ids(user=user, session=session)
    if readable is not None and workflow_id not in readable:
        authorize(user=user, action="read", workflow_id=workflow_id or "flowforge.probe")
