"""
Start a run: create Airflow's Dag run in this process, pinned to the workflow's live publication.

It does what Airflow's own ``POST /dags/{dag_id}/dagRuns`` does, without its request handling, with a run id
that the caller chooses, so that the database's unique key makes a repeated start harmless.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow.models.dag import DagModel
from airflow.models.dag_version import DagVersion
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.queue.letting import hold_new_runs, is_letting
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.runs.bulk import NewRun, insert_runs, prepare_runs
from flowforge_provider.runs.database import Database, get_database
from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow, read_published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from airflow.serialization.definitions.dag import SerializedDAG
    from sqlalchemy.orm import Session

__all__ = [
    "LatestDag",
    "RunRequest",
    "StartedRun",
    "begin_at",
    "create_run",
    "create_runs",
    "latest_dag",
    "manual_trigger",
    "read_runnable",
    "sample_payload",
    "start_run",
]

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


@dataclass(frozen=True)
class RunRequest:
    """
    One of several runs that are to start.

    :param trigger: what started it, ``trigger`` in expressions
    :param run_after: not before this moment; now when omitted
    """

    run_id: str
    trigger: Mapping[str, Any]
    run_after: datetime | None = None


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
    existing = _existing_runs(workflow_id, [run_id], session=session)
    if existing:
        return existing[run_id]
    published, model, latest = read_runnable(workflow_id, session)
    # One whose runs are let through singly bears both marks the other way round.
    paused = bool(model.is_paused or model.has_import_errors)
    if paused and refuse_paused:
        raise ConflictError(
            f'Workflow "{workflow_id}" is paused, so the run would only wait. Resume it on the page of the '
            "queue, or switch its Dag on.",
            code="workflow-paused",
        )
    data = trigger(published) if callable(trigger) else trigger
    request = RunRequest(run_id, data, run_after)
    seq = _create_plainly(request, published, dag=latest.dag, user=user, session=session)
    _hold_if_need_be(model, [run_id], session=session)
    return _started(workflow_id, run_id, paused=paused, seq=seq)


def create_runs(
    *, workflow_id: str, requests: Sequence[RunRequest], session: Session
) -> Sequence[StartedRun]:
    """
    Start several runs of one workflow in the caller's transaction, with few statements; all or none.

    Errors as in :func:`create_run`.

    :param requests: each with another ``run_id``
    :return: in the order of the requests; runs that were there before are returned as they are
    """
    existing = _existing_runs(workflow_id, [each.run_id for each in requests], session=session)
    wanted = [each for each in requests if each.run_id not in existing]
    if not wanted:
        return [existing[each.run_id] for each in requests]
    published, model, latest = read_runnable(workflow_id, session)
    prepared = None
    if len(wanted) > 1:
        now = datetime.now(tz=timezone.utc)
        prepared = prepare_runs(
            [NewRun(each.run_id, _conf(each.trigger, published), each.run_after or now) for each in wanted],
            dag=latest.dag,
            dag_version_id=latest.version_id,
            bundle_version=model.bundle_version,
            session=session,
        )
    if prepared is not None:
        insert_runs(prepared, session=session)
        seqs = {run.run_id: _seq(run.bundle_version) for run in prepared.runs}
    else:
        seqs = {
            each.run_id: _create_plainly(each, published, dag=latest.dag, session=session) for each in wanted
        }
    _hold_if_need_be(model, [each.run_id for each in wanted], session=session)
    paused = bool(model.is_paused or model.has_import_errors)
    return [
        existing.get(each.run_id) or _started(workflow_id, each.run_id, paused=paused, seq=seqs[each.run_id])
        for each in requests
    ]


def _hold_if_need_be(model: DagModel, run_ids: Sequence[str], *, session: Session) -> None:
    """Hold runs of a paused workflow that were made while another of it is let through."""
    # Only such a Dag bears the mark and could be run all the same.
    if model.has_import_errors:
        session.flush()
        hold_new_runs(model.dag_id, run_ids, session)


def _existing_runs(workflow_id: str, run_ids: Sequence[str], *, session: Session) -> dict[str, StartedRun]:
    rows = session.execute(
        select(DagRun.run_id, DagRun._state, DagRun.bundle_version).where(
            DagRun.dag_id == workflow_id, DagRun.run_id.in_(run_ids)
        )
    )
    return {
        row[0]: StartedRun(workflow_id, row[0], str(row[1]), created=False, paused=False, seq=_seq(row[2]))
        for row in rows
    }


def read_runnable(workflow_id: str, session: Session) -> tuple[PublishedWorkflow, DagModel, LatestDag]:
    """
    Return what runs of a workflow that start now would run.

    :raises NotFoundError: there is no such workflow
    :raises ConflictError: it is not published, or not registered in Airflow yet
    """
    published = read_published(workflow_id, session)
    model = _read_registered(published, session)
    return published, model, latest_dag(workflow_id, seq=published.seq, session=session)


def _create_plainly(
    request: RunRequest,
    published: PublishedWorkflow,
    *,
    dag: SerializedDAG,
    user: str | None = None,
    session: Session,
) -> int | None:
    run = dag.create_dagrun(
        run_id=request.run_id,
        run_after=request.run_after or datetime.now(tz=timezone.utc),
        conf=_conf(request.trigger, published),
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.REST_API,
        triggering_user_name=user,
        state=DagRunState.QUEUED,
        session=session,
    )
    return _seq(run.bundle_version)


def _conf(trigger: Mapping[str, Any], published: PublishedWorkflow) -> dict[str, Any]:
    redactor = Redactor(published.redact, scope=published.workflow_id)
    return {"trigger": redactor.seal_trigger(trigger)}


def _started(workflow_id: str, run_id: str, *, paused: bool, seq: int | None) -> StartedRun:
    return StartedRun(workflow_id, run_id, str(DagRunState.QUEUED), created=True, paused=paused, seq=seq)


def manual_trigger(
    published: PublishedWorkflow,
    *,
    payload: Any,
    received_at: datetime | None = None,
    node_id: str | None = None,
) -> dict[str, Any]:
    """
    Return the trigger data of a run that somebody starts with a payload, whatever triggers there are.

    :param payload: JSON; becomes ``trigger.body``
    :param node_id: the trigger node that the run begins at; the one for starts by hand when omitted
    :raises NotFoundError: there is no such trigger; code ``trigger-not-found``
    """
    moment = received_at or datetime.now(tz=timezone.utc)
    trigger = begin_at(published, node_id)
    return {
        "type": "manual",
        "id": trigger.node_id,
        "node": trigger.node_id,
        "received_at": moment.isoformat(),
        "scheduled_at": None,
        "delivery_id": None,
        "method": None,
        "path": None,
        "body": payload,
        "headers": {},
        "query": {},
    }


def sample_payload(published: PublishedWorkflow, *, node_id: str | None = None) -> Any:
    """
    Return the payload of a run that is started without one: what the trigger node gives as an example.

    :raises NotFoundError: as ``manual_trigger``
    """
    return begin_at(published, node_id).parameters.get("sample_payload", {})


def begin_at(published: PublishedWorkflow, node_id: str | None) -> PublishedTrigger:
    """
    Return the trigger node that a run by hand begins at.

    :param node_id: None for the one that stands for starts by hand
    :raises NotFoundError: there is no such trigger; code ``trigger-not-found``
    """
    if node_id is None:
        return published.manual_trigger
    trigger = published.find_trigger(node_id)
    if trigger is None:
        known = ", ".join(trigger.node_id for trigger in published.triggers)
        raise NotFoundError(
            f'Workflow "{published.workflow_id}" has no trigger "{node_id[:100]}". It has: {known}.',
            code="trigger-not-found",
        )
    return trigger


def _read_registered(published: PublishedWorkflow, session: Session) -> DagModel:
    model: DagModel | None = session.scalar(
        select(DagModel).where(DagModel.dag_id == published.workflow_id, ~DagModel.is_stale)
    )
    if model is None:
        raise _not_registered(published.workflow_id)
    if model.has_import_errors and not is_letting(published.workflow_id, session):
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


class LatestDag(NamedTuple):
    """The newest version of a Dag."""

    version_id: UUID
    dag: SerializedDAG


# Reading a serialized Dag costs several ms, and a storm of deliveries is for few workflows. A version's
# content can be replaced in place while it has no runs, hence the hash in the key.
_dags: OrderedDict[tuple[UUID, str], SerializedDAG] = OrderedDict()
_dags_lock = threading.Lock()


def latest_dag(dag_id: str, *, seq: int, session: Session) -> LatestDag:
    """
    Return the newest version of a Dag.

    :param seq: the publication that it must know, or a later one
    :raises ConflictError: Airflow has not registered that yet; code ``workflow-not-registered``
    """
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
            return LatestDag(row.id, known)
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
    return LatestDag(row.id, dag)
