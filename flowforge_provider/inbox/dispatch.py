"""Turn one delivery into its run."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult

from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.runs.database import is_transient
from flowforge_provider.runs.start import StartedRun, create_run
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database

__all__ = ["dispatch", "record_failure"]

log = logging.getLogger(__name__)

_LONGEST_DELAY_S = 60
# Attempts until a failure that is not the database's own counts as final. A workflow may be taken offline and
# published again within seconds, hence some patience; a fault of the installation may take a while to be
# mended.
_ATTEMPTS_OF_CODE = {"workflow-not-published": 4, "workflow-not-found": 4}
_ATTEMPTS_UNFORESEEN = 30


def dispatch(delivery: Delivery, *, database: Database) -> StartedRun | None:
    """
    Create the run of a delivery and mark the delivery as dispatched, in one transaction.

    :return: the run; None when another process has done it, or the delivery is not pending any more
    :raises FlowForgeError: the workflow cannot run at present
    :raises DBAPIError: the database failed
    """

    def work(session: Session) -> StartedRun | None:
        # Marking it first locks its row: of two dispatchers the second one waits, and then finds nothing to
        # do.
        marked = session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id, DeliveryRow.state == "pending")
            .values(
                state="dispatched",
                dispatched_at=datetime.now(tz=timezone.utc),
                attempts=DeliveryRow.attempts + 1,
                error=None,
                claimed_until=None,
            )
            .execution_options(synchronize_session=False)
        )
        if not isinstance(marked, CursorResult) or marked.rowcount != 1:
            return None
        return create_run(
            workflow_id=delivery.workflow_id,
            run_id=delivery.run_id,
            trigger=delivery.trigger(),
            session=session,
        )

    return database.transaction(work, mode="snapshot")


def record_failure(delivery: Delivery, exc: Exception, *, database: Database) -> None:
    """
    Note why a delivery did not become a run, and when to try again.

    A failing database is tried for ever. A delivery counts as failed only when the workflow is gone, or after
    half an hour of failures for another reason.
    """
    code = exc.error_code if isinstance(exc, FlowForgeError) else None
    message = f"{exc} [{code}]" if code else f"{type(exc).__name__}: {exc}"

    def work(session: Session) -> None:
        row = session.scalar(
            select(DeliveryRow)
            .where(DeliveryRow.id == delivery.id, DeliveryRow.state == "pending")
            .with_for_update()
        )
        if row is None:
            return
        row.attempts += 1
        row.error = message[:4000]
        if _is_final(exc, code=code, attempts=row.attempts):
            row.state = "failed"
            row.claimed_until = None
            log.error("Delivery %s to %s is given up: %s", row.id, row.workflow_id, message)
        else:
            delay = min(_LONGEST_DELAY_S, 2 ** min(row.attempts - 1, 10))
            row.claimed_until = datetime.now(tz=timezone.utc) + timedelta(seconds=delay)
            log.warning("Delivery %s to %s waits %d s: %s", row.id, row.workflow_id, delay, message)
        session.flush()

    database.transaction(work)


def _is_final(exc: Exception, *, code: str | None, attempts: int) -> bool:
    if is_transient(exc):
        return False
    if code is not None:
        # What is published but not registered becomes runnable when the installation is mended.
        return attempts >= _ATTEMPTS_OF_CODE.get(code, 1_000_000)
    return attempts >= _ATTEMPTS_UNFORESEEN
