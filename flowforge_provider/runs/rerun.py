"""
Run an execution again: a new run with the same trigger, wholly or from one of its steps on.

The steps that are kept get the state and the data that they had, in the transaction that makes the run. So
Airflow's scheduler finds them done, and goes on with what follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uuid6
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from sqlalchemy import select

from flowforge_provider.exceptions import ConflictError, RerunError
from flowforge_provider.graph.issues import Issue
from flowforge_provider.nodes.firing import WHICH_TRIGGER
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.operators.edited_input import CONF_KEY, PURPOSE, reveal
from flowforge_provider.redaction.redactor import Redactor
from flowforge_provider.redaction.sealing import ASSETS
from flowforge_provider.runs.branches import follow_ports
from flowforge_provider.runs.edited import check_edited_input, editable_input
from flowforge_provider.runs.ids import ExecutionId, rerun_prefix
from flowforge_provider.runs.reading import RunRecord, find_run, unknown_execution
from flowforge_provider.runs.replay import copy_tasks, create_pinned_run, read_earlier
from flowforge_provider.runs.rerun_plan import Reuse, plan_reuse
from flowforge_provider.runs.revisions import graph_of_revision, revisions_of_seqs, seq_of_version
from flowforge_provider.runs.sealed import seal
from flowforge_provider.runs.start import read_runnable
from flowforge_provider.runs.states import is_final
from flowforge_provider.runs.structure import loop_of_task, node_of_task, tasks_of_node
from flowforge_provider.runs.trigger import fired_in_graph, trigger_of_run
from flowforge_provider.store.reruns import add_rerun, get_rerun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from airflow.serialization.definitions.dag import SerializedDAG
    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph, Node

__all__ = ["MISSING", "RerunPlan", "plan_rerun", "rerun", "rerun_run_id"]

#: in place of an edited input: nothing was edited
MISSING: Any = object()


@dataclass
class RerunPlan:
    """
    What running an execution again would do.

    :param trigger: what started the earlier run, with everything in it
    :param trigger_node: the trigger that the new run begins at
    :param revision: the revision that would run
    :param edited: parameters that take the place of the step's own; None when nothing was edited
    :param reuse: None when all of it runs
    :param original: what can be edited, masked
    :param graph: what would run
    :param original_graph: what the earlier execution ran
    """

    record: RunRecord
    dag: SerializedDAG | None = None
    dag_version_id: UUID | None = None
    bundle_version: str | None = None
    revision: int | None = None
    latest_revision: int | None = None
    graph: Graph | None = None
    original_graph: Graph | None = None
    trigger: dict[str, Any] = field(default_factory=dict)
    trigger_node: Node | None = None
    from_node: str | None = None
    reuse: Reuse | None = None
    original: Any = None
    edited: dict[str, Any] | None = None
    issues: list[Issue] = field(default_factory=list)

    @property
    def edits_payload(self) -> bool:
        """Tell whether what can be edited is the payload, and not a step's parameters."""
        return self.from_node is None

    @property
    def is_possible(self) -> bool:
        """Tell whether nothing is in the way."""
        return not any(issue.severity == "error" for issue in self.issues)

    def node_ids(self) -> tuple[list[str], list[str]]:
        """Return the nodes that are kept, and those that may run."""
        tasks = set(self.dag.task_dict) if self.dag is not None else set()
        kept = self.reuse.kept if self.reuse is not None else set()
        runs = {node_of_task(task_id) for task_id in tasks - kept if _is_node(task_id)}
        all_nodes = {node_of_task(task_id) for task_id in tasks if _is_node(task_id)}
        return sorted(all_nodes - runs), sorted(runs)


def plan_rerun(
    execution_id: ExecutionId,
    *,
    latest: bool = False,
    from_node: str | None = None,
    edited: Any = MISSING,
    session: Session,
) -> RerunPlan:
    """
    Tell what running an execution again would do, and everything that is in the way.

    :param latest: run the live revision, not the one that the execution ran
    :param from_node: keep what does not follow this step; of a loop's body, name the loop
    :param edited: parameters of the step, or the payload where no step or a trigger is named
    :raises NotFoundError: there is no such execution
    """
    record = find_run(execution_id, session)
    if record is None:
        raise unknown_execution(execution_id)
    plan = RerunPlan(record)
    run = session.scalars(select(DagRun).where(DagRun.id == record.pk)).one()
    original_graph, original_revision = _graph_of(execution_id.workflow_id, record.bundle_version, session)
    plan.graph, plan.original_graph, plan.revision = original_graph, original_graph, original_revision
    plan.trigger = _trigger(record, run, original_graph)
    _choose_version(plan, run, latest=latest, session=session)
    if from_node is not None:
        _begin_at(plan, run, from_node, session=session)
    _edit(plan, edited, session=session)
    return plan


