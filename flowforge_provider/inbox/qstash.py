"""
One address for QStash, at which its messages start the workflow that they name.

A message names its workflow in the address or in the body, since QStash signs both; it does not sign headers.
Whoever holds the installation's QStash token may start what is published with a schedule or for a start by
hand, and webhooks whose own authentication is QStash. A webhook that knows its senders in another way is not
opened from here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider import settings
from flowforge_provider.environment_values import environment_value
from flowforge_provider.inbox.addresses import check_address
from flowforge_provider.inbox.authentication.qstash import read_claims, verify
from flowforge_provider.inbox.bodies import check_content_type, read_content, read_query
from flowforge_provider.inbox.body_schema import check_body
from flowforge_provider.inbox.doors import Door
from flowforge_provider.inbox.errors import OverloadedError, RefusedError, StalePublicationError
from flowforge_provider.inbox.hiding import hide_incoming
from flowforge_provider.inbox.intake import answer_accepted, make_delivery
from flowforge_provider.nodes.builtin.webhook import WebhookParameters

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from flowforge_provider.inbox.bodies import Content
    from flowforge_provider.inbox.incoming import Answer, Evidence, Incoming
    from flowforge_provider.inbox.service import Inbox
    from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow

__all__ = ["choose_trigger", "receive_qstash"]

_TRIES = 3
_ID_NAMES = ("workflowId", "workflow_id")
_PAYLOAD_NAMES = ("payload", "data")
# Triggers without a check of senders of their own, the one that QStash stands in for most naturally first.
_UNGUARDED = ("cron", "manual")


class _Message(NamedTuple):
    workflow_id: str
    content: Content
    query: dict[str, Any]


async def receive_qstash(
    inbox: Inbox, incoming: Incoming, *, read_body: Callable[[int], Awaitable[bytes]]
) -> Answer:
    """
    Take a message of QStash in.

    :param incoming: without its body, and without a workflow
    :param read_body: reads the body, up to a number of bytes; called once at most
    :return: a 2xx: the delivery is stored and becomes exactly one execution
    :raises RefusedError: nothing was stored: 401 the signature, 404 the workflow, 422 the body
    :raises DBAPIError: the database failed; nothing was stored
    """
    keys = await _find_keys(inbox, incoming)
    check_content_type(incoming)
    incoming = replace(incoming, body=await read_body(inbox.max_body_bytes))
    evidence = await verify(incoming, keys, tolerance_s=settings.qstash_clock_tolerance_s())
    message = await _read_message(incoming, limit=inbox.max_body_bytes)
    incoming = replace(incoming, workflow_id=message.workflow_id)
    async with inbox.admission.place():
        return await _store(inbox, incoming, message, evidence=evidence)


async def _store(inbox: Inbox, incoming: Incoming, message: _Message, *, evidence: Evidence) -> Answer:
    for _ in range(_TRIES):
        door = _find_door(message.workflow_id, await inbox.doors.published(message.workflow_id))
        check_address(incoming, door.parameters.allowed_networks)
        await check_body(message.content.body, door.parameters.body_schema, size=message.content.size)
        delivery = make_delivery(incoming, door, evidence, content=message.content, query=message.query)
        delivery = await door.decider.decide(delivery, headers=incoming.headers, evidence=evidence)
        delivery = await hide_incoming(delivery, door.published.redact)
        try:
            return answer_accepted(await inbox.accept(delivery, seq=door.published.seq))
        except StalePublicationError:
            continue
    raise OverloadedError("The workflow is being published again and again. Send the delivery again shortly.")


async def _find_keys(inbox: Inbox, incoming: Incoming) -> Sequence[str]:
    """
    Return the signing keys, of which one has made the token of a call.

    So much is looked at before a stranger's body is read.

    :raises RefusedError: 401 it was made with neither; 503 there are no keys
    """
    tolerance_s = settings.qstash_clock_tolerance_s()
    connection_id = settings.qstash_connection_id()
    if connection_id:
        remembered = inbox.secrets.remembered(connection_id)
        if remembered is not None and remembered.values:
            try:
                read_claims(incoming, remembered.values, tolerance_s=tolerance_s)
            except RefusedError:
                # The keys may have been replaced a moment ago.
                pass
            else:
                return remembered.values
        secret = await inbox.secrets.read(connection_id)
        keys = _usable(secret.values if secret else ())
    else:
        keys = _usable(_environment_keys())
    read_claims(incoming, keys, tolerance_s=tolerance_s)
    return keys


def _environment_keys() -> Sequence[str]:
    names = ("QSTASH_CURRENT_SIGNING_KEY", "QSTASH_NEXT_SIGNING_KEY")
    return [key for key in (environment_value(name) for name in names) if key]


def _usable(keys: Sequence[str]) -> Sequence[str]:
    if keys:
        return keys
    raise RefusedError(
        503,
        "qstash-not-configured",
        "This installation has no signing keys of QStash. Its administrator sets [flowforge] "
        "qstash_connection_id, or QSTASH_CURRENT_SIGNING_KEY and QSTASH_NEXT_SIGNING_KEY.",
        headers={"Retry-After": "60"},
    )


async def _read_message(incoming: Incoming, *, limit: int) -> _Message:
    """
    Return what a message says.

    :raises RefusedError: 422 it names no workflow, or two, or its body cannot be read
    """
    query = read_query(incoming)
    named = [query.pop(name) for name in _ID_NAMES if name in query]
    content = await read_content(incoming, limit=limit)
    body = content.body
    inside = [body[name] for name in _ID_NAMES if name in body] if isinstance(body, dict) else []
    wanted = [*named, *inside]
    if not wanted or not all(isinstance(name, str) and name == wanted[0] for name in wanted):
        raise RefusedError(
            422,
            "qstash-workflow-missing",
            "The message names no workflow, or several. Name one, in the address as ?workflowId=orders, or "
            'in a JSON body: {"workflowId": "orders", "payload": ...}.',
        )
    if inside and isinstance(body, dict):
        body = _payload(body)
    return _Message(wanted[0], replace(content, body=body), query)


def _payload(body: Mapping[str, Any]) -> Any:
    for name in _PAYLOAD_NAMES:
        if name in body:
            return body[name]
    return {name: value for name, value in body.items() if name not in _ID_NAMES}


def _find_door(workflow_id: str, published: PublishedWorkflow | None) -> Door:
    if published is None:
        raise RefusedError(
            404, "qstash-workflow-not-found", f'There is no published workflow "{workflow_id[:250]}".'
        )
    trigger = choose_trigger(published)
    if trigger is None:
        raise RefusedError(
            404,
            "qstash-workflow-not-found",
            f'Workflow "{workflow_id[:250]}" does not take QStash: it has neither a schedule, nor a manual '
            "trigger, nor a webhook with the authentication QStash.",
        )
    # What the other kinds of triggers do not have are a webhook's defaults.
    given = dict(trigger.parameters) if trigger.type == "webhook" else {"deduplication": "sender"}
    return Door(published, trigger, WebhookParameters.model_validate(given))


def choose_trigger(published: PublishedWorkflow) -> PublishedTrigger | None:
    """Return the trigger of a workflow that QStash may fire; None when there is none."""
    for trigger in published.triggers:
        if trigger.type == "webhook" and trigger.parameters.get("authentication") == "qstash":
            return trigger
    for kind in _UNGUARDED:
        for trigger in published.triggers:
            if trigger.type == kind:
                return trigger
    return None
