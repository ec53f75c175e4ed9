"""
Count runs and their times by day, in the database, with no index but Airflow's own.

Ids of runs grow with time, so days are a range of ids, and the database chooses between that and its index of
the workflow. PostgreSQL does all of the counting. SQLite has no percentiles: it hands out the times, and we
find them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow.models.dagrun import DagRun
from sqlalchemy import (
    BigInteger,
    Float,
    Integer,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, array

from flowforge_provider.runs.id_times import SLACK, created_column, first_id_since
from flowforge_provider.runs.ids import rerun_prefix, webhook_run_id
from flowforge_provider.runs.reading import is_cancellation, is_delivery
from flowforge_provider.runs.statistics.figures import SHARES, Durations, RunFigures, find_durations
from flowforge_provider.store.tables import CancellationRow, DeliveryRow, RerunRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from flowforge_provider.runs.statistics.days import Days

__all__ = [
    "count_runs",
    "count_triggers",
    "is_postgres",
    "newest_within",
    "percentiles",
    "runs_within",
    "seconds_between",
    "timed_share",
]

# What kind a delivery is, is looked up for so many of the newest runs; the others are shared out likewise.
_MOST_DELIVERIES = 20_000
# SQLite knows no time zones. Their clocks are all apart by some number of quarters of an hour, so what was
# made in the same quarter was made on the same day.
_SLOT_S = 900
# Of more runs than these, the times of a part are sorted: of such as make up an even share of all.
_MOST_TIMED = 100_000
# Steps of the golden ratio, so that workflows which take turns cannot fall between them.
_PRIME, _STEP = 104_729, 64_727
_DELIVERY = "delivery"
_RERUN = "rerun"


def runs_within(workflow_id: str, days: Days, session: Session) -> list[Any] | None:
    """Return the conditions for the workflow's runs of some days; None when there can be none."""
    begin, end = days.bounds[0], days.bounds[-1]
    low = first_id_since(begin, session=session)
    if low is None:
        return None
    # As two columns the database can tell how many they are, and so which way is short.
    created, due = DagRun.created_at, DagRun.run_after
    made = or_(and_(created >= begin, created < end), and_(created.is_(None), due >= begin, due < end))
    conditions = [DagRun.dag_id == workflow_id, DagRun.id >= low, made]
    # What was made this much later has a greater id than all that is meant.
    high = first_id_since(end + 2 * SLACK, session=session)
    return conditions if high is None else [*conditions, DagRun.id < high]


def count_runs(
    within: Sequence[Any], days: Days, session: Session
) -> tuple[dict[int, RunFigures], RunFigures, Counter[str]]:
    """
    Return the runs of each day that had any, by the number of the day, and those of all days.

    :param within: from :func:`runs_within`
    :return: also how many runs each of Airflow's kinds has, as :func:`count_triggers` takes them
    """
    on_days: defaultdict[int, RunFigures] = defaultdict(RunFigures)
    total, kinds = RunFigures(), Counter[str]()
    for day, state, kind, number in _count(within, days, session):
        on_days[day].states[state] += number
        total.states[state] += number
        kinds[kind] += number
    if total.states["failed"]:
        for day, number in _cancelled(within, days, session):
            for figures in (on_days[day], total):
                figures.states["cancelled"] += number
                figures.states["failed"] -= number
    if succeeded := total.states["success"]:
        timed = [*within, *_even_share(timed_share(succeeded))]
        for number_of_day, durations in _durations(timed, days, session):
            (total if number_of_day is None else on_days[number_of_day]).durations = durations
    return dict(on_days), total, kinds


def count_triggers(within: Sequence[Any], kinds: Mapping[str, int], session: Session) -> dict[str, int]:
    """
    Return what started the runs: trigger in the words of the API -> number, the most frequent first.

    What repeats an earlier run counts as what that one does.

    :param kinds: from :func:`count_runs`
    """
    found = Counter(kinds)
    if repeats := found.pop(_RERUN, 0):
        this = and_(RerunRow.workflow_id == DagRun.dag_id, RerunRow.run_id == DagRun.run_id)
        query = select(RerunRow.trigger_type, func.count()).join(DagRun, this).where(*within)
        known = _numbers(query.group_by(RerunRow.trigger_type), session)
        found.update(known)
        found["manual"] += repeats - known.total()
    if delivered := found.pop(_DELIVERY, 0):
        found.update(
            _share_out(delivered, _delivery_kinds(within, runs=sum(kinds.values()), session=session))
        )
    return {kind: number for kind, number in found.most_common() if number > 0}


def _count(within: Sequence[Any], days: Days, session: Session) -> Iterator[tuple[int, str, str, int]]:
    day = _day_column(days, session)
    columns = (day.label("day"), DagRun._state.label("state"), _kind_column().label("kind"))
    places: list[Any] = [literal_column(str(place)) for place in (1, 2, 3)]
    query = select(*columns, func.count()).where(*within).group_by(*places)
    for row in session.execute(query):
        yield _day(row[0], days, session), str(getattr(row[1], "value", row[1])), row[2], row[3]


def _cancelled(within: Sequence[Any], days: Days, session: Session) -> Iterator[tuple[int, int]]:
    query = (
        select(_day_column(days, session), func.count())
        .join(CancellationRow, is_cancellation())
        .where(*within, DagRun._state == "failed")
        .group_by(literal_column("1"))
    )
    for day, number in session.execute(query):
        yield _day(day, days, session), number


