"""
Switch the schedules of a published workflow on and off.

The live revision is published again, with or without its schedule, so that Airflow's scheduler itself stops
firing; webhooks and starts by hand go on. The switch outlives restarts and later publications.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from flowforge_provider.exceptions import ConflictError, GraphError
from flowforge_provider.nodes.schedules import schedules_of
from flowforge_provider.publishing.telling import TellAirflow
from flowforge_provider.store import publications, workflows
from flowforge_provider.store.revisions import get_revision
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph
    from flowforge_provider.store.tables import WorkflowRow

__all__ = ["ScheduleResult", "ScheduleState", "live_graph", "schedule_state", "switch_schedule"]


@dataclass(frozen=True)
class ScheduleState:
    """
    Whether the schedules of a workflow fire, and since when.

    :param since: what passed before is not made up for; None since ever
    """

    is_active: bool
    since: datetime | None

    def of_next(
        self, graph: Graph, *, live: Graph | None, was_online: bool, has_history: bool
    ) -> ScheduleState:
        """
        Return the state with which a graph is published next.

        A schedule that is new, or whose workflow was offline, starts now: a change at three o'clock to "daily
        at two" must not start a run at once.

        :param live: the graph that it takes the place of; None when there is none
        :param was_online: whether the workflow is published at present
        :param has_history: whether it ever was
        """
        if not was_online and not has_history:
            return self
        if was_online and live is not None and schedules_of(live) == schedules_of(graph):
            return self
        return replace(self, since=_now())


@dataclass(frozen=True, kw_only=True)
class ScheduleResult:
    """
    What switching has achieved.

    :param seq: number of the live publication
    :param is_active: whether the schedules fire
    :param reason: why Airflow does not know yet; empty when it does
    """

    workflow_id: str
    seq: int
    is_active: bool
    reason: str = ""


def schedule_state(workflow: WorkflowRow) -> ScheduleState:
    """Return the state that a workflow's row holds."""
    return ScheduleState(is_active=workflow.schedule_active, since=workflow.schedule_since)


def live_graph(workflow: WorkflowRow, session: Session) -> Graph | None:
    """Return the graph that is live; None when there is none, or it cannot be read any more."""
    from flowforge_provider.graph.load import load_graph

    if workflow.published_revision is None:
        return None
    revision = get_revision(workflow_id=workflow.id, number=workflow.published_revision, session=session)
    try:
        return load_graph(revision.graph)
    except GraphError:
        return None


def switch_schedule(*, workflow_id: str, is_active: bool, user: str) -> ScheduleResult:
    """
    Switch the schedules of a published workflow; nothing happens when they are so already.

    :param user: who switches
    :raises NotFoundError: there is no such workflow
    :raises ConflictError: it is not published, or its live revision has no schedule; codes
        ``workflow-not-published``, ``workflow-without-schedule``
    :raises GraphValidationError: the live revision cannot be compiled any more
    """
    tell = TellAirflow()

    def attempt(session: Session) -> ScheduleResult:
        from flowforge_provider.compiler import compile_graph
        from flowforge_provider.publishing.registration import prepare

        workflow = workflows.get_workflow(workflow_id, session, for_update=True)
        graph = live_graph(workflow, session)
        if workflow.published_seq is None or workflow.published_revision is None or graph is None:
            raise ConflictError(
                f'Workflow "{workflow.name}" is not published, so it has no schedule to switch. Publish it '
                "first.",
                code="workflow-not-published",
            )
        if not schedules_of(graph):
            raise ConflictError(
                f'The published revision of workflow "{workflow.name}" has no schedule. Add a schedule '
                "trigger and publish it.",
                code="workflow-without-schedule",
            )
        if workflow.schedule_active == is_active:
            return ScheduleResult(workflow_id=workflow_id, seq=workflow.published_seq, is_active=is_active)
        workflow.schedule_active = is_active
        if is_active:
            workflow.schedule_since = _now()
        source = compile_graph(graph, is_scheduled=is_active, starts_at=workflow.schedule_since)
        prepared = prepare(workflow_id=workflow_id, source=source)
        live = publications.add_publication(
            workflow=workflow,
            revision=get_revision(
                workflow_id=workflow_id, number=workflow.published_revision, session=session
            ),
            source=source,
            message="Schedule switched on." if is_active else "Schedule switched off.",
            user=user,
            session=session,
        )
        reason = tell(prepared, live, session)
        return ScheduleResult(workflow_id=workflow_id, seq=live.seq, is_active=is_active, reason=reason)

    return run_in_transaction(attempt)


def _now() -> datetime:
    return datetime.now(tz=timezone.utc).replace(microsecond=0)
