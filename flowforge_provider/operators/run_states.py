"""What a step asks Airflow about the other steps of its run, and does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk import Context

#: States in which a task stays; Airflow itself leaves running ones alone, too, when it is asked to skip them.
_KEPT = frozenset({"success", "failed", "skipped", "upstream_failed", "removed", "running", "restarting"})


def task_states(context: Context, task_ids: Iterable[str]) -> dict[str, str | None]:
    """
    Return task id -> Airflow's state in this run; None, or no entry, for a task that nobody has looked at.

    :param task_ids: tasks of the same Dag
    """
    run = context["dag_run"]
    found = context["ti"].get_task_states(dag_id=run.dag_id, task_ids=sorted(task_ids), run_ids=[run.run_id])
    states = found.get(run.run_id, {})
    return {
        task_id: str(getattr(state, "value", state)) if state else None for task_id, state in states.items()
    }


def skip_unfinished(context: Context) -> list[str]:
    """
    Skip every other task of the run that has not begun, or waits for something; return their ids.

    A task that a worker is busy with goes on to its end: the steps after it are skipped, so nothing follows.
    """
    # It is what Airflow's own branching sends; only an exception of success does it by a public way.
    from airflow.sdk.execution_time.comms import SkipDownstreamTasks
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    own = context["ti"].task_id
    others = [task_id for task_id in context["dag"].task_ids if task_id != own]
    if not others:
        return []
    states = task_states(context, others)
    tasks: list[Any] = [task_id for task_id in others if states.get(task_id) not in _KEPT]
    # Tasks of a loop are told apart by a number after their name.
    mapped = set(states) - set(others)
    for name in sorted(mapped):
        task_id, _, index = name.rpartition("_")
        if index.isdigit() and states[name] not in _KEPT:
            tasks.append((task_id, int(index)))
    if tasks:
        SUPERVISOR_COMMS.send(SkipDownstreamTasks(tasks=tasks))
    return [str(task) if isinstance(task, str) else f"{task[0]}[{task[1]}]" for task in tasks]
