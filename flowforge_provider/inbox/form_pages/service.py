"""What happens at a form's page: showing it, and taking in what was filled in."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers

from flowforge_provider.inbox.addresses import household
from flowforge_provider.inbox.delivery import Delivery
from flowforge_provider.inbox.errors import OverloadedError, RefusedError, StalePublicationError
from flowforge_provider.inbox.form_pages.bodies import Sent, read_sent
from flowforge_provider.inbox.form_pages.doors import WHOLE, FormDoor, find_form
from flowforge_provider.inbox.form_pages.pages import AGAIN, PREFIX, form_page, new_token, notice_page
from flowforge_provider.inbox.form_pages.rates import Rates, shared_rate
from flowforge_provider.inbox.form_pages.words import WORDS
from flowforge_provider.inbox.hiding import hide_incoming
from flowforge_provider.inbox.incoming import Answer
from flowforge_provider.nodes.payload.checking import PayloadFault, find_faults
from flowforge_provider.nodes.payload.messages import choose_language
from flowforge_provider.nodes.payload.reading import FilledForm, read_form
from flowforge_provider.runs.ids import new_delivery_id
from flowforge_provider.runs.payload import PayloadError, check_payload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from flowforge_provider.inbox.incoming import Incoming
    from flowforge_provider.inbox.service import Inbox
    from flowforge_provider.nodes.payload.messages import Language

__all__ = ["receive_form", "refusal_page", "show_form"]

log = logging.getLogger(__name__)

# Forms whose bodies this process takes in at once. They may be large and slow, and hold up no webhook.
_MAX_BODIES = 16
# Of those, so many from one address: a slow one must not hold all places.
_MAX_BODIES_EACH = 4
# Larger forms are read in a thread: the event loop also serves the workers.
_FILL_ON_LOOP_BYTES = 32 * 1024
_TRIES = 3
_TOKEN = re.compile(r"[0-9a-f]{32}")
_KEPT_HEADERS = frozenset({"accept-language", "content-type", "user-agent"})
_OWN_SITES = frozenset({"same-origin", "none"})
_KNOWN_STATUSES = frozenset({400, 401, 403, 404, 408, 413, 429, 503})

_rates = Rates()
_bodies: Counter[str] = Counter()


@dataclass(frozen=True)
class _Visit:
    """One request for a form's page."""

    incoming: Incoming
    door: FormDoor
    language: Language


async def show_form(inbox: Inbox, incoming: Incoming) -> Answer:
    """
    Return the page of a form.

    :raises RefusedError: there is none, or the visitor has to sign in
    """
    visit = await _enter(inbox, incoming)
    return form_page(visit.door, language=visit.language, token=new_token())


async def receive_form(inbox: Inbox, incoming: Incoming, *, stream: AsyncIterator[bytes]) -> Answer:
    """
    Take in a form that was filled in.

    A page of anybody's may send it, as a form is public and no cookie is looked at: there is nothing that a
    forged request could do in a visitor's name. A name and a password are sent by browsers like a cookie,
    so that forms that ask for them take nothing from other sites.

    :return: a 2xx or 303: the delivery is stored and becomes exactly one execution, unless the trap caught it
    :raises RefusedError: nothing was stored
    :raises DBAPIError: the database failed; nothing was stored
    """
    visit = await _enter(inbox, incoming)
    parameters = visit.door.parameters
    is_own = incoming.headers.get("sec-fetch-site", "none") in _OWN_SITES
    if parameters.authentication == "basic" and not is_own:
        raise RefusedError(403, "cross-origin", "This form was sent from another site.")
    wait = _rates.take(_rate_key(visit), per_minute=parameters.rate_limit)
    if wait is not None:
        raise RefusedError(
            429, "too-many-requests", f"Send the form again in {wait} s.", headers={"Retry-After": str(wait)}
        )
    sent = await _read(incoming, stream, visit.door)
    if parameters.honeypot and any(text.strip() for text in sent.texts.get("website", ())):
        log.info(
            "A form of workflow %s has fallen into the trap and is dropped", visit.door.published.workflow_id
        )
        return _thanks(visit, duplicate=False)
    for attempt in range(_TRIES):
        if attempt:
            visit = await _enter(inbox, incoming)
        texts = _texts(sent)
        if sent.size <= _FILL_ON_LOOP_BYTES:
            filled = _fill(visit.door, sent, texts)
        else:
            filled = await asyncio.to_thread(_fill, visit.door, sent, texts)
        token = next(iter(sent.texts.get("token", ())), "")
        if not _TOKEN.fullmatch(token):
            token = new_token()
        notes = _unstorable(filled.payload)
        if filled.faults or notes:
            return form_page(
                visit.door,
                language=visit.language,
                token=token,
                texts=texts,
                faults=filled.faults,
                notes=notes,
                status=422,
            )
        payload = filled.payload[WHOLE] if visit.door.is_whole else filled.payload
        delivery = _delivery(visit, sent, payload=payload, token=token)
        delivery = await hide_incoming(delivery, visit.door.published.redact)
        try:
            async with inbox.admission.place():
                accepted = await inbox.accept(delivery, seq=visit.door.published.seq)
        except StalePublicationError:
            continue
        return _thanks(visit, duplicate=accepted.duplicate)
    raise OverloadedError("The workflow is being published again and again. Send the form again shortly.")


