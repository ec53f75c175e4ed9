"""Which step of a failed run failed first and what it reported, for many runs in a few queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from sqlalchemy import and_, select

from flowforge_provider.runs.causes import cause_fingerprint
from flowforge_provider.runs.masking import mask
from flowforge_provider.runs.revisions import graph_of_revision, revisions_of_seqs, seq_of_version
from flowforge_provider.runs.steps import ERROR_KEY, read_run_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from sqlalchemy.orm import Session

__all__ = ["FailedRun", "FailedStep", "FailedTask", "read_failures", "read_reports"]

_BATCH = 200


@dataclass(frozen=True)
class FailedRun:
    """
    A run to look at.

    :param pk: the Dag run's ``id``
    """

    pk: int
    workflow_id: str
    run_id: str
    bundle_version: str | None


@dataclass(frozen=True)
class FailedStep:
    """
    The step that failed first.

    :param name: what people call it
    :param tries: tries that were begun
    :param max_tries: tries that it may take
    :param error: its report {type, code, message, detail}, masked; None when it left none
    """

    node_id: str
    name: str
    tries: int
    max_tries: int
    error: dict[str, Any] | None

    @property
    def fingerprint(self) -> str:
        """What failures of the same cause share."""
        return cause_fingerprint(node_id=self.node_id, error=self.error)


@dataclass(frozen=True)
class FailedTask:
    """A task instance that failed, for good or for now."""

    run: FailedRun
    task_id: str
    map_index: int
    try_number: int
    max_tries: int


def read_failures(runs: Sequence[FailedRun], session: Session) -> dict[int, FailedStep]:
    """
    Return the step that failed first in each run, by the run's ``pk``.

    Runs that failed without a failed step, by their own timeout or by hand, are left out.
    """
    found: dict[int, FailedStep] = {}
    for start in range(0, len(runs), _BATCH):
        batch = runs[start : start + _BATCH]
        by_name = {(run.workflow_id, run.run_id): run for run in batch}
        first: dict[int, FailedTask] = {}
        for row in _failed_tasks(batch, session):
            run = by_name.get((row.dag_id, row.run_id))
            if run is not None:
                task = FailedTask(run, row.task_id, row.map_index, row.try_number or 0, row.max_tries or 0)
                first.setdefault(run.pk, task)
        steps = read_reports(list(first.values()), session)
        found.update(zip(first, steps, strict=True))
    return found


def read_reports(tasks: Sequence[FailedTask], session: Session) -> list[FailedStep]:
    """
    Return what tasks reported of their failure, in the same order.

    :param tasks: up to some hundreds
    """
    errors = read_run_values(
        {task.run.pk for task in tasks}, {task.task_id for task in tasks}, ERROR_KEY, session=session
    )
    names = _Names([task.run for task in tasks], session)
    return [
        FailedStep(
            node_id=task.task_id,
            name=names.of(task.run, task.task_id),
            tries=task.try_number,
            max_tries=task.max_tries + 1,
            error=_report(errors.get((task.run.pk, task.task_id, task.map_index))),
        )
        for task in tasks
    ]


def _failed_tasks(runs: Collection[FailedRun], session: Session) -> Iterator[Any]:
    task: Any = TaskInstance
    # By the runs' keys: an index of tasks is then asked once for each run, not for each pair of names.
    query = (
        select(
            task.dag_id,
            task.run_id,
            task.task_id,
            task.map_index,
            task.try_number,
            task.max_tries,
        )
        .join(DagRun, and_(DagRun.dag_id == task.dag_id, DagRun.run_id == task.run_id))
        .where(DagRun.id.in_([run.pk for run in runs]), task.state == "failed")
        .order_by(task.end_date, task.start_date, task.map_index)
    )
    yield from session.execute(query)


def _report(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    if "message" not in value:
        # In the body of a loop it is a mapping from items to what each of them has reported.
        value = next((each for each in value.values() if isinstance(each, dict)), None)
    masked: dict[str, Any] | None = mask(value)
    return masked


class _Names:
    """Names of steps, from the revisions that runs are pinned to."""

    def __init__(self, runs: Sequence[FailedRun], session: Session) -> None:
        self._session = session
        self._pins = {
            run.pk: (run.workflow_id, seq)
            for run in runs
            if (seq := seq_of_version(run.bundle_version)) is not None
        }
        self._revisions = revisions_of_seqs(self._pins.values(), session)
        self._known: dict[tuple[str, int], dict[str, str]] = {}

    def of(self, run: FailedRun, node_id: str) -> str:
        pin = self._pins.get(run.pk)
        revision = self._revisions.get(pin) if pin is not None else None
        if revision is None:
            return node_id
        key = (run.workflow_id, revision)
        if key not in self._known:
            graph = graph_of_revision(*key, self._session)
            self._known[key] = {node.id: node.label for node in graph.nodes} if graph else {}
        return self._known[key].get(node_id, node_id.removesuffix("-items")) or node_id
