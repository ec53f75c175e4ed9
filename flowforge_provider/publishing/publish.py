"""
Publish, unpublish and delete workflows, each in one database transaction.

The locks are always taken in the same order, workflow -> sequence -> Dag, so that no two of these wait for
each other. On SQLite the one write lock stands for all three.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from flowforge_provider import settings
from flowforge_provider.exceptions import ConflictError, GraphValidationError
from flowforge_provider.publishing.scheduling import ScheduleState, live_graph, schedule_state
from flowforge_provider.publishing.telling import TellAirflow
from flowforge_provider.store import publications, workflows
from flowforge_provider.store.revisions import add_revision
from flowforge_provider.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.issues import Issue
    from flowforge_provider.graph.models import Graph
    from flowforge_provider.publishing.registration import PreparedDag
    from flowforge_provider.store.tables import PublicationRow, WorkflowRow

__all__ = ["PublishResult", "UnpublishResult", "delete_workflow", "is_runnable", "publish", "unpublish"]

# Drafts are saved every second or so while somebody draws; a compilation takes some milliseconds.
_COMPILE_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class PublishResult:
    """
    What publishing has achieved.

    :param seq: number of the publication; the bundle version that new runs are pinned to
    :param revision: number of the revision that is live now
    :param state: ``runnable`` when Airflow can run it at once, ``published`` when the dag-processor has to
        read it first
    :param issues: warnings about the graph
    :param reason: why it is not runnable yet; empty when it is
    """

    workflow_id: str
    seq: int
    revision: int
    state: Literal["published", "runnable"]
    issues: list[Issue] = field(default_factory=list)
    reason: str = ""

    @property
    def dag_id(self) -> str:
        """Return the id of the Dag that runs the workflow."""
        return self.workflow_id


@dataclass(frozen=True, kw_only=True)
class UnpublishResult:
    """
    What unpublishing has achieved.

    :param seq: number of the withdrawal
    """

    workflow_id: str
    seq: int
    state: Literal["unpublished"] = "unpublished"


@dataclass(frozen=True, kw_only=True)
class _Compiled:
    """A draft, compiled before the transaction, which it would only make longer."""

    digest: str
    prepared: PreparedDag
    issues: list[Issue]
    schedule: ScheduleState
    live_seq: int | None


def publish(
    *,
    workflow_id: str,
    message: str = "",
    user: str,
    expected_version: int | None = None,
    approve: Callable[[Graph], None] | None = None,
) -> PublishResult:
    """
    Make the draft live: validate and compile it, keep it as a revision, and register its Dag with Airflow.

    A draft that is live already stays the publication it is.

    :param message: what has changed, for the list of revisions
    :param user: who publishes
    :param expected_version: the version of the draft that the caller has read; None publishes any
    :param approve: is given the graph, and raises when this user must not publish it
    :raises NotFoundError: there is no such workflow
    :raises StaleVersionError: somebody saved the draft since
    :raises GraphValidationError: the graph has errors; carries all issues
    :raises CompileError: a valid graph could not be turned into a Dag
    :raises ConflictError: another Dag has this id; code ``dag-id-taken``
    """
    for _ in range(_COMPILE_TRIES):
        compiled = _compile(workflow_id, expected_version=expected_version, approve=approve)
        attempt = _Attempt(
            compiled=compiled,
            workflow_id=workflow_id,
            message=message,
            user=user,
            expected_version=expected_version,
        )
        result = run_in_transaction(attempt)
        if result is not None:
            break
    else:
        raise ConflictError(
            "The workflow was saved again and again while it was being published. Publish it again.",
            code="draft-busy",
        )
    if result.state == "runnable":
        from flowforge_provider.publishing.registration import sync_permissions

        sync_permissions(compiled.prepared)
    return result


def unpublish(*, workflow_id: str, message: str = "", user: str) -> UnpublishResult:
    """
    Take a workflow offline: nothing starts it any more, runs in progress finish.

    :param user: who unpublishes
    :raises NotFoundError: there is no such workflow
    :raises ConflictError: it is not published; code ``workflow-not-published``
    """

    def attempt(session: Session) -> UnpublishResult:
        workflow = workflows.get_workflow(workflow_id, session, for_update=True)
        if workflow.published_seq is None:
            raise ConflictError(
                f'Workflow "{workflow.name}" is not published, so there is nothing to take offline.',
                code="workflow-not-published",
            )
        seq = _withdraw(workflow, message=message, user=user, session=session)
        return UnpublishResult(workflow_id=workflow_id, seq=seq)

    return run_in_transaction(attempt)


def delete_workflow(*, workflow_id: str, force: bool = False, user: str) -> None:
    """
    Delete a workflow with its draft and revisions. Its runs stay in Airflow; those in progress finish.

    :param force: unpublish it first if need be
    :param user: who deletes
    :raises NotFoundError: there is no such workflow
    :raises ConflictError: it is published and ``force`` is not set; code ``workflow-published``
    """

    def attempt(session: Session) -> None:
        workflow = workflows.get_workflow(workflow_id, session, for_update=True)
        if force and workflow.published_seq is not None:
            _withdraw(workflow, message="Deleted.", user=user, session=session)
        workflows.delete_workflow(workflow_id=workflow_id, session=session)

    run_in_transaction(attempt)


def is_runnable(workflow: WorkflowRow, session: Session) -> bool:
    """Return whether a workflow is published and Airflow knows that publication, so that a run can start."""
    if workflow.published_seq is None:
        return False
    from flowforge_provider.publishing.registration import is_registered

    return is_registered(workflow_id=workflow.id, seq=workflow.published_seq, session=session)


def _compile(
    workflow_id: str, *, expected_version: int | None, approve: Callable[[Graph], None] | None
) -> _Compiled:
    from airflow.utils.session import create_session

    from flowforge_provider.compiler import compile_graph
    from flowforge_provider.graph.load import load_graph
    from flowforge_provider.graph.validation import validate_graph
    from flowforge_provider.publishing.registration import prepare

    with create_session(scoped=False) as session:
        workflow = workflows.get_workflow(workflow_id, session)
        workflows.check_version(workflow, expected_version)
        draft, digest = workflow.draft, workflow.draft_digest
        live_seq, has_history = workflow.published_seq, workflow.last_revision > 0
        state = schedule_state(workflow)
        live = live_graph(workflow, session)
    graph = load_graph(draft)
    issues = validate_graph(graph, max_nodes=settings.max_nodes())
    if any(issue.severity == "error" for issue in issues):
        raise GraphValidationError(issues)
    if approve is not None:
        approve(graph)
    state = state.of_next(graph, live=live, was_online=live_seq is not None, has_history=has_history)
    source = compile_graph(graph, is_scheduled=state.is_active, starts_at=state.since)
    prepared = prepare(workflow_id=workflow_id, source=source)
    return _Compiled(digest=digest, prepared=prepared, issues=issues, schedule=state, live_seq=live_seq)


@dataclass(kw_only=True)
class _Attempt:
    """One publication, tried in one transaction after another until one of them is committed."""

    compiled: _Compiled
    workflow_id: str
    message: str
    user: str
    expected_version: int | None
    tell: TellAirflow = field(default_factory=TellAirflow)

    def __call__(self, session: Session) -> PublishResult | None:
        """Return None when the draft was saved since it was compiled, or something was published."""
        from flowforge_provider.publishing.registration import check_dag_id, is_registered

        workflow = workflows.get_workflow(self.workflow_id, session, for_update=True)
        workflows.check_version(workflow, self.expected_version)
        if workflow.draft_digest != self.compiled.digest or workflow.published_seq != self.compiled.live_seq:
            return None
        check_dag_id(workflow_id=workflow.id, session=session)
        live = publications.current(workflow.id, session)
        if live is None or not self._is_live(live, workflow):
            live = self._add_publication(workflow, session)
        elif is_registered(workflow_id=workflow.id, seq=live.seq, session=session):
            return self._result(live)
        return self._result(live, reason=self.tell(self.compiled.prepared, live, session))

    def _is_live(self, live: PublicationRow, workflow: WorkflowRow) -> bool:
        return (
            workflow.published_digest == workflow.draft_digest
            and live.source == self.compiled.prepared.source
        )

    def _add_publication(self, workflow: WorkflowRow, session: Session) -> PublicationRow:
        revision = add_revision(workflow=workflow, message=self.message, user=self.user, session=session)
        workflow.schedule_since = self.compiled.schedule.since
        return publications.add_publication(
            workflow=workflow,
            revision=revision,
            source=self.compiled.prepared.source,
            message=self.message,
            user=self.user,
            session=session,
        )

    def _result(self, live: PublicationRow, *, reason: str = "") -> PublishResult:
        assert live.revision_number is not None  # noqa: S101 - only withdrawals have none
        return PublishResult(
            workflow_id=live.workflow_id,
            seq=live.seq,
            revision=live.revision_number,
            state="published" if reason else "runnable",
            issues=self.compiled.issues,
            reason=reason,
        )


def _withdraw(workflow: WorkflowRow, *, message: str, user: str, session: Session) -> int:
    from flowforge_provider.publishing.registration import deactivate, note_bundle_version

    withdrawal = publications.add_withdrawal(workflow=workflow, message=message, user=user, session=session)
    if settings.is_bundle_configured():
        note_bundle_version(seq=withdrawal.seq, session=session)
    deactivate(workflow_id=workflow.id, session=session)
    return withdrawal.seq
