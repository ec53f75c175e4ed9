"""Executions as the API shows them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from airflow.models.asset import AssetEvent
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from flowforge_provider.api.datamodels.executions import (
    ExecutionResponse,
    Step,
    StepItemCollectionResponse,
)
from flowforge_provider.api.services.approvals import list_approvals
from flowforge_provider.api.services.execution_lists import explain_failure, failed_run, summary_fields
from flowforge_provider.api.services.items import items_of_steps, list_items, map_index_of_item, read_item
from flowforge_provider.api.services.relatives import find_relatives
from flowforge_provider.api.services.reruns import later_runs, mark_reused, told_rerun
from flowforge_provider.api.services.steps import build_steps, find_result, skip_reason
from flowforge_provider.api.services.tries import add_attempts, airflow_run_url, build_timeline, tell_step
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.nodes.assets import event_data
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.runs.failures import read_failures
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.reading import (
    RunRecord,
    find_run,
    find_waiting_delivery,
    state_stamp,
    unknown_execution,
)
from flowforge_provider.runs.revisions import graph_of_revision, revisions_of_seqs, seq_of_version
from flowforge_provider.runs.steps import read_steps
from flowforge_provider.runs.tries import read_tries
from flowforge_provider.runs.trigger import EMPTY_TRIGGER, fired_in_graph, trigger_of_run
from flowforge_provider.store.reruns import get_rerun
from flowforge_provider.store.tables import DeliveryRow, WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from flowforge_provider.api.paging import Page
    from flowforge_provider.graph.models import Graph
    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.ids import ExecutionId
    from flowforge_provider.runs.states import StepState

__all__ = [
    "check_execution",
    "etag_of_execution",
    "find_map_index",
    "list_step_items",
    "read_execution",
    "read_step",
]

# Larger inputs and outputs are read one by one: the editor polls the whole execution.
MAX_VALUE_CHARS = 131_072


def etag_of_execution(
    execution_id: ExecutionId, session: Session, *, language: Language = "en"
) -> str | None:
    """Return the ETag of an execution; None while only its delivery is there."""
    stamp = state_stamp(execution_id, session)
    if stamp is None:
        return None
    digest = hashlib.blake2b(f"{language}|{stamp}".encode(), digest_size=12).hexdigest()
    return f'W/"{digest}"'


def read_execution(
    execution_id: ExecutionId,
    *,
    airflow_base_url: str,
    may_see: Callable[[str], bool] | None = None,
    language: Language = "en",
    session: Session,
) -> ExecutionResponse:
    """
    Return an execution with its steps.

    A delivery that was accepted but is no run yet is a queued execution: its sender knows its id.

    :param airflow_base_url: address of Airflow's pages
    :param may_see: tells whether the user may see another workflow, by its id; nothing of those is told
        when omitted
    :param language: of what is said about a failure
    :raises NotFoundError: there is no such execution; code ``execution-not-found``
    """
    record = find_run(execution_id, session)
    delivery = find_waiting_delivery(execution_id, session) if record is None else None
    if delivery is not None and delivery.state == "dispatched":
        # Its run was created since we looked, or has been deleted since then.
        record = find_run(execution_id, session)
    elif delivery is not None:
        return _waiting(delivery, execution_id, airflow_base_url=airflow_base_url, session=session)
    if record is None:
        raise unknown_execution(execution_id)
    seq = seq_of_version(record.bundle_version)
    revision, graph = _pinned(execution_id.workflow_id, seq, session)
    steps = read_steps(
        dag_id=execution_id.workflow_id,
        run_id=execution_id.run_id,
        run_pk=record.pk,
        max_value_chars=MAX_VALUE_CHARS,
        session=session,
    )
    trigger, fired = _trigger(record, graph=graph, session=session)
    shown = build_steps(
        steps,
        graph=graph,
        trigger=trigger,
        fired=fired,
        cancelled_at=record.cancelled_at,
        items=items_of_steps(record, graph, session=session),
    )
    rerun = get_rerun(workflow_id=execution_id.workflow_id, run_id=execution_id.run_id, session=session)
    if rerun is not None:
        shown = mark_reused(shown, rerun)
    tries = read_tries(
        dag_id=execution_id.workflow_id, run_id=execution_id.run_id, run_pk=record.pk, session=session
    )
    shown = add_attempts(shown, tries, run=record, airflow_base_url=airflow_base_url)
    parent, children = find_relatives(record, trigger, may_see=may_see or (lambda _: False), session=session)
    failure = None
    if record.state == "failed":
        failed = read_failures([failed_run(record)], session).get(record.pk)
        failure = explain_failure(failed, language=language, with_detail=True)
    return ExecutionResponse(
        **summary_fields(record, seq=seq, revision=revision, rerun=rerun),
        failure=failure,
        rerun=told_rerun(rerun),
        reruns=later_runs(execution_id, session=session),
        parent=parent,
        children=children,
        timeline=build_timeline(record, tries, steps=shown),
        trigger=trigger,
        steps=[tell_step(step, language=language) for step in shown],
        result=find_result(shown),
        graph=graph,
        error=None,
        approvals=list_approvals(execution_id, session=session) if record.state == "running" else [],
        waits_for=_waits_for(record, session),
        skipped_because=skip_reason(steps),
        cancelled_at=record.cancelled_at,
        cancelled_by=record.cancelled_by,
        airflow_url=airflow_run_url(airflow_base_url, execution_id),
    )


def check_execution(execution_id: ExecutionId) -> None:
    """
    Refuse an execution that is not there; in a session of its own.

    :raises NotFoundError: code ``execution-not-found``
    """
    from airflow.utils.session import create_session

    with create_session(scoped=False) as session:
        if find_run(execution_id, session) is None and find_waiting_delivery(execution_id, session) is None:
            raise unknown_execution(execution_id)


def read_step(
    execution_id: ExecutionId,
    node_id: str,
    *,
    item: int | None = None,
    airflow_base_url: str,
    language: Language = "en",
    session: Session,
) -> Step:
    """
    Return one step with all of its data.

    :param airflow_base_url: address of Airflow's pages
    :param item: as this item of the loop took it, for a step in a loop's body
    :param language: of what is said about failures
    :raises NotFoundError: there is no such execution or step; code ``execution-not-found``,
        ``step-not-found``
    """
    record, graph = _run_and_graph(execution_id, session)
    records = read_steps(
        dag_id=execution_id.workflow_id,
        run_id=execution_id.run_id,
        run_pk=record.pk,
        task_ids=[node_id, f"{node_id}-items"],
        session=session,
    )
    trigger, fired = _trigger(record, graph=graph, session=session)
    items = items_of_steps(record, graph, only=node_id, session=session)
    steps = build_steps(
        records, graph=graph, trigger=trigger, fired=fired, cancelled_at=record.cancelled_at, items=items
    )
    rerun = get_rerun(workflow_id=execution_id.workflow_id, run_id=execution_id.run_id, session=session)
    if rerun is not None:
        steps = mark_reused(steps, rerun)
    step = next((one for one in steps if one.node_id == node_id), None)
    if step is not None:
        map_index = -1
        if item is not None:
            step = read_item(step, items.get(node_id), item, record=record, session=session)
            map_index = map_index_of_item(record, graph, node_id, item, session=session)
        tries = read_tries(
            dag_id=execution_id.workflow_id,
            run_id=execution_id.run_id,
            run_pk=record.pk,
            task_ids=[node_id],
            session=session,
        )
        (shown,) = add_attempts(
            [step],
            tries,
            run=record,
            airflow_base_url=airflow_base_url,
            map_index=map_index,
            item=item,
            with_data=True,
        )
        return tell_step(shown, language=language)
    raise NotFoundError(
        f'There is no step "{node_id[:100]}" in execution "{str(execution_id)[:300]}".', code="step-not-found"
    )


def list_step_items(
    execution_id: ExecutionId, node_id: str, *, state: StepState | None, page: Page, session: Session
) -> StepItemCollectionResponse:
    """
    Return one page of the items that a step in a loop's body has.

    :param state: only items in this state
    :raises NotFoundError: there is no such execution; code ``execution-not-found``
    """
    record, graph = _run_and_graph(execution_id, session)
    return list_items(
        record, graph, node_id, state=state, limit=page.limit, offset=page.offset, session=session
    )


def find_map_index(execution_id: ExecutionId, node_id: str, item: int | None, *, session: Session) -> int:
    """
    Return the map index of the task that takes an item of a loop; -1 without an item.

    :raises NotFoundError: there is no such execution or item
    """
    if item is None:
        return -1
    record, graph = _run_and_graph(execution_id, session)
    return map_index_of_item(record, graph, node_id, item, session=session)


def _run_and_graph(execution_id: ExecutionId, session: Session) -> tuple[RunRecord, Graph | None]:
    record = find_run(execution_id, session)
    if record is None:
        raise unknown_execution(execution_id)
    _, graph = _pinned(execution_id.workflow_id, seq_of_version(record.bundle_version), session)
    return record, graph


def _pinned(workflow_id: str, seq: int | None, session: Session) -> tuple[int | None, Graph | None]:
    if seq is None:
        return None, None
    revision = revisions_of_seqs([(workflow_id, seq)], session).get((workflow_id, seq))
    return revision, graph_of_revision(workflow_id, revision, session) if revision is not None else None


def _trigger(record: RunRecord, *, graph: Graph | None, session: Session) -> tuple[dict[str, Any], list[str]]:
    """Return what started a run, masked, and the trigger nodes that fired."""
    conf = session.scalar(select(DagRun.conf).where(DagRun.id == record.pk))
    fired = fired_in_graph(
        graph,
        conf=conf,
        run_type=record.run_type,
        run_after=record.run_after,
        logical_date=record.logical_date,
    )
    trigger = trigger_of_run(
        conf=conf,
        run_type=record.run_type,
        run_after=record.run_after,
        logical_date=record.logical_date,
        node_id=fired[0] if fired else None,
        asset_events=_asset_events(record, session),
    )
    return _as_shown(trigger, record.id.workflow_id, graph), fired


def _as_shown(trigger: dict[str, Any], workflow_id: str, graph: Graph | None) -> dict[str, Any]:
    """Return what started a run, masked; what Airflow was told without FlowForge is as it was told."""
    rules = graph.settings.redact if graph is not None else ()
    shown: dict[str, Any] = mask(Redactor(rules, scope=workflow_id).hide_trigger(trigger))
    return shown


def _asset_events(record: RunRecord, session: Session) -> list[dict[str, Any]]:
    if record.run_type != "asset_triggered":
        return []
    events = session.scalars(
        select(AssetEvent)
        .join(AssetEvent.created_dagruns)
        .where(DagRun.id == record.pk)
        .options(joinedload(AssetEvent.asset))
    )
    return event_data(events.unique())


def _waits_for(record: RunRecord, session: Session) -> str | None:
    if record.state != "queued":
        return None
    paused = session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == record.id.workflow_id))
    return "paused" if paused else None


def _waiting(
    delivery: DeliveryRow, execution_id: ExecutionId, *, airflow_base_url: str, session: Session
) -> ExecutionResponse:
    workflow = session.execute(
        select(WorkflowRow.name, WorkflowRow.published_seq).where(WorkflowRow.id == delivery.workflow_id)
    ).one_or_none()
    seq = workflow.published_seq if workflow is not None else None
    revision, graph = _pinned(delivery.workflow_id, seq, session)
    trigger = _as_shown(
        {
            **EMPTY_TRIGGER,
            "type": delivery.kind,
            "id": delivery.node_id,
            "node": delivery.node_id,
            "received_at": delivery.received_at.isoformat(),
            "delivery_id": delivery.id,
            "method": delivery.method,
            "body": delivery.body,
            "headers": delivery.headers,
            "query": delivery.query,
        },
        delivery.workflow_id,
        graph,
    )
    return ExecutionResponse(
        id=str(execution_id),
        workflow_id=delivery.workflow_id,
        workflow_name=workflow.name if workflow is not None else delivery.workflow_id,
        run_id=execution_id.run_id,
        state="failed" if delivery.state == "failed" else "queued",
        trigger_type=delivery.kind,
        revision=revision,
        seq=seq,
        created_at=delivery.received_at,
        started_at=None,
        ended_at=None,
        duration_s=None,
        trigger=trigger,
        steps=build_steps({}, graph=graph, trigger=None, cancelled_at=None),
        result=None,
        graph=graph,
        error=delivery.error,
        waits_for=None,
        cancelled_at=None,
        cancelled_by=None,
        airflow_url=airflow_run_url(airflow_base_url, execution_id),
    )
