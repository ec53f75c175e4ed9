"""Turn the new messages of an open folder into deliveries, each exactly once."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider import settings
from flowforge_provider.inbox.delivery import Delivery
from flowforge_provider.inbox.email.content import make_content, make_dedup_key, max_text_bytes
from flowforge_provider.inbox.email.filters import find_mismatch, recipients_of, search_criteria
from flowforge_provider.inbox.email.mail import UnreadableMailError
from flowforge_provider.inbox.email.mime import parse_message
from flowforge_provider.inbox.mailbox.storing import Stored, store_message
from flowforge_provider.runs.ids import new_delivery_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.inbox.email.mail import ReceivedMail
    from flowforge_provider.inbox.mailbox.box import Box, Summary
    from flowforge_provider.inbox.mailbox.positions import Positions
    from flowforge_provider.inbox.mailbox.targets import Target
    from flowforge_provider.runs.database import Database

__all__ = ["Reader"]

log = logging.getLogger(__name__)

# Messages that arrived shortly before the last look may have been on their way into the folder.
_MARGIN = timedelta(hours=1)
_NOTE_EVERY_S = 10.0
# Somebody may put a message back into the folder long after its delivery was removed.
_DEDUP_WINDOW = timedelta(days=366)


class Reader:
    """
    Reads one open folder.

    :param offer: gets each delivery that was stored, to dispatch it
    :param claim: says until when this process dispatches a new delivery; None when another one is to do it
    """

    def __init__(
        self,
        target: Target,
        box: Box,
        *,
        database: Database,
        positions: Positions,
        offer: Callable[[Sequence[Delivery]], None],
        claim: Callable[[], datetime | None],
    ) -> None:
        self._target = target
        self._parameters = target.parameters
        self._box = box
        self._database = database
        self._positions = positions
        self._offer = offer
        self._claim = claim
        self._max_bytes = settings.max_email_bytes()
        self._max_text_bytes = max_text_bytes()
        self._noted_at = float("-inf")
        # What became deliveries since this folder was opened, and from where on we know it.
        self._taken: list[int] = []
        self._unseen_until = self._last = self._settled = self._known_from = 0

    def prepare(self) -> None:
        """
        Find out where to go on.

        :raises LostLeaseError: another process reads this mailbox
        """
        position = self._positions.read(self._target.key)
        box = self._box
        if position.uid_validity == box.uid_validity and position.last_uid < box.uid_next:
            self._unseen_until = position.unseen_until
            self._last, self._settled = position.last_uid, position.settled_uid
        else:
            since = position.since
            if position.uid_validity is not None:
                # The folder has numbered its messages anew. Those that may not have been seen yet are looked
                # at again; what they say tells whether they have.
                log.warning("Mailbox of %s has new uids; its messages are compared", self._target.key)
                since = max(since, (position.checked_at or since) - _MARGIN)
            arrivals = box.arrivals_since(since)
            self._last = (arrivals[0] if arrivals else box.uid_next) - 1
            self._unseen_until = 0
            if position.uid_validity is None and self._parameters.start_from == "unseen":
                self._unseen_until, self._last = self._last, 0
            self._settled = self._last
            self._positions.write(
                self._target.key,
                uid_validity=box.uid_validity,
                unseen_until=self._unseen_until,
                last_uid=self._last,
                settled_uid=self._settled,
            )
        self._known_from = self._last

    def look(self, *, stopped: Callable[[], bool]) -> bool:
        """
        Take in what is new, then mark or move it; tell whether there was something.

        :param stopped: whether to end early
        :raises LostLeaseError: another process reads this mailbox
        :raises StalePublicationError: the workflow was published anew
        :raises MailboxError: the server fails
        """
        new = self._box.search(self._last + 1)
        for summary in self._box.summaries(self._select(new)) if new else ():
            if stopped():
                return True
            self._take(summary)
        if new and new[-1] > self._last:
            self._positions.write(self._target.key, last_uid=new[-1])
            self._last = new[-1]
        self._settle()
        self._note()
        return bool(new)

    def _select(self, uids: Sequence[int]) -> list[int]:
        """Leave out what the server can tell does not fit."""
        first, last = uids[0], uids[-1]
        criteria = search_criteria(self._parameters) if self._box.searches_exactly else []
        found = self._box.search(first, last, criteria) if criteria else list(uids)
        if first <= self._unseen_until:
            unseen = set(self._box.search(first, min(last, self._unseen_until), ["UNSEEN"]))
            found = [uid for uid in found if uid > self._unseen_until or uid in unseen]
        return found

    def _take(self, summary: Summary) -> None:
        try:
            if not self._fits(summary):
                return
            if summary.size > self._max_bytes:
                raise self._too_large(summary.size)
            raw = self._box.fetch(summary.uid, limit=self._max_bytes)
            if raw is None:
                return
            if len(raw) > self._max_bytes:
                raise self._too_large(len(raw))
            mail = parse_message(raw, max_text_bytes=self._max_text_bytes)
            delivery = self._delivery(summary, mail, size=len(raw))
        except UnreadableMailError as exc:
            log.warning("Message %d of %s is given up: %s", summary.uid, self._target.key, exc)
            self._store(summary, self._failed(summary), error=f"{exc.message} [{exc.error_code}]")
            return
        claimed_until = self._claim()
        stored = self._store(summary, delivery, claimed_until=claimed_until)
        self._taken.append(summary.uid)
        if stored is Stored.NEW and claimed_until is not None:
            self._offer([delivery])

    def _fits(self, summary: Summary) -> bool:
        mail = parse_message(summary.header, max_text_bytes=0)
        return self._mismatch(mail) is None

    def _mismatch(self, mail: ReceivedMail) -> str | None:
        addresses = [each.address for each in (*mail.to, *mail.cc)]
        return find_mismatch(
            self._parameters,
            sender=mail.sender.address,
            recipients=recipients_of(mail.headers, addresses),
            subject=mail.subject,
        )

    def _delivery(self, summary: Summary, mail: ReceivedMail, *, size: int) -> Delivery:
        content = make_content(mail, keep_files=self._parameters.attachments, origin=self._origin(summary))
        otherwise = f"{summary.arrived_at.isoformat()}:{size}"
        return Delivery(
            **self._fields(size=size),
            body=content.body,
            files=content.files,
            dedup_key=make_dedup_key(mail, otherwise=otherwise),
            dedup_window=_DEDUP_WINDOW,
        )

    def _failed(self, summary: Summary) -> Delivery:
        """Return what is known of a message that no run can have: who sent it, and what about."""
        try:
            mail = parse_message(summary.header, max_text_bytes=0)
            body = make_content(mail, keep_files=False, origin=self._origin(summary)).body
        except UnreadableMailError:
            body = self._origin(summary)
        return Delivery(**self._fields(size=summary.size), body=body)

    def _fields(self, *, size: int) -> dict[str, Any]:
        return {
            "id": new_delivery_id(),
            "workflow_id": self._target.workflow_id,
            "node_id": self._target.node_id,
            "kind": "email.receive",
            "method": "",
            "headers": {},
            "query": {},
            "received_at": datetime.now(tz=timezone.utc),
            "size": min(size, 2**31 - 1),
        }

    def _origin(self, summary: Summary) -> dict[str, Any]:
        return {"mailbox": self._parameters.folder, "uid": summary.uid}

    def _too_large(self, size: int) -> UnreadableMailError:
        return UnreadableMailError(
            f"The message has {size} bytes; at most {self._max_bytes} are taken. It was left where it is. "
            f"Raise "
            "[flowforge] max_email_bytes for messages of this size.",
            code="email-too-large",
        )

    def _store(
        self,
        summary: Summary,
        delivery: Delivery,
        *,
        claimed_until: datetime | None = None,
        error: str | None = None,
    ) -> Stored:
        stored = store_message(
            delivery,
            seq=self._target.seq,
            error=error,
            claimed_until=claimed_until,
            owner=self._positions.owner,
            uid_validity=self._box.uid_validity,
            before=self._last,
            uid=summary.uid,
            database=self._database,
        )
        self._last = summary.uid
        return stored

    def _settle(self) -> None:
        """Mark or move what became deliveries; also what a crash has left over."""
        if self._settled >= self._last:
            return
        if self._parameters.after != "leave":
            uids = self._taken
            if self._settled < self._known_from:
                uids = [*self._left_over(self._settled + 1, self._known_from), *uids]
            if self._parameters.after == "move":
                self._box.move(uids, folder=self._parameters.move_to)
            else:
                self._box.mark_seen(uids)
        self._positions.write(self._target.key, settled_uid=self._last)
        self._settled, self._taken = self._last, []

    def _left_over(self, first: int, last: int) -> list[int]:
        uids = self._box.search(first, last)
        found = self._box.summaries(self._select(uids)) if uids else ()
        return [each.uid for each in found if each.size <= self._max_bytes and self._fits(each)]

    def _note(self) -> None:
        """Note that all is well, now and then."""
        now = time.monotonic()
        if now - self._noted_at >= _NOTE_EVERY_S:
            self._noted_at = now
            self._positions.write(
                self._target.key,
                checked_at=datetime.now(tz=timezone.utc),
                pushes=self._box.has_idle,
                error=None,
            )