def _durations(
    within: Sequence[Any], days: Days, session: Session
) -> Iterator[tuple[int | None, Durations | None]]:
    ended = (
        *within,
        DagRun._state == "success",
        DagRun.start_date.is_not(None),
        DagRun.end_date.is_not(None),
    )
    day, seconds = _day_column(days, session), seconds_between(DagRun.start_date, DagRun.end_date, session)
    if not is_postgres(session):
        of_days: defaultdict[int | None, list[float]] = defaultdict(list)
        for slot, value in session.execute(select(day, seconds).where(*ended)):
            of_days[_day(slot, days, session)].append(value)
            of_days[None].append(value)
        yield from ((number, find_durations(values)) for number, values in of_days.items())
        return
    times = select(day.label("day"), seconds.label("seconds")).where(*ended).subquery()
    query = select(times.c.day, percentiles(times.c.seconds)).group_by(func.grouping_sets(times.c.day, ()))
    for number, values in session.execute(query):
        yield number, Durations(*values) if values is not None else None


def timed_share(succeeded: int) -> float:
    """Return of which share of the runs that succeeded the times are sorted; 1.0 is all."""
    return min(1.0, _MOST_TIMED / max(succeeded, 1))


def _even_share(share: float) -> list[Any]:
    if share == 1.0:
        return []
    return [cast(DagRun.id, BigInteger) * _STEP % _PRIME < max(1, int(_PRIME * share))]


def _kind_column() -> Any:
    """Return the part of a run's trigger that its own row tells."""
    return case(
        (DagRun.run_type == "operator_triggered", "workflow"),
        (DagRun.run_type == "asset_triggered", "asset"),
        (DagRun.run_type != "manual", "cron"),
        (DagRun.run_id.startswith(webhook_run_id(""), autoescape=True), _DELIVERY),
        (DagRun.run_id.startswith(rerun_prefix(), autoescape=True), _RERUN),
        else_="manual",
    )


def _delivery_kinds(within: Sequence[Any], *, runs: int, session: Session) -> dict[str, int]:
    delivered = [
        *within,
        *newest_within(within, _MOST_DELIVERIES, runs=runs, session=session),
        DagRun.run_id.startswith(webhook_run_id(""), autoescape=True),
    ]
    # A delivery may have been cleaned up before its run.
    kind = func.coalesce(DeliveryRow.kind, "webhook").label("kind")
    query = select(kind, func.count()).select_from(DagRun).join(DeliveryRow, is_delivery(), isouter=True)
    return _numbers(query.where(*delivered).group_by(literal_column("1")), session)


def newest_within(within: Sequence[Any], most: int, *, runs: int, session: Session) -> list[Any]:
    """
    Return the condition that leaves only the newest runs.

    :param most: how many, at least one
    :param runs: how many there are; none is left out when they are no more
    """
    if runs <= most:
        return []
    query = select(DagRun.id).where(*within).order_by(DagRun.id.desc()).offset(most - 1).limit(1)
    oldest = session.scalar(query)
    return [] if oldest is None else [DagRun.id >= oldest]


def _numbers(query: Any, session: Session) -> Counter[str]:
    return Counter({row[0]: row[1] for row in session.execute(query)})


def _share_out(number: int, shares: Mapping[str, int]) -> Counter[str]:
    """Return the number in the given proportions; exact when they add up to it."""
    all_shares = sum(shares.values())
    if not all_shares:
        return Counter(webhook=number)
    parts = Counter({kind: number * share // all_shares for kind, share in shares.items()})
    parts[max(shares, key=lambda kind: shares[kind])] += number - parts.total()
    return parts


def is_postgres(session: Session) -> bool:
    """Tell whether the database finds percentiles itself."""
    return session.get_bind().dialect.name == "postgresql"


def seconds_between(begin: Any, end: Any, session: Session) -> Any:
    """Return the seconds from one column to another, never less than none."""
    if is_postgres(session):
        return func.greatest(cast(func.extract("epoch", end - begin), Float), 0.0)
    # Julian days are exact to some 40 microseconds.
    return func.max(0.0, func.round((func.julianday(end) - func.julianday(begin)) * 86_400.0, 4))


def percentiles(column: Any) -> Any:
    """Return PostgreSQL's list of the values at ``SHARES``."""
    shares = cast(array([literal(share) for share in SHARES]), ARRAY(Float))
    return func.percentile_cont(shares).within_group(column)


def _day_column(days: Days, session: Session) -> Any:
    """Return what tells the day that a run was made on, to :func:`_day`."""
    if is_postgres(session):
        bounds = array([literal(each, TIMESTAMP(timezone=True)) for each in days.bounds])
        return func.width_bucket(created_column(), bounds, type_=Integer) - 1
    return cast(func.strftime("%s", created_column()), Integer) / literal_column(str(_SLOT_S))


def _day(value: int, days: Days, session: Session) -> int:
    return value if is_postgres(session) else bisect_right(_slots(days.bounds), value) - 1


@lru_cache(maxsize=8)
def _slots(bounds: tuple[datetime, ...]) -> list[int]:
    return [int(each.timestamp()) // _SLOT_S for each in bounds]
