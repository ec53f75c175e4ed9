"""
What happens to a call at the front door, from its first byte to its answer.

A stranger is to cost little: the door is found and, where the check allows it, the sender known before
anything of the body is read. Everything that is refused is refused before it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.addresses import check_address
from flowforge_provider.inbox.authentication import authenticate, check_of
from flowforge_provider.inbox.bodies import check_content_type, read_content, read_query
from flowforge_provider.inbox.body_schema import check_body
from flowforge_provider.inbox.delivery import Delivery
from flowforge_provider.inbox.doors import check_method
from flowforge_provider.inbox.errors import OverloadedError, RefusedError, StalePublicationError
from flowforge_provider.inbox.handshakes import answer_challenge, answer_signed_challenge
from flowforge_provider.inbox.hiding import hide_incoming
from flowforge_provider.inbox.incoming import Answer, Evidence, Wait
from flowforge_provider.runs.ids import ExecutionId, new_delivery_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from flowforge_provider.inbox.bodies import Content
    from flowforge_provider.inbox.delivery import Accepted
    from flowforge_provider.inbox.doors import Door
    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.secrets import Secrets
    from flowforge_provider.inbox.service import Inbox

__all__ = ["HIDDEN", "Passed", "body_limit", "check_sender", "make_delivery", "receive", "stored_headers"]

# A workflow that is published again at the very moment of a delivery makes it start over.
_TRIES = 3
# Of a length of a body that is looked at; longer ones are too large anyhow.
_MAX_DIGITS = 18
_HIDDEN_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
HIDDEN = "***"


@dataclass(frozen=True)
class Passed:
    """
    A sender that may start the workflow.

    :param answer: what it is told instead, when it asks for a handshake
    """

    door: Door
    evidence: Evidence
    answer: Answer | None = None


async def receive(
    inbox: Inbox, incoming: Incoming, *, read_body: Callable[[int], Awaitable[bytes]]
) -> Answer:
    """
    Take a call in.

    :param incoming: without its body
    :param read_body: reads the body, up to a number of bytes; called once at most
    :return: a 2xx: the delivery is stored and becomes exactly one execution
    :raises RefusedError: nothing was stored
    :raises DBAPIError: the database failed; nothing was stored
    """
    passed = await _pass(inbox, incoming)
    if passed.answer is not None:
        return passed.answer
    check_content_type(incoming)
    if _is_perhaps_too_large(inbox, incoming, passed.door):
        # A limit of the webhook's own may have been raised, and a body can be read once only.
        passed = await _pass(inbox, incoming, fresh=True)
        if passed.answer is not None:
            return passed.answer
    incoming = replace(incoming, body=await read_body(body_limit(inbox, passed.door)))
    async with inbox.admission.place():
        return await _store(inbox, incoming, passed)


def body_limit(inbox: Inbox, door: Door) -> int:
    """Return the bytes that a body may have."""
    return min(inbox.max_body_bytes, door.parameters.max_body_bytes or inbox.max_body_bytes)


def _is_perhaps_too_large(inbox: Inbox, incoming: Incoming, door: Door) -> bool:
    limit = body_limit(inbox, door)
    declared = incoming.headers.get("content-length", "")
    is_within = declared.isdecimal() and len(declared) <= _MAX_DIGITS and int(declared) <= limit
    return limit < inbox.max_body_bytes and not is_within


async def _store(inbox: Inbox, incoming: Incoming, passed: Passed) -> Answer:
    if check_of(passed.door.parameters).needs_body:
        passed = await _pass(inbox, incoming, with_body=True)
    for attempt in range(_TRIES):
        if attempt:
            passed = await _pass(inbox, incoming, fresh=True, with_body=True)
        if passed.answer is not None:
            return passed.answer
        try:
            delivery = await _make(inbox, incoming, passed)
        except RefusedError:
            # What is refused is not stored, so that nobody else would notice a door of yesterday's.
            if attempt or not await _is_stale(inbox, incoming, passed.door):
                raise
            continue
        try:
            accepted = await inbox.accept(delivery, seq=passed.door.published.seq)
        except StalePublicationError:
            continue
        return replace(answer_accepted(accepted), wait=_wait(accepted, passed.door))
    raise OverloadedError("The workflow is being published again and again. Send the delivery again shortly.")


async def _is_stale(inbox: Inbox, incoming: Incoming, door: Door) -> bool:
    live = await inbox.doors.find(incoming, fresh=True)
    return live.published.seq != door.published.seq


async def _make(inbox: Inbox, incoming: Incoming, passed: Passed) -> Delivery:
    content = await read_content(incoming, limit=body_limit(inbox, passed.door))
    await check_body(content.body, passed.door.parameters.body_schema, size=content.size)
    delivery = make_delivery(
        incoming, passed.door, passed.evidence, content=content, query=read_query(incoming)
    )
    decided = await passed.door.decider.decide(delivery, headers=incoming.headers, evidence=passed.evidence)
    return await hide_incoming(decided, passed.door.published.redact)


def _wait(accepted: Accepted, door: Door) -> Wait | None:
    mode = door.parameters.respond
    if mode == "at_once" or accepted.run_id is None or accepted.skipped is not None:
        return None
    return Wait(
        ExecutionId(accepted.workflow_id, accepted.run_id),
        for_step=mode == "respond_step",
        limit_s=door.parameters.respond_limit_s,
    )


def answer_accepted(accepted: Accepted) -> Answer:
    """Return the answer to a delivery that is stored."""
    return Answer(
        200 if accepted.duplicate or accepted.skipped is not None else 202,
        accepted.to_json(),
        {"Cache-Control": "no-store"},
    )


async def _pass(inbox: Inbox, incoming: Incoming, *, fresh: bool = False, with_body: bool = False) -> Passed:
    """
    Find the door and check the sender, as far as that is possible yet.

    :param fresh: take nothing from memory
    :param with_body: the body has been read
    """
    door = await inbox.doors.find(incoming, fresh=fresh)
    try:
        return await check_sender(incoming, door, inbox.secrets, with_body=with_body)
    except RefusedError:
        if fresh:
            raise
        # The door may be another one by now.
        return await _pass(inbox, incoming, fresh=True, with_body=with_body)


async def check_sender(incoming: Incoming, door: Door, secrets: Secrets, *, with_body: bool) -> Passed:
    """
    Check the sender of a call to a door, as far as that is possible yet.

    :param with_body: the body has been read
    :raises RefusedError: the door does not let it in
    """
    check_address(incoming, door.parameters.allowed_networks)
    answer = await answer_challenge(incoming, door.parameters, secrets)
    if answer is not None:
        return Passed(door, Evidence(), answer)
    check_method(incoming, [door])
    if check_of(door.parameters).needs_body and not with_body:
        return Passed(door, Evidence())
    evidence = await authenticate(incoming, door.parameters, secrets)
    return Passed(door, evidence, await answer_signed_challenge(incoming, door.parameters, secrets))


def make_delivery(
    incoming: Incoming, door: Door, evidence: Evidence, *, content: Content, query: dict[str, Any]
) -> Delivery:
    """Return the delivery that a call becomes."""
    return Delivery(
        id=new_delivery_id(),
        workflow_id=door.published.workflow_id,
        node_id=door.trigger.node_id,
        kind=door.trigger.type,
        method=incoming.method,
        path=incoming.path,
        client=incoming.client,
        size=content.size,
        headers=stored_headers(incoming, evidence),
        query=query,
        body=content.body,
        files=tuple(content.files),
        raw=content.raw,
        received_at=incoming.received_at,
    )


def stored_headers(incoming: Incoming, evidence: Evidence) -> dict[str, str]:
    """Return the headers of a call as they are kept: without secrets."""
    hidden = _HIDDEN_HEADERS | evidence.secret_headers
    return {name: HIDDEN if name in hidden else value for name, value in incoming.headers.items()}
