"""Which trigger nodes a run stems from; the same answer on a worker and on the execution's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flowforge_provider.nodes.schedules import Schedule

__all__ = ["WHICH_TRIGGER", "Candidate", "by_hand", "fired_nodes", "type_without_data"]

# The task that finds which trigger has fired. No node can have this id: it holds a hyphen.
WHICH_TRIGGER = "which-trigger"


class Candidate(NamedTuple):
    """A trigger node of a workflow."""

    node: str
    type: str


def by_hand(triggers: Sequence[Candidate]) -> Candidate | None:
    """Return the trigger that stands for a start by hand: the manual one, else the one of the smallest id."""
    ordered = sorted(triggers)
    return next((trigger for trigger in ordered if trigger.type == "manual"), ordered[0] if ordered else None)


def fired_nodes(
    triggers: Sequence[Candidate],
    *,
    given: Any,
    run_type: str,
    moment: datetime | None,
    schedules: Sequence[Schedule] = (),
) -> list[str]:
    """
    Return the trigger nodes that started a run, by their ids; none only where there are no triggers.

    Several schedules can name one moment, which is one run of them all.

    :param triggers: all that the workflow has
    :param given: ``trigger`` of the run's configuration, when it has one
    :param run_type: Airflow's: manual, scheduled, backfill, asset_triggered and so on
    :param moment: the run's logical date
    :param schedules: of the cron nodes; not needed where there is one of them
    """
    if isinstance(given, Mapping) and "type" in given:
        return _named(triggers, given)
    if run_type == "asset_triggered":
        return _all_of("asset", triggers) or _stand_in(triggers)
    if run_type not in ("scheduled", "backfill"):
        return _stand_in(triggers)
    crons = _all_of("cron", triggers)
    if len(crons) > 1 and moment is not None:
        crons = [item.node for item in schedules if item.node in crons and item.names(moment)] or crons[:1]
    return sorted(crons) or _stand_in(triggers)


def type_without_data(run_type: str) -> str:
    """
    Return what started a run whose configuration does not say it, because Airflow itself started it.

    :param run_type: Airflow's
    """
    if run_type == "asset_triggered":
        return "asset"
    return "manual" if run_type == "manual" else "cron"


def _named(triggers: Sequence[Candidate], given: Mapping[str, Any]) -> list[str]:
    node = given.get("node") or given.get("id")
    if any(trigger.node == node for trigger in triggers):
        return [str(node)]
    # A delivery can be older than the publication that takes its trigger's place.
    return _all_of(str(given["type"]), triggers)[:1] or _stand_in(triggers)


def _all_of(type_: str, triggers: Sequence[Candidate]) -> list[str]:
    return sorted(trigger.node for trigger in triggers if trigger.type == type_)


def _stand_in(triggers: Sequence[Candidate]) -> list[str]:
    trigger = by_hand(triggers)
    return [trigger.node] if trigger is not None else []
