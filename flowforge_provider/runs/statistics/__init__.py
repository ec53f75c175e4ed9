"""What the executions of a workflow have come to: counts, times and steps, day by day."""

from flowforge_provider.runs.statistics.counting import timed_share
from flowforge_provider.runs.statistics.days import Days, choose_days
from flowforge_provider.runs.statistics.figures import Durations, RunFigures, StepFigures
from flowforge_provider.runs.statistics.kept import Statistics, read_statistics

__all__ = [
    "Days",
    "Durations",
    "RunFigures",
    "Statistics",
    "StepFigures",
    "choose_days",
    "read_statistics",
    "timed_share",
]
