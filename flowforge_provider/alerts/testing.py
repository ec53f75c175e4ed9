"""Try a channel: send a message now, and tell what became of it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

import uuid6

from flowforge_provider import settings
from flowforge_provider.alerts.channels import get_channel
from flowforge_provider.alerts.delivery import ChannelFacts, deliver
from flowforge_provider.alerts.messages import write_test
from flowforge_provider.exceptions import StepError
from flowforge_provider.store.alert_tables import AlertChannelRow, AlertMessageRow
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["TestResult", "send_test"]


class TestResult(NamedTuple):
    """
    What became of a test message.

    :param code: why the service has not taken it
    """

    ok: bool
    message: str
    code: str | None = None


def send_test(channel_id: str, *, user: str) -> TestResult:
    """
    Send a test message through a channel, and keep it in the history.

    :raises NotFoundError: there is no such channel
    """

    def read(session: Session) -> tuple[ChannelFacts, str | None]:
        row = get_channel(channel_id, session)
        return ChannelFacts(row.id, row.kind, row.config, row.source), row.language

    channel, language = run_in_transaction(read)
    message = write_test(
        uuid6.uuid7().hex,
        user=user,
        language="ru" if (language or settings.alert_language()) == "ru" else "en",
        base_url=settings.pages_base_url(),
    )
    try:
        # Outside of any transaction: a service may take seconds.
        deliver(channel, message)
    except StepError as error:
        result = TestResult(False, error.message, error.error_code)
    else:
        result = TestResult(True, "The channel took the message.")

    def note(session: Session) -> None:
        now = datetime.now(tz=timezone.utc)
        session.add(
            AlertMessageRow(
                id=message["id"],
                channel_id=channel_id,
                kind="test",
                count=1,
                title=message["title"],
                content=message,
                state="sent" if result.ok else "failed",
                attempts=1,
                due_at=now,
                error=None if result.ok else result.message,
                created_at=now,
                sent_at=now if result.ok else None,
            )
        )
        row = session.get(AlertChannelRow, channel_id)
        if row is not None and result.ok:
            row.failures, row.failing_since, row.last_error, row.last_sent_at = 0, None, None, now
        elif row is not None:
            row.last_error = result.message

    run_in_transaction(note)
    return result
