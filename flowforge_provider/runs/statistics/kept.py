"""Statistics are kept for some seconds, longer where they take longer: many viewers cost as much as one."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from flowforge_provider.runs.statistics.counting import count_runs, count_triggers, runs_within
from flowforge_provider.runs.statistics.figures import RunFigures, StepFigures
from flowforge_provider.runs.statistics.steps import count_steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.statistics.days import Days

__all__ = ["Statistics", "forget_statistics", "read_statistics"]

KEPT_S = 5.0
_LONGEST_KEPT_S = 300.0
# What took a second is kept for at least twenty, so that it keeps no database busy.
_KEPT_TIMES = 20
_MOST_KEPT = 200


@dataclass(frozen=True)
class Statistics:
    """
    The executions of one workflow on some days.

    :param on_days: number of the day, from 0 -> its runs; days without runs are left out
    :param triggers: trigger -> number of runs, the most frequent first
    :param steps: the tasks of the newest runs
    :param step_runs: how many of the newest runs these are
    """

    at: datetime
    total: RunFigures = field(default_factory=RunFigures)
    on_days: Mapping[int, RunFigures] = field(default_factory=dict)
    triggers: Mapping[str, int] = field(default_factory=dict)
    steps: Sequence[StepFigures] = ()
    step_runs: int = 0


@dataclass
class _Kept:
    """What is known for one question; one caller at a time finds it out anew."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: Statistics | None = None
    until: float = 0.0


_lock = threading.Lock()
_kept: OrderedDict[tuple[str, Days], _Kept] = OrderedDict()


def read_statistics(workflow_id: str, days: Days, session: Session) -> Statistics:
    """
    Return the statistics of a workflow, as they were some seconds ago.

    While one caller finds them out, the others get those of before, or wait for the first ones.
    """
    kept = _entry((workflow_id, days))
    found = kept.found
    if found is not None and time.monotonic() < kept.until:
        return found
    if not kept.lock.acquire(blocking=found is None) and found is not None:
        return found
    try:
        if kept.found is None or time.monotonic() >= kept.until:
            began = time.monotonic()
            kept.found = _find(workflow_id, days, session)
            took = time.monotonic() - began
            kept.until = time.monotonic() + min(max(KEPT_S, _KEPT_TIMES * took), _LONGEST_KEPT_S)
        return kept.found
    finally:
        kept.lock.release()


def forget_statistics() -> None:
    """Forget everything, for tests that use one process with several databases."""
    with _lock:
        _kept.clear()


def _entry(key: tuple[str, Days]) -> _Kept:
    with _lock:
        entry = _kept.setdefault(key, _Kept())
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
        return entry


def _find(workflow_id: str, days: Days, session: Session) -> Statistics:
    now = datetime.now(tz=timezone.utc)
    within = runs_within(workflow_id, days, session)
    if within is None:
        return Statistics(now)
    on_days, total, kinds = count_runs(within, days, session)
    runs = kinds.total()
    if not runs:
        return Statistics(now)
    triggers = count_triggers(within, kinds, session)
    steps, looked_at = count_steps(within, runs=runs, session=session)
    return Statistics(now, total, on_days, triggers, steps, looked_at)
