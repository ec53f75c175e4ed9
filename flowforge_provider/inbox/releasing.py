"""
Let go of deliveries whose time has come: groups that are due, and those that wait for their turn.

Each step is one transaction that any process may take at any time. What it lets go is an ordinary pending
delivery, so a crash between two steps loses nothing and repeats nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select, update

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.inbox.delivery import Delivery, from_row
from flowforge_provider.runs.published import read_published
from flowforge_provider.store.tables import DeliveryGroupRow, DeliveryRow, RateRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session
    from sqlalchemy.sql import ColumnElement

    from flowforge_provider.runs.database import Database

__all__ = ["Released", "close_groups", "forget_rates", "release", "release_turns"]

# Groups that are closed in one transaction.
_GROUPS = 20
# Airflow's scheduler tells nobody that a run has finished, so it is looked at while somebody waits for it.
_TURN_PAUSE_S = 1.0
_UNFINISHED = ("queued", "running")


class Released(NamedTuple):
    """
    What may run now.

    :param deliveries: pending ones that this process holds
    :param pause_s: seconds until it is worth looking again; None when nothing waits
    """

    deliveries: list[Delivery]
    pause_s: float | None


def release(*, database: Database, claim_s: float, now: datetime | None = None) -> Released:
    """
    Let go of everything whose time has come, and hold it for this process.

    :param claim_s: seconds for which other processes leave it alone
    :param now: the present moment, for tests
    """
    moment = now or datetime.now(tz=timezone.utc)
    claimed_until = moment + timedelta(seconds=claim_s)
    found: list[Delivery] = []
    due_at, waiting = _look(database)
    if due_at is not None and due_at <= moment:
        closed = close_groups(database=database, claimed_until=claimed_until, now=moment)
        found += [each for each in closed if each.state == "pending"]
        waiting |= {each.workflow_id for each in closed if each.state == "held"}
    for workflow_id in sorted(waiting):
        found += release_turns(workflow_id, database=database, claimed_until=claimed_until)
    if waiting or (due_at is not None and due_at <= moment):
        due_at, waiting = _look(database)
    pauses = [_TURN_PAUSE_S] if waiting else []
    if due_at is not None:
        pauses.append(max(0.0, (due_at - datetime.now(tz=timezone.utc)).total_seconds()))
    return Released(found, min(pauses, default=None))


def close_groups(*, database: Database, claimed_until: datetime, now: datetime) -> list[Delivery]:
    """
    Close groups that are due.

    Of a debounced group the last delivery becomes the run and the others are skipped; of a batch the first
    one stands for all, which stay with it until its run is created.

    :return: the delivery of each group that becomes the run; held where it has to wait for its turn
    """

    def work(session: Session) -> list[Delivery]:
        groups = session.scalars(
            select(DeliveryGroupRow)
            .where(DeliveryGroupRow.due_at <= now)
            .order_by(DeliveryGroupRow.due_at, DeliveryGroupRow.id)
            .limit(_GROUPS)
            .with_for_update(skip_locked=True)
        ).all()
        chosen = []
        for group in groups:
            members = session.scalars(
                select(DeliveryRow)
                .where(DeliveryRow.group_id == group.id, DeliveryRow.state == "held")
                .order_by(DeliveryRow.id)
            ).all()
            if members:
                chosen.append(_close(members, claimed_until=claimed_until))
        session.flush()
        session.execute(
            delete(DeliveryGroupRow)
            .where(DeliveryGroupRow.id.in_([group.id for group in groups]))
            .execution_options(synchronize_session=False)
        )
        return [from_row(row) for row in chosen]

    return database.transaction(work)


def release_turns(workflow_id: str, *, database: Database, claimed_until: datetime) -> list[Delivery]:
    """
    Let go of as many waiting deliveries as may run now, for each key the oldest first.

    :return: the deliveries, which this process holds
    """

    def work(session: Session) -> list[Delivery]:
        # The lock lets one process after another count. A statement after it sees what they have let go.
        session.execute(
            select(WorkflowRow.id).where(WorkflowRow.id == workflow_id).with_for_update(key_share=True)
        )
        limits = _limits(workflow_id, session)
        taken = _count_turns(workflow_id, session)
        waiting = session.execute(
            select(DeliveryRow.node_id, DeliveryRow.concurrency_key)
            .where(_waits_for_turn(workflow_id))
            .distinct()
            .order_by(DeliveryRow.concurrency_key)
        ).all()
        rows: list[DeliveryRow] = []
        for node_id, key in waiting:
            limit = limits.get(node_id)
            query = (
                select(DeliveryRow)
                .where(
                    _waits_for_turn(workflow_id),
                    DeliveryRow.node_id == node_id,
                    DeliveryRow.concurrency_key == key,
                )
                .order_by(DeliveryRow.id)
            )
            if limit is not None:
                free = limit - taken.get(str(key), 0)
                if free <= 0:
                    continue
                query = query.limit(free)
            rows += session.scalars(query).all()
        for row in rows:
            row.state, row.reason, row.claimed_until = "pending", None, claimed_until
        session.flush()
        return [from_row(row) for row in rows]

    return database.transaction(work)


def forget_rates(*, database: Database, now: datetime) -> None:
    """Remove what is kept of rate limits that are not used up any more."""
    with database.session("read") as session:
        old = session.scalars(select(RateRow.key).where(RateRow.arrival_at < now).limit(500)).all()
    if old:
        database.transaction(
            lambda session: session.execute(
                delete(RateRow)
                .where(RateRow.key.in_(old), RateRow.arrival_at < now)
                .execution_options(synchronize_session=False)
            )
        )


def _look(database: Database) -> tuple[datetime | None, set[str]]:
    """Return when the next group is due, and the workflows with deliveries that wait for their turn."""
    with database.session("read") as session:
        due_at = session.scalar(select(func.min(DeliveryGroupRow.due_at)))
        waiting = session.scalars(select(DeliveryRow.workflow_id).where(_waits_for_turn()).distinct())
        return due_at, set(waiting)


def _close(members: Sequence[DeliveryRow], *, claimed_until: datetime) -> DeliveryRow:
    starts = [row.run_after for row in members if row.run_after is not None]
    chosen = members[-1] if members[0].grouping == "debounce" else members[0]
    for row in members:
        if row is chosen:
            continue
        row.concurrency_key = None
        if row.grouping == "debounce":
            row.state, row.reason = "skipped", "debounced"
    chosen.run_after = max(starts, default=None)
    if chosen.concurrency_key is not None:
        chosen.reason = "concurrency"
    else:
        chosen.state, chosen.claimed_until = "pending", claimed_until
    return chosen


def _waits_for_turn(workflow_id: str | None = None) -> ColumnElement[bool]:
    waits = (DeliveryRow.state == "held") & (DeliveryRow.reason == "concurrency")
    return waits if workflow_id is None else waits & (DeliveryRow.workflow_id == workflow_id)


def _limits(workflow_id: str, session: Session) -> Mapping[str, int]:
    """Return node id -> number of unfinished runs of a key; nothing where there is no limit any more."""
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

    try:
        published = read_published(workflow_id, session)
    except (ConflictError, NotFoundError):
        return {}  # What waits becomes a failed delivery, as it would without a limit.
    return {
        trigger.node_id: parameters.concurrency_limit
        for trigger in published.triggers
        if trigger.type == "webhook"
        and (parameters := WebhookParameters.model_validate(dict(trigger.parameters))).limit_concurrency
    }


def _count_turns(workflow_id: str, session: Session) -> dict[str, int]:
    """Return key -> deliveries that run or are about to, and stop counting those whose runs have finished."""
    from airflow.models.dagrun import DagRun

    counted = (DeliveryRow.workflow_id == workflow_id) & DeliveryRow.concurrency_key.is_not(None)
    unfinished = (
        select(DagRun.id)
        .where(
            DagRun.dag_id == workflow_id,
            DagRun.run_id == DeliveryRow.run_id,
            DagRun._state.in_(_UNFINISHED),
        )
        .exists()
    )
    session.execute(
        update(DeliveryRow)
        .where(counted, DeliveryRow.state.in_(("dispatched", "failed", "skipped")), ~unfinished)
        .values(concurrency_key=None)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(
        select(DeliveryRow.concurrency_key, func.count())
        .where(counted, DeliveryRow.state.in_(("pending", "dispatched")))
        .group_by(DeliveryRow.concurrency_key)
    )
    return {str(key): count for key, count in rows}
