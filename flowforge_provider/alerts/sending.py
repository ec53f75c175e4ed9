"""Send what is written: one process at a time, again and again, until it is taken or too old."""

from __future__ import annotations

import logging
import random
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import uuid6
from sqlalchemy import CursorResult, or_, select, update

from flowforge_provider import settings
from flowforge_provider.alerts.channels import FAILING_AFTER
from flowforge_provider.alerts.delivery import ChannelFacts, deliver
from flowforge_provider.alerts.environment import connection_of
from flowforge_provider.alerts.messages import Group, write_message
from flowforge_provider.exceptions import StepError
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertMessageRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.database import Database

__all__ = ["Sender"]

log = logging.getLogger(__name__)

_THREADS = 4
_STOP_S = 5.0
# A message that its process has not settled by then is somebody else's.
_CLAIM = timedelta(minutes=2)
_TOO_OLD = timedelta(hours=24)
# Seconds to the next attempt; the last one repeats.
_DELAYS_S = (2, 5, 15, 60, 180, 600, 1800)
_MOST_TOLD = 5
_MOST_CLAIMED = 20


@dataclass(frozen=True)
class _Job:
    """A message on its way."""

    message_id: str
    channel: ChannelFacts
    content: Mapping[str, Any]


class Sender:
    """
    Sends the messages of one process, one at a time to each channel.

    :param database: where messages are
    :param deliver: sends one; raises StepError
    """

    def __init__(
        self, *, database: Database, deliver: Callable[[ChannelFacts, Mapping[str, Any]], None] = deliver
    ) -> None:
        self._database = database
        self._deliver = deliver
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="flowforge-alerts")
        self._sent: list[Future[None]] = []
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def send_due(self) -> int:
        """Begin to send what is due; return the number of messages. Does not wait for any service."""
        with self._database.session("read") as session:
            if not self._due(session, now=_now()):
                return 0
        jobs = self._database.transaction(self._claim)
        for job in jobs:
            with self._lock:
                self._busy.add(job.channel.id)
            self._sent = [each for each in self._sent if not each.done()]
            self._sent.append(self._executor.submit(self._run, job))
        return len(jobs)

    def is_idle(self) -> bool:
        """Tell whether nothing is on its way."""
        with self._lock:
            return not self._busy

    def stop(self) -> None:
        """Wait some seconds for what is on its way; another process sends again what is not settled then."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        wait(self._sent, timeout=_STOP_S)

    def _due(self, session: Session, *, now: datetime) -> list[tuple[AlertMessageRow, AlertChannelRow]]:
        message, channel = AlertMessageRow, AlertChannelRow
        with self._lock:
            busy = set(self._busy)
        rows = session.execute(
            select(message, channel)
            .join(channel, channel.id == message.channel_id)
            .where(
                message.state == "waiting",
                message.due_at <= now,
                or_(message.claimed_until.is_(None), message.claimed_until < now),
            )
            .order_by(message.due_at, message.id)
            .limit(_MOST_CLAIMED)
        ).all()
        chosen: dict[str, tuple[AlertMessageRow, AlertChannelRow]] = {}
        for row, its_channel in rows:
            if its_channel.id not in busy and _can_serve(its_channel, row, now=now):
                chosen.setdefault(its_channel.id, (row, its_channel))
        return list(chosen.values())

    def _claim(self, session: Session) -> list[_Job]:
        now = _now()
        jobs = []
        for row, channel in self._due(session, now=now):
            claimed = session.execute(
                update(AlertMessageRow)
                .where(
                    AlertMessageRow.id == row.id,
                    AlertMessageRow.state == "waiting",
                    or_(AlertMessageRow.claimed_until.is_(None), AlertMessageRow.claimed_until < now),
                )
                .values(claimed_until=now + _CLAIM)
                .execution_options(synchronize_session=False)
            )
            if isinstance(claimed, CursorResult) and claimed.rowcount == 1:
                facts = ChannelFacts(channel.id, channel.kind, channel.config, channel.source)
                jobs.append(_Job(row.id, facts, row.content))
        return jobs

    def _run(self, job: _Job) -> None:
        try:
            error: StepError | None = None
            try:
                self._deliver(job.channel, job.content)
            except StepError as caught:
                error = caught
            self._database.transaction(lambda session: _settle(job, error, session))
        except Exception:  # what cannot be settled is tried again when the claim ends
            log.exception("What became of alert %s could not be written down", job.message_id)
        finally:
            with self._lock:
                self._busy.discard(job.channel.id)


def _can_serve(channel: AlertChannelRow, message: AlertMessageRow, *, now: datetime) -> bool:
    """Tell whether this process has what a channel needs; one from the environment needs its variables."""
    if channel.source != "environment" or channel.config["connection_id"]:
        return True
    return connection_of(channel.id) is not None or now - message.created_at > _TOO_OLD


def _settle(job: _Job, error: StepError | None, session: Session) -> None:
    now = _now()
    message = session.get(AlertMessageRow, job.message_id, with_for_update=True)
    channel = session.get(AlertChannelRow, job.channel.id, with_for_update=True)
    if message is None or message.state != "waiting":
        return
    message.attempts += 1
    message.claimed_until = None
    if error is None:
        message.state, message.sent_at, message.error = "sent", now, None
        if channel is not None:
            if channel.failures >= FAILING_AFTER:
                log.info("Alert channel %r works again", channel.name)
            channel.failures, channel.failing_since, channel.last_error = 0, None, None
            channel.last_sent_at = now
        return
    message.error = error.message
    is_over = not error.retryable or now - message.created_at > _TOO_OLD
    if is_over:
        message.state = "failed"
    else:
        message.due_at = now + _delay(message.attempts, error)
    if channel is None:
        message.state = "failed"
        return
    # What stays wrong need not be tried three times before it is told.
    before = channel.failures
    channel.failures = max(before + 1, FAILING_AFTER) if not error.retryable else before + 1
    channel.failing_since = channel.failing_since or now
    channel.last_error = error.message
    if error.retryable:
        # One message finds out whether the channel works again; the others wait for it.
        session.execute(
            update(AlertMessageRow)
            .where(
                AlertMessageRow.channel_id == channel.id,
                AlertMessageRow.state == "waiting",
                AlertMessageRow.id != message.id,
                AlertMessageRow.due_at < message.due_at,
            )
            .values(due_at=message.due_at)
            .execution_options(synchronize_session=False)
        )
    if before < FAILING_AFTER <= channel.failures:
        log.error("Alert channel %r does not work: %s", channel.name, error.message)
        _tell_others(channel, error, session, now=now)


def _delay(attempts: int, error: StepError) -> timedelta:
    seconds = _DELAYS_S[min(attempts, len(_DELAYS_S)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    return timedelta(seconds=max(seconds, error.retry_after_s or 0.0))


def _tell_others(broken: AlertChannelRow, error: StepError, session: Session, *, now: datetime) -> None:
    """Tell the fallback of a channel, or else all others that work, that it does not."""
    others = session.scalars(
        select(AlertChannelRow)
        .where(
            AlertChannelRow.id != broken.id,
            AlertChannelRow.enabled.is_(True),
            AlertChannelRow.failures < FAILING_AFTER,
        )
        .order_by(AlertChannelRow.id)
    ).all()
    chosen = [each for each in others if each.id == broken.fallback_id] or others[:_MOST_TOLD]
    facts = {
        "channel": broken.name,
        "message": error.message,
        "failing_since": broken.failing_since.isoformat() if broken.failing_since else None,
    }
    group = Group(
        kind="channel", workflow_id=None, run_id=None, count=1, facts=facts, first_at=now, last_at=now
    )
    for channel in chosen:
        message_id = uuid6.uuid7().hex
        content = write_message(
            message_id,
            [group],
            language="ru" if (channel.language or settings.alert_language()) == "ru" else "en",
            base_url=settings.pages_base_url(),
        )
        session.add(
            AlertMessageRow(
                id=message_id,
                channel_id=channel.id,
                kind="channel",
                count=1,
                title=content["title"],
                content=content,
                state="waiting",
                attempts=0,
                due_at=now,
                created_at=now,
            )
        )


def _now() -> datetime:
    return datetime.now(tz=timezone.utc)
