"""
The test address: one call is caught for whoever draws the workflow, and nothing runs.

A call meets the draft instead of the publication, and what it meets is the real thing: the same check of the
sender, the same reading of the body. Only what would become of it (a filter, a schema) is told rather than
done. A call that is refused is told of too, since a signature that does not fit is what people look for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import insert

from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.inbox.authentication import check_of
from flowforge_provider.inbox.bodies import check_content_type, read_content, read_query
from flowforge_provider.inbox.body_schema import check_body
from flowforge_provider.inbox.doors import Door, find_door
from flowforge_provider.inbox.errors import RefusedError, UnusableSecretError
from flowforge_provider.inbox.files import rows_of_files
from flowforge_provider.inbox.hiding import hide_incoming
from flowforge_provider.inbox.incoming import Answer, Evidence
from flowforge_provider.inbox.intake import (
    Passed,
    body_limit,
    check_sender,
    make_delivery,
    stored_headers,
)
from flowforge_provider.inbox.writer import make_row
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow
from flowforge_provider.store.listeners import list_listening, note_capture, note_refusal
from flowforge_provider.store.tables import DeliveryRow, FileRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.service import Inbox

__all__ = ["capture", "find_listening", "list_listening_doors", "read_draft_doors"]

_MOST_HEADERS = 60
_LONGEST_VALUE = 500


class _Draft(NamedTuple):
    """
    What the test address of a workflow stands for at present.

    :param doors: the draft's webhooks that somebody listens for
    :param node_ids: all nodes that somebody listens for, whether they are still there or not
    """

    doors: Sequence[Door]
    node_ids: Sequence[str]


async def capture(
    inbox: Inbox, incoming: Incoming, *, read_body: Callable[[int], Awaitable[bytes]]
) -> Answer:
    """
    Catch a call for whoever listens.

    :param incoming: without its body
    :param read_body: reads the body, up to a number of bytes; called once at most
    :return: a 200: it was caught
    :raises RefusedError: 404 nobody listens; else as the real address would refuse it
    """
    draft = await inbox.look_up(lambda session: _read_listening(incoming.workflow_id, session))
    if not draft.node_ids:
        raise _nobody_listens()
    door = None
    try:
        door = find_door(incoming, draft.doors)
        taken = await _take(inbox, incoming, door, read_body=read_body)
    except RefusedError as exc:
        node_ids = [door.trigger.node_id] if door is not None else draft.node_ids
        refusal = _describe(exc, incoming, door, doors=draft.doors)
        await inbox.write(
            lambda session: note_refusal(
                refusal, workflow_id=incoming.workflow_id, node_ids=node_ids, session=session
            )
        )
        raise
    if isinstance(taken, Answer):
        # Senders ask before they send anything; that is not what somebody waits for.
        return taken
    delivery, outcome = taken
    if not await inbox.write(lambda session: _store(delivery, outcome, session)):
        raise _nobody_listens()
    return Answer(
        200,
        {
            "captured": True,
            "delivery_id": delivery.id,
            "message": "The test address has caught this call. It starts no run.",
        },
        {"Cache-Control": "no-store"},
    )


async def find_listening(inbox: Inbox, incoming: Incoming) -> Door:
    """
    Return the door at a test address that takes a call.

    :raises RefusedError: 404 nobody listens there, 405 not with this method
    """
    draft = await inbox.look_up(lambda session: _read_listening(incoming.workflow_id, session))
    if not draft.node_ids:
        raise _nobody_listens()
    return find_door(incoming, draft.doors)


async def list_listening_doors(inbox: Inbox, incoming: Incoming) -> Sequence[Door]:
    """Return the doors at a test address that somebody listens at, whatever their methods."""
    draft = await inbox.look_up(lambda session: _read_listening(incoming.workflow_id, session))
    return tuple(door for door in draft.doors if door.parameters.path == incoming.path)


def read_draft_doors(workflow_id: str, session: Session) -> Sequence[Door]:
    """Return the webhooks of a workflow's draft, but for those whose parameters cannot be used yet."""
    from flowforge_provider.graph.load import load_graph

    row = session.get(WorkflowRow, workflow_id)
    if row is None:
        return ()
    try:
        graph = load_graph(row.draft)
    except FlowForgeError:
        return ()
    triggers = tuple(
        PublishedTrigger(node.id, node.type, node.type_version, node.parameters)
        for node in graph.nodes
        if node.type == "webhook"
    )
    draft = PublishedWorkflow(
        workflow_id=workflow_id,
        seq=0,
        revision=0,
        name=graph.name,
        triggers=triggers,
        redact=tuple(graph.settings.redact),
    )
    doors = (_door(draft, trigger) for trigger in triggers)
    return tuple(door for door in doors if door is not None)