def rerun(
    execution_id: ExecutionId,
    *,
    run_id: str,
    latest: bool = False,
    from_node: str | None = None,
    edited: Any = MISSING,
    user: str,
    session: Session,
) -> ExecutionId:
    """
    Run an execution again, in the caller's transaction.

    Parameters as of :func:`plan_rerun`, and:

    :param run_id: id of the new run, from :func:`rerun_run_id`
    :param user: who does it
    :raises NotFoundError: there is no such execution
    :raises RerunError: something is in the way; carries all issues
    """
    plan = plan_rerun(execution_id, latest=latest, from_node=from_node, edited=edited, session=session)
    if not plan.is_possible or plan.dag is None or plan.dag_version_id is None:
        raise RerunError(plan.issues)
    workflow_id = execution_id.workflow_id
    run = create_pinned_run(
        plan.dag,
        run_id=run_id,
        conf=_conf(plan, run_id),
        dag_version_id=plan.dag_version_id,
        bundle_version=plan.bundle_version,
        user=user,
        session=session,
    )
    if plan.reuse is not None:
        copy_tasks(plan.reuse.kept, source_pk=plan.record.pk, target=run, dag=plan.dag, session=session)
        before, now = plan.original_graph, plan.graph
        if before is not None and now is not None and before != now:
            follow_ports(plan.reuse.kept, run, before=before, now=now, session=session)
    earlier = get_rerun(workflow_id=workflow_id, run_id=execution_id.run_id, session=session)
    origin: Mapping[str, str] = earlier.reused if earlier is not None else {}
    kept = plan.node_ids()[0] if plan.reuse is not None else []
    add_rerun(
        workflow_id=workflow_id,
        run_id=run_id,
        of_run_id=execution_id.run_id,
        from_node=plan.from_node,
        trigger_type=earlier.trigger_type if earlier is not None else plan.record.trigger_type,
        reused={node: origin.get(node, execution_id.run_id) for node in kept},
        user=user,
        session=session,
    )
    return ExecutionId(workflow_id, run_id)


def rerun_run_id() -> str:
    """Return a fresh id for a run that repeats another one."""
    return f"{rerun_prefix()}{uuid6.uuid7().hex}"


def _conf(plan: RerunPlan, run_id: str) -> dict[str, Any]:
    rules = plan.graph.settings.redact if plan.graph is not None else ()
    redactor = Redactor(rules, scope=plan.record.id.workflow_id)
    entry: dict[str, Any] = {"of": plan.record.id.run_id, "from": plan.from_node}
    if plan.edited is not None and plan.from_node is not None and plan.dag is not None:
        task_id = tasks_of_node(plan.from_node, plan.dag)[0]
        hidden = redactor.seal_given(plan.edited, step=plan.from_node, part="input")
        sealed = seal(
            hidden,
            purpose=f"{PURPOSE}:{task_id}",
            dag_id=plan.record.id.workflow_id,
            run_id=run_id,
        )
        entry.update(task_id=task_id, input=sealed)
    return {"trigger": redactor.seal_trigger(plan.trigger), CONF_KEY: entry}


def _choose_version(plan: RerunPlan, run: DagRun, *, latest: bool, session: Session) -> None:
    workflow_id = plan.record.id.workflow_id
    try:
        published, model, newest = read_runnable(workflow_id, session)
    except ConflictError as error:
        plan.issues.append(Issue(code=error.error_code, message=error.message))
        return
    plan.latest_revision = published.revision
    if latest:
        plan.dag, plan.dag_version_id = newest.dag, newest.version_id
        plan.bundle_version = model.bundle_version
        plan.revision = published.revision
        plan.graph = graph_of_revision(workflow_id, published.revision, session)
        return
    plan.dag = DBDagBag().get_dag_for_run(run, session=session)
    plan.dag_version_id, plan.bundle_version = run.created_dag_version_id, run.bundle_version
    if plan.dag is None or plan.dag_version_id is None:
        plan.issues.append(
            Issue(
                code="execution-outdated",
                message="Airflow does not know any more what this execution has run. Run it again on the "
                "latest revision.",
            )
        )


