"""Statistics as plain numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SHARES", "Durations", "RunFigures", "StepFigures", "find_durations"]

#: Which share of all took no longer.
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True)
class Durations:
    """Seconds that half of all, 95 and 99 of a hundred took at most."""

    p50: float
    p95: float
    p99: float


@dataclass
class RunFigures:
    """
    The runs of a day, or of all days.

    :param states: state in the words of the API -> number
    :param durations: of those that succeeded; None when none did
    """

    states: Counter[str] = field(default_factory=Counter)
    durations: Durations | None = None


@dataclass(frozen=True)
class StepFigures:
    """
    One task in the newest runs.

    :param ended: how often it has succeeded or failed
    :param failed: how often it has failed for good
    :param retried: how often it took more than one try
    :param durations: of its last tries that succeeded; None when none did
    """

    task_id: str
    ended: int
    failed: int
    retried: int
    durations: Durations | None


def find_durations(seconds: Sequence[float]) -> Durations | None:
    """
    Return what PostgreSQL's ``percentile_cont`` gives: between two values it goes straight.

    :param seconds: in any order
    """
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Durations(*(_percentile(ordered, share) for share in SHARES))


def _percentile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
