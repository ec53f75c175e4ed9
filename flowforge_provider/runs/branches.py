"""Which steps a kept step leads to in another revision than the one in which it ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.models.xcom import XComModel
from sqlalchemy import select

from flowforge_provider.compiler.plan import build_plan
from flowforge_provider.operators.ports import SUCCESS
from flowforge_provider.runs.replay import FOLLOWED, SKIP_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from airflow.models.dagrun import DagRun
    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Graph

__all__ = ["follow_ports"]

Ports = dict[str, "Mapping[str, Sequence[str]]"]


def follow_ports(
    task_ids: Collection[str], run: DagRun, *, before: Graph, now: Graph, session: Session
) -> None:
    """
    Let kept steps lead on through the ports that they took, as another revision connects them.

    Airflow keeps the tasks that a branch went on to, not its ports.

    :param task_ids: tasks of the run that have got their state and data from an earlier run
    :param before: the graph in which they ran
    :param now: the graph of the run
    """
    old, new = _ports(before), _ports(now)
    rows = {
        row.task_id: row
        for row in session.scalars(
            select(XComModel).where(
                XComModel.dag_run_id == run.id, XComModel.key == SKIP_KEY, XComModel.task_id.in_(task_ids)
            )
        )
    }
    for task_id in sorted(task_ids):
        targets = new.get(task_id)
        if targets is None or targets == old.get(task_id):
            continue
        row = rows.get(task_id)
        taken = _taken(old.get(task_id), row.value if row is not None else None)
        followed = sorted({target for port in taken for target in targets.get(port, ())})
        if row is not None:
            row.value = {FOLLOWED: followed}
        else:
            session.add(
                XComModel(
                    dag_run_id=run.id,
                    task_id=task_id,
                    map_index=-1,
                    key=SKIP_KEY,
                    dag_id=run.dag_id,
                    run_id=run.run_id,
                    value={FOLLOWED: followed},
                )
            )
    session.flush()


def _ports(graph: Graph) -> Ports:
    return {task.task_id: task.ports for task in build_plan(graph).tasks if task.ports is not None}


def _taken(ports: Mapping[str, Sequence[str]] | None, value: object) -> set[str]:
    if ports is None:
        return {SUCCESS}
    followed = value.get(FOLLOWED) if isinstance(value, dict) else None
    tasks = set(followed) if isinstance(followed, list) else set()
    return {port for port, targets in ports.items() if targets and tasks.issuperset(targets)}