def _begin_at(plan: RerunPlan, run: DagRun, node_id: str, *, session: Session) -> None:
    node = _find(plan.graph, node_id)
    if node is not None and _is_trigger(node):
        # All steps follow a trigger.
        plan.trigger_node = node
        return
    plan.from_node = node_id
    if not is_final(plan.record.state):
        plan.issues.append(
            Issue(
                code="execution-running",
                message="The execution has not ended yet, so its steps cannot be used again. Wait for its "
                "end, or cancel it.",
            )
        )
    if plan.dag is None:
        return
    name = {each.id: each.label for each in plan.graph.nodes} if plan.graph is not None else {}
    if not plan.dag.has_task(node_id):
        plan.issues.append(
            Issue(
                code="rerun-step-missing",
                message=f'Revision {plan.revision} has no step "{node_id[:100]}". Run again on the revision '
                "that the execution ran, or from another step.",
                node_id=node_id,
            )
        )
        return
    loop = loop_of_task(node_id, plan.dag)
    if loop is not None:
        plan.issues.append(
            Issue(
                code="rerun-in-loop",
                message=f'Step "{name.get(node_id, node_id)}" is in a loop, whose items belong together. Run '
                f'again from the loop "{name.get(loop, loop)}".',
                node_id=node_id,
            )
        )
        return
    same_triggers = plan.graph is not None and _triggers(plan.graph) == _triggers(plan.original_graph)
    earlier = read_earlier(run, cancelled_at=plan.record.cancelled_at, session=session)
    plan.reuse = plan_reuse(node_id, dag=plan.dag, earlier=earlier, same_triggers=same_triggers, name=name)
    plan.issues += plan.reuse.issues


def _edit(plan: RerunPlan, edited: Any, *, session: Session) -> None:
    if plan.from_node is None:
        plan.original = plan.trigger.get("body")
        if edited is not MISSING:
            plan.trigger = {**plan.trigger, "body": reveal(edited, plan.original)}
        return
    node = _find(plan.graph, plan.from_node)
    if node is None or plan.dag is None or not plan.dag.has_task(plan.from_node):
        return
    task_id = tasks_of_node(plan.from_node, plan.dag)[0]
    plan.original = editable_input(task_id, run_pk=plan.record.pk, session=session)
    if edited is MISSING:
        return
    plan.edited, issues = check_edited_input(node, edited, original=plan.original)
    plan.issues += issues


def _trigger(record: RunRecord, run: DagRun, graph: Graph | None) -> dict[str, Any]:
    fired = fired_in_graph(
        graph,
        conf=run.conf,
        run_type=record.run_type,
        run_after=record.run_after,
        logical_date=record.logical_date,
    )
    events: list[dict[str, Any]] = []
    if record.run_type == "asset_triggered":
        from flowforge_provider.nodes.assets import event_data

        # What is hidden in the updates of assets is opened by every workflow; in a run, by its own.
        redactor = Redactor((), scope=record.id.workflow_id)
        opened = redactor.open(event_data(run.consumed_asset_events), scope=ASSETS)
        events = redactor.seal_known(opened)
    return trigger_of_run(
        conf=run.conf,
        run_type=record.run_type,
        run_after=record.run_after,
        logical_date=record.logical_date,
        node_id=fired[0] if fired else None,
        asset_events=events,
    )


def _graph_of(
    workflow_id: str, bundle_version: str | None, session: Session
) -> tuple[Graph | None, int | None]:
    seq = seq_of_version(bundle_version)
    if seq is None:
        return None, None
    revision = revisions_of_seqs([(workflow_id, seq)], session).get((workflow_id, seq))
    if revision is None:
        return None, None
    return graph_of_revision(workflow_id, revision, session), revision


def _find(graph: Graph | None, node_id: str) -> Node | None:
    return next((node for node in graph.nodes if node.id == node_id), None) if graph is not None else None


def _is_trigger(node: Node) -> bool:
    node_type = get_registry().find(node.type, node.type_version)
    return node_type is not None and node_type.kind == "trigger"


def _triggers(graph: Graph | None) -> set[tuple[str, str]]:
    return {(node.id, node.type) for node in graph.nodes if _is_trigger(node)} if graph is not None else set()


def _is_node(task_id: str) -> bool:
    return task_id != WHICH_TRIGGER