def _door(draft: PublishedWorkflow, trigger: PublishedTrigger) -> Door | None:
    try:
        return Door.of(draft, trigger)
    except ValueError:
        return None


def _read_listening(workflow_id: str, session: Session) -> _Draft:
    node_ids = list_listening(workflow_id, session=session)
    if not node_ids:
        return _Draft((), ())
    doors = read_draft_doors(workflow_id, session)
    return _Draft([door for door in doors if door.trigger.node_id in node_ids], node_ids)


async def _take(
    inbox: Inbox, incoming: Incoming, door: Door, *, read_body: Callable[[int], Awaitable[bytes]]
) -> tuple[Delivery, dict[str, Any]] | Answer:
    """
    Return what the real address would make of a call, and what would become of it there; or the answer to a
    handshake.
    """
    passed = await check_sender(incoming, door, inbox.secrets, with_body=False)
    if passed.answer is not None:
        return passed.answer
    check_content_type(incoming)
    limit = body_limit(inbox, door)
    incoming = replace(incoming, body=await read_body(limit))
    async with inbox.admission.place():
        if check_of(door.parameters).needs_body:
            passed = await check_sender(incoming, door, inbox.secrets, with_body=True)
            if passed.answer is not None:
                return passed.answer
        content = await read_content(incoming, limit=limit)
        delivery = make_delivery(incoming, door, passed.evidence, content=content, query=read_query(incoming))
        outcome = await _foretell(delivery, incoming, passed)
        return await hide_incoming(delivery, door.published.redact), outcome


async def _foretell(delivery: Delivery, incoming: Incoming, passed: Passed) -> dict[str, Any]:
    """Return what would become of a delivery at the real address."""
    door = passed.door
    try:
        await check_body(delivery.body, door.parameters.body_schema, size=delivery.size)
        decided = await door.decider.decide(delivery, headers=incoming.headers, evidence=passed.evidence)
    except RefusedError as exc:
        return {
            "verdict": "refused",
            "status": exc.status,
            "code": exc.error_code,
            "message": exc.message,
            "issues": [{"message": issue.message, "field": issue.field} for issue in exc.issues[:20]],
        }
    verdict = "skipped" if decided.state == "skipped" else "run"
    return {"verdict": verdict, "reason": decided.reason, "dedup_key": decided.dedup_key}


def _store(delivery: Delivery, outcome: dict[str, Any], session: Session) -> bool:
    workflow_id, node_id = delivery.workflow_id, delivery.node_id
    if not note_capture(
        workflow_id=workflow_id, node_id=node_id, delivery_id=delivery.id, outcome=outcome, session=session
    ):
        return False
    row = {**make_row(delivery, claimed_until=None), "state": "captured", "run_id": None, "dedup_key": None}
    session.execute(insert(DeliveryRow), [row])
    files = rows_of_files(
        delivery.files, workflow_id=workflow_id, delivery_id=delivery.id, received_at=delivery.received_at
    )
    if files:
        session.execute(insert(FileRow), files)
    return True


def _describe(
    exc: RefusedError, incoming: Incoming, door: Door | None, *, doors: Sequence[Door]
) -> dict[str, Any]:
    hidden = frozenset(name for each in doors for name in _secret_headers(each))
    headers = mask(stored_headers(incoming, Evidence(secret_headers=hidden)))
    return {
        "received_at": incoming.received_at.isoformat(),
        "method": incoming.method,
        "path": incoming.path,
        "client": incoming.client,
        "status": exc.status,
        "code": exc.error_code,
        "message": _explain(exc, door),
        "headers": {
            name[:100]: value[:_LONGEST_VALUE] for name, value in list(headers.items())[:_MOST_HEADERS]
        },
    }


def _secret_headers(door: Door) -> tuple[str, ...]:
    """Return the headers that a door's secrets may come in; whoever was refused later may have sent one."""
    return door.parameters.header_name.lower(), door.parameters.jwt_header.lower()


def _explain(exc: RefusedError, door: Door | None) -> str:
    """Return why a call did not get in; who draws the workflow may know more than its sender."""
    if door is not None and isinstance(exc.__cause__, UnusableSecretError):
        return f'{exc.message} Connection "{door.parameters.connection_id}": {exc.__cause__}.'
    return exc.message


def _nobody_listens() -> RefusedError:
    # The same answer for all reasons: strangers need not learn which workflows there are.
    return RefusedError(
        404,
        "nobody-listens",
        "Nobody listens at this test address. Open the workflow's webhook in the editor, press Listen for a "
        "test delivery, and send it again.",
    )
