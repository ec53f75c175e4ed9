"""
Fetch the emails that Resend has told of, beside the dispatcher.

The sender was answered when its delivery was stored; the email is fetched afterwards, by few threads, so that
a slow service delays other emails at most. A crash in the middle repeats it.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from flowforge_provider import settings
from flowforge_provider.exceptions import FlowForgeError, NotFoundError, StepError
from flowforge_provider.files import File
from flowforge_provider.inbox.email.content import make_content, max_text_bytes
from flowforge_provider.inbox.email.fetching import claim_unfetched, note_failure, store_fetched
from flowforge_provider.inbox.email.filters import find_mismatch, recipients_of
from flowforge_provider.inbox.email.mail import MAX_ATTACHMENTS, MailAttachment, UnreadableMailError
from flowforge_provider.inbox.email.mime import safe_filename
from flowforge_provider.inbox.email.resend_email import read_email
from flowforge_provider.inbox.hiding import open_delivery
from flowforge_provider.nodes.builtin.email_receive import EmailReceiveParameters
from flowforge_provider.runs.published import read_published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from flowforge_provider.hooks.resend_receiving import ResendReceiver
    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.inbox.email.content import EmailContent
    from flowforge_provider.inbox.email.mail import ReceivedMail
    from flowforge_provider.runs.database import Database

__all__ = ["EmailFetcher"]

log = logging.getLogger(__name__)

_THREADS = 2
_LOOK_S = 2.0
_LONGEST_LOOK_S = 30.0
# Seconds after which another process may repeat a fetch that a crash has cut off.
_CLAIM_S = 90.0


class EmailFetcher:
    """
    One thread that looks for deliveries without their email, and few that fetch.

    :param offer: gets each delivery that has its email now
    :param claim: workflow id -> until when this process dispatches it; None when another one is to do it
    :param claim_s: seconds after which another process repeats a fetch that was cut off
    """

    def __init__(
        self,
        *,
        database: Database,
        offer: Callable[[Sequence[Delivery]], None],
        claim: Callable[[str], datetime | None],
        claim_s: float = _CLAIM_S,
    ) -> None:
        self._database = database
        self._offer = offer
        self._claim = claim
        self._claim_s = claim_s
        self._free = threading.Semaphore(_THREADS)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="flowforge-email-fetch")
        self._failures = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._receivers: set[ResendReceiver] = set()
        self._thread = threading.Thread(target=self._run, name="flowforge-email-fetcher", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End, and cut off what is being fetched: another process, or the next one, repeats it."""
        self._stopping.set()
        self._wake.set()
        for receiver in list(self._receivers):
            receiver.stop()
        self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wake(self) -> None:
        """Look at once."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            # One at a time: what waits for a thread of this process can be taken by another one.
            self._free.acquire()
            found = [] if self._stopping.is_set() else self._look()
            if found:
                self._pool.submit(self._work, found[0])
                continue
            self._free.release()
            self._wake.wait(min(_LOOK_S * 2**self._failures, _LONGEST_LOOK_S))

    def _look(self) -> list[Delivery]:
        try:
            found = claim_unfetched(database=self._database, limit=1, claim_s=self._claim_s)
        except Exception as exc:  # the loop must outlive a database that is away, or not migrated yet
            log.warning("Emails to fetch cannot be read: %s", exc, exc_info=None if self._failures else exc)
            self._failures = min(self._failures + 1, 10)
            return []
        self._failures = 0
        return found

    def _work(self, delivery: Delivery) -> None:
        try:
            self._fetch(delivery)
        except Exception as exc:  # whatever it is, the other emails go on
            if not self._stopping.is_set():
                self._note(delivery, exc)
        finally:
            self._free.release()

    def _fetch(self, delivery: Delivery) -> None:
        parameters, rules = self._parameters(delivery)
        from flowforge_provider.hooks.resend_receiving import ResendReceiver

        receiver = ResendReceiver(
            parameters.resend_connection_id, max_answer_bytes=settings.max_email_bytes()
        )
        self._receivers.add(receiver)
        try:
            email_id = open_delivery(delivery).body["data"]["email_id"]
            email, listed = receiver.fetch(email_id, max_attachments=MAX_ATTACHMENTS)
            mail = read_email(email, attachments=(), max_text_bytes=max_text_bytes())
            addresses = [each.address for each in (*mail.to, *mail.cc)]
            addresses += [str(each) for each in email.get("received_for") or []]
            mismatch = find_mismatch(
                parameters,
                sender=mail.sender.address,
                recipients=recipients_of(mail.headers, addresses),
                subject=mail.subject,
            )
            if mismatch is not None:
                note_failure(delivery, "", retryable=False, skipped="filter", database=self._database)
                return
            content = _content(receiver, mail, listed, parameters, email_id=email_id)
        finally:
            self._receivers.discard(receiver)
        claimed_until = self._claim(delivery.workflow_id)
        stored = store_fetched(
            delivery, content, rules=rules, claimed_until=claimed_until, database=self._database
        )
        if stored is not None and claimed_until is not None:
            self._offer([stored])

    def _parameters(self, delivery: Delivery) -> tuple[EmailReceiveParameters, Sequence[str]]:
        """Return the parameters of a delivery's trigger, and the workflow's redaction rules."""
        with self._database.session("read") as session:
            published = read_published(delivery.workflow_id, session)
        for trigger in published.triggers:
            if trigger.node_id == delivery.node_id and trigger.type == delivery.kind:
                parameters = EmailReceiveParameters.model_validate(dict(trigger.parameters))
                return parameters, published.redact
        raise NotFoundError(
            f'The email trigger "{delivery.node_id}" is no part of the workflow any more.',
            code="workflow-not-published",
        )

    def _note(self, delivery: Delivery, exc: Exception) -> None:
        known = isinstance(exc, FlowForgeError)
        text = f"{exc.message} [{exc.error_code}]" if isinstance(exc, FlowForgeError) else repr(exc)
        log.warning("The email of %s was not fetched: %s", delivery.id, text, exc_info=None if known else exc)
        final = (isinstance(exc, StepError) and exc.retryable is False) or isinstance(
            exc, (NotFoundError, UnreadableMailError)
        )
        try:
            note_failure(delivery, text, retryable=not final, database=self._database)
        except Exception:  # its claim ends by itself, and then it is tried again
            log.exception("That could not be noted")


def _content(
    receiver: ResendReceiver,
    mail: ReceivedMail,
    listed: Sequence[Mapping[str, Any]],
    parameters: EmailReceiveParameters,
    *,
    email_id: str,
) -> EmailContent:
    attachments: list[MailAttachment] = []
    skipped: dict[int, int] = {}
    room = settings.max_delivery_files() if parameters.attachments else 0
    for index, each in enumerate(listed):
        file = None
        if index - len(skipped) < room:
            file = receiver.download(each, max_bytes=settings.max_file_bytes())
        if file is None:
            # Named only, with the size that Resend tells.
            skipped[index] = int(each.get("size") or 0)
            file = File("", str(each.get("content_type") or ""), b"")
        name = safe_filename(str(each.get("filename") or "")) or f"attachment-{index + 1}"
        content_id = str(each.get("content_id") or "").strip("<>")[:250]
        attachments.append(MailAttachment(file._replace(filename=name), content_id))
    return make_content(
        replace(mail, attachments=attachments),
        keep_files=parameters.attachments,
        origin={"email_id": email_id},
        not_kept=skipped,
    )