def refusal_page(incoming: Incoming, error: RefusedError) -> Answer:
    """Return the page that tells why a form is not shown or taken."""
    language = choose_language(incoming.headers.get("accept-language", ""))
    known = str(error.status if error.status in _KNOWN_STATUSES else 400)
    words = WORDS[language]
    # A form that is not here, or that the visitor may not see, is no place to go back to.
    link = AGAIN if error.status not in (401, 404) else ""
    return notice_page(
        language=language,
        heading=words[known],
        text=words[f"{known}_text"].format(seconds=error.headers.get("Retry-After", "")),
        status=error.status,
        link=link,
        link_text=words["back"],
        headers=error.headers,
    )


async def _enter(inbox: Inbox, incoming: Incoming) -> _Visit:
    door = await find_form(incoming.workflow_id, incoming.path, inbox=inbox)
    if door is None:
        raise RefusedError(404, "form-not-found", "No published workflow has a form here.")
    parameters = door.parameters
    if parameters.authentication == "basic":
        await _authenticate(inbox, incoming, parameters.connection_id)
    language = choose_language(incoming.headers.get("accept-language", ""), chosen=parameters.language)
    return _Visit(incoming, door, language)


async def _authenticate(inbox: Inbox, incoming: Incoming, connection_id: str) -> None:
    secret = inbox.secrets.remembered(connection_id) or await inbox.secrets.read(connection_id)
    if secret is None or not secret.values or not secret.login:
        log.warning(
            'A form cannot check its visitors: connection "%s" lacks login or password', connection_id
        )
        raise RefusedError(503, "form-unavailable", "The form's connection cannot be read.")
    scheme, _, credentials = incoming.headers.get("authorization", "").strip().partition(" ")
    try:
        given = base64.b64decode(credentials.strip().encode("latin-1", "replace"), validate=True)
    except binascii.Error:
        given = b""
    # All are compared, so that the time does not tell which one is near.
    fits = [hmac.compare_digest(given, f"{secret.login}:{value}".encode()) for value in secret.values]
    if scheme.lower() != "basic" or not any(fits):
        raise RefusedError(
            401,
            "form-credentials-wrong",
            "Name or password is missing or wrong.",
            headers={"WWW-Authenticate": 'Basic realm="Form", charset="UTF-8"'},
        )


async def _read(incoming: Incoming, stream: AsyncIterator[bytes], door: FormDoor) -> Sent:
    visitor = household(incoming.client)
    if _bodies.total() >= _MAX_BODIES or _bodies[visitor] >= _MAX_BODIES_EACH:
        raise OverloadedError("Too many forms are being taken in at once. Send this one again shortly.")
    _bodies[visitor] += 1
    try:
        return await read_sent(Headers(dict(incoming.headers)), stream, takes_files=door.takes_files)
    finally:
        _bodies[visitor] -= 1
        if not _bodies[visitor]:
            del _bodies[visitor]


def _texts(sent: Sent) -> dict[str, list[str]]:
    return {
        name.removeprefix(PREFIX): values for name, values in sent.texts.items() if name.startswith(PREFIX)
    }


def _fill(door: FormDoor, sent: Sent, texts: dict[str, list[str]]) -> FilledForm:
    files = {
        name.removeprefix(PREFIX): [kept.reference() for kept in kepts]
        for name, kepts in sent.files.items()
        if name.startswith(PREFIX)
    }
    zone = door.published.timezone
    if not door.is_whole:
        return read_form(door.inputs, texts, schema=door.schema, files=files, timezone_name=zone)
    filled = read_form(door.inputs, texts, schema={"required": [WHOLE]}, timezone_name=zone)
    if filled.faults:
        return filled
    faults: list[PayloadFault] = find_faults(filled.payload[WHOLE], door.schema)
    return FilledForm(filled.payload, faults)


def _unstorable(payload: Any) -> list[str]:
    try:
        check_payload(payload)
    except PayloadError as error:
        return [error.message]
    return []


def _delivery(visit: _Visit, sent: Sent, *, payload: Any, token: str) -> Delivery:
    incoming, door = visit.incoming, visit.door
    asked = {PREFIX + item.name: item.type for item in door.inputs if item.type in ("file", "files")}
    files = [
        kept
        for name, kepts in sent.files.items()
        if name in asked
        for kept in (kepts if asked[name] == "files" else kepts[:1])
    ]
    return Delivery(
        id=new_delivery_id(),
        workflow_id=door.published.workflow_id,
        node_id=door.trigger.node_id,
        kind="form",
        method=incoming.method,
        path=incoming.path,
        client=incoming.client,
        size=sent.size,
        headers={name: incoming.headers[name] for name in sorted(_KEPT_HEADERS) if name in incoming.headers},
        query={},
        body=payload,
        files=tuple(files),
        received_at=incoming.received_at,
        dedup_key=f"form:{door.trigger.node_id}:{token}",
        flow=shared_rate(_rate_key(visit), per_minute=door.parameters.rate_limit),
    )


def _rate_key(visit: _Visit) -> str:
    door = visit.door
    return f"{door.published.workflow_id}/{door.trigger.node_id}/{household(visit.incoming.client)}"


def _thanks(visit: _Visit, *, duplicate: bool) -> Answer:
    parameters, words = visit.door.parameters, WORDS[visit.language]
    if parameters.after_submit == "redirect" and parameters.redirect_url:
        return Answer(303, b"", {"Location": parameters.redirect_url, "Cache-Control": "no-store"})
    text = parameters.message.strip() or words["sent"]
    return notice_page(
        language=visit.language,
        heading=words["sent_title"],
        text=f"{text}\n\n{words['sent_before']}" if duplicate else text,
        status=200,
        parameters=parameters,
        link=AGAIN,
        link_text=words["another"],
    )
