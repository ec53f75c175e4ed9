"""
Start a run: create Airflow's Dag run in this process, pinned to the workflow's live publication.

It does what Airflow's own ``POST /dags/{dag_id}/dagRuns`` does, without its request handling, with a run id
that the caller chooses, so that the database's unique key makes a repeated start harmless.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError
from flowforge_provider.runs.database import Database, get_database
from flowforge_provider.runs.published import PublishedWorkflow, read_published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from airflow.serialization.definitions.dag import SerializedDAG
    from sqlalchemy.orm import Session

__all__ = ["StartedRun", "create_run", "manual_trigger", "sample_payload", "start_run"]

_DAG_CACHE_SIZE = 64


class StartedRun(NamedTuple):
    """
    A run that exists now.

    :param created: False when a run with this id was there before
    :param paused: Airflow has paused the Dag; the run waits until it goes on
    """

    workflow_id: str
    run_id: str
    state: str
    created: bool
    paused: bool
    seq: int | None


def start_run(
    *,
    workflow_id: str,
    run_id: str,
    trigger: Mapping[str, Any] | Callable[[PublishedWorkflow], Mapping[str, Any]],
    run_after: datetime | None = None,
    user: str | None = None,
    refuse_paused: bool = False,
    database: Database | None = None,
) -> StartedRun:
    """
    Start a run in a transaction of its own; the run that already has this id is returned as it is.

    :param trigger: what started it, ``trigger`` in expressions; or a function of the live publication that
        gives it
    :param run_after: not before this moment; now when omitted
    :param user: name of the user who starts it
    :param refuse_paused: do not start a run that would only wait, because Airflow has paused the Dag
    :raises NotFoundError: there is no such workflow; code ``workflow-not-found``
    :raises ConflictError: it is not published, not registered in Airflow yet, or paused
    """

    def work(session: Session) -> StartedRun:
        return create_run(
            workflow_id=workflow_id,
            run_id=run_id,
            trigger=trigger,
            run_after=run_after,
            user=user,
            refuse_paused=refuse_paused,
            session=session,
        )

    return (database or get_database()).transaction(work, mode="snapshot")


def create_run(
    *,
    workflow_id: str,
    run_id: str,
    trigger: Mapping[str, Any] | Callable[[PublishedWorkflow], Mapping[str, Any]],
    run_after: datetime | None = None,
    user: str | None = None,
    refuse_paused: bool = False,
    session: Session,
) -> StartedRun:
    """
    Start a run in the caller's transaction, which should see one state of the database (mode ``snapshot``).

    Parameters and errors as in :func:`start_run`, and:

    :raises IntegrityError: another transaction has just made the same run; repeat yours
    """
    existing = session.execute(
        select(DagRun._state, DagRun.bundle_version).where(
            DagRun.dag_id == workflow_id, DagRun.run_id == run_id
        )
    ).one_or_none()
    if existing is not None:
        return StartedRun(
            workflow_id, run_id, str(existing[0]), created=False, paused=False, seq=_seq(existing[1])
        )
    published = read_published(workflow_id, session)
    model = _read_registered(published, session)
    if model.is_paused and refuse_paused:
        raise ConflictError(
            f'Workflow "{workflow_id}" is paused in Airflow, so the run would only wait. Switch its Dag on.',
            code="workflow-paused",
        )
    dag = _latest_dag(workflow_id, seq=published.seq, session=session)
    data = trigger(published) if callable(trigger) else trigger
    run = dag.create_dagrun(
        run_id=run_id,
        run_after=run_after or datetime.now(tz=timezone.utc),
        conf={"trigger": dict(data)},
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.REST_API,
        triggering_user_name=user,
        state=DagRunState.QUEUED,
        session=session,
    )
    return StartedRun(
        workflow_id,
        run_id,
        str(DagRunState.QUEUED),
        created=True,
        paused=bool(model.is_paused),
        seq=_seq(run.bundle_version),
    )


def manual_trigger(
    published: PublishedWorkflow, *, payload: Any, received_at: datetime | None = None
) -> dict[str, Any]:
    """
    Return the trigger data of a run that somebody starts with a payload, whatever the workflow's trigger is.

    :param payload: JSON; becomes ``trigger.body``
    """
    moment = received_at or datetime.now(tz=timezone.utc)
    return {
        "type": "manual",
        "id": published.manual_trigger.node_id,
        "node": published.manual_trigger.node_id,
        "received_at": moment.isoformat(),
        "scheduled_at": None,
        "delivery_id": None,
        "method": None,
        "path": None,
        "body": payload,
        "headers": {},
        "query": {},
    }


def sample_payload(published: PublishedWorkflow) -> Any:
    """Return the payload of a run that is started without one: what the trigger node gives as an example."""
    return published.manual_trigger.parameters.get("sample_payload", {})


def _read_registered(published: PublishedWorkflow, session: Session) -> DagModel:
    model: DagModel | None = session.scalar(
        select(DagModel).where(DagModel.dag_id == published.workflow_id, ~DagModel.is_stale)
    )
    if model is None:
        raise _not_registered(published.workflow_id)
    if model.has_import_errors:
        raise ConflictError(
            f'Airflow could not load the file of workflow "{published.workflow_id}"; its import errors '
            "are on Airflow's Dags page.",
            code="workflow-import-error",
        )
    seq = _seq(model.bundle_version)
    if seq is None or seq < published.seq:
        # Airflow still knows an older publication, whose run would not be what its sender was promised.
        raise _not_registered(published.workflow_id)
    return model


def _not_registered(workflow_id: str) -> ConflictError:
    return ConflictError(
        f'Workflow "{workflow_id}" is published, but Airflow has not registered it yet. Try again in some '
        "seconds; if it stays so, `airflow flowforge doctor` tells what is wrong.",
        code="workflow-not-registered",
    )


def _seq(bundle_version: str | None) -> int | None:
    return int(bundle_version) if bundle_version is not None and bundle_version.isdecimal() else None


# Reading a serialized Dag costs several ms, and a storm of deliveries is for few workflows. A version's
# content can be replaced in place while it has no runs, hence the hash in the key.
_dags: OrderedDict[tuple[UUID, str], SerializedDAG] = OrderedDict()
_dags_lock = threading.Lock()


def _latest_dag(dag_id: str, *, seq: int, session: Session) -> SerializedDAG:
    row = session.execute(
        select(DagVersion.id, SerializedDagModel.dag_hash, DagVersion.bundle_version)
        .join(SerializedDagModel, SerializedDagModel.dag_version_id == DagVersion.id)
        .where(DagVersion.dag_id == dag_id)
        .order_by(DagVersion.version_number.desc())
        .limit(1)
    ).one_or_none()
    if row is None or (_seq(row.bundle_version) or 0) < seq:
        raise _not_registered(dag_id)
    key = (row.id, row.dag_hash)
    with _dags_lock:
        known = _dags.get(key)
        if known is not None:
            _dags.move_to_end(key)
            return known
    serialized = session.scalars(
        select(SerializedDagModel).where(SerializedDagModel.dag_version_id == row.id)
    ).one()
    dag: SerializedDAG | None = serialized.dag
    if dag is None:
        raise _not_registered(dag_id)
    with _dags_lock:
        _dags[key] = dag
        while len(_dags) > _DAG_CACHE_SIZE:
            _dags.popitem(last=False)
    return dag
