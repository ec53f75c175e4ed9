"""
Turn deliveries into their runs.

The mark on a delivery and its run are one transaction; several deliveries to one workflow share it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.inbox.batches import batch_trigger, fail_batch, take_batch
from flowforge_provider.runs.database import is_transient
from flowforge_provider.runs.start import RunRequest, StartedRun, create_runs
from flowforge_provider.store.tables import DeliveryRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.inbox.delivery import Delivery
    from flowforge_provider.runs.database import Database

__all__ = ["dispatch", "dispatch_batch", "record_failure"]

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
    return _dispatch_together([delivery], database=database).get(delivery.id)


def dispatch_batch(deliveries: Sequence[Delivery], *, database: Database) -> dict[str, Exception]:
    """
    Create the runs of deliveries to one workflow, with few statements; one that fails harms no other.

    :param deliveries: all to the same workflow
    :return: delivery id -> why it did not become a run
    """
    try:
        _dispatch_together(deliveries, database=database)
    except Exception as exc:  # whatever it is, the caller notes it
        if len(deliveries) == 1 or is_transient(exc):
            return dict.fromkeys((each.id for each in deliveries), exc)
        log.debug("%d deliveries are dispatched one by one: %s", len(deliveries), exc)
    else:
        return {}
    failures: dict[str, Exception] = {}
    for each in deliveries:
        failures.update(dispatch_batch([each], database=database))
    return failures


def _dispatch_together(deliveries: Sequence[Delivery], *, database: Database) -> dict[str, StartedRun]:
    def work(session: Session) -> dict[str, StartedRun]:
        # Marking them first locks their rows: another dispatcher passes over them, or finds nothing to do.
        mine = _mark(deliveries, session)
        if not mine:
            return {}
        requests = {each.id: _request(each, session) for each in mine}
        runs = create_runs(workflow_id=mine[0].workflow_id, requests=list(requests.values()), session=session)
        return dict(zip(requests, runs, strict=True))

    return database.transaction(work, mode="snapshot")


def _request(delivery: Delivery, session: Session) -> RunRequest:
    batched = delivery.grouping == "batch"
    trigger = batch_trigger(take_batch(delivery, session)) if batched else delivery.trigger()
    return RunRequest(delivery.run_id, trigger, delivery.run_after)


def _mark(deliveries: Sequence[Delivery], session: Session) -> list[Delivery]:
    """Mark the deliveries that are still pending as dispatched, and return them."""
    pending = (
        select(DeliveryRow.id)
        .where(DeliveryRow.id.in_([each.id for each in deliveries]), DeliveryRow.state == "pending")
        .with_for_update(skip_locked=True)
    )
    ids = set(session.scalars(pending))
    if ids:
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(ids))
            .values(
                state="dispatched",
                dispatched_at=datetime.now(tz=timezone.utc),
                attempts=DeliveryRow.attempts + 1,
                error=None,
                claimed_until=None,
            )
            .execution_options(synchronize_session=False)
        )
    return [each for each in deliveries if each.id in ids]


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
            fail_batch(row, session)
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
