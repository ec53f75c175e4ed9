"""Which triggers a run stems from, as the run itself sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.nodes.firing import Candidate, fired_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from flowforge_provider.nodes.schedules import Schedule

__all__ = ["fired_triggers", "run_type_of", "schedules_of_dag", "triggers_of"]


def triggers_of(context: Context) -> list[Candidate]:
    """Return the trigger tasks of the run's Dag."""
    return [
        Candidate(task.task_id, task.trigger_type)
        for task in context["dag"].tasks
        if hasattr(task, "trigger_type")
    ]


def fired_triggers(context: Context) -> list[str]:
    """Return the ids of the trigger nodes that started the run."""
    triggers = triggers_of(context)
    dag_run = context["dag_run"]
    return fired_nodes(
        triggers,
        given=(dag_run.conf or {}).get("trigger"),
        run_type=run_type_of(context),
        moment=dag_run.logical_date or dag_run.run_after,
        schedules=schedules_of_dag(context) if len(triggers) > 1 else (),
    )


def run_type_of(context: Context) -> str:
    """Return Airflow's type of the run: manual, scheduled, asset_triggered and so on."""
    run_type = context["dag_run"].run_type
    return str(getattr(run_type, "value", run_type))


def schedules_of_dag(context: Context) -> Sequence[Schedule]:
    """Return the schedules that the Dag's timetable was made of; none for Airflow's own timetables."""
    # A timetable beside assets is kept inside another one.
    timetable: Any = getattr(context["dag"], "timetable", None)
    timetable = getattr(timetable, "timetable", timetable)
    schedules: Sequence[Schedule] = getattr(timetable, "schedules", ())
    return schedules
