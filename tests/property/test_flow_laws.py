"""Laws of rate limits and of groups, against models that are simpler and slower."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.inbox.flow import MAX_BATCH_BYTES, Group, Grouping, Rate, join, short_key, take

START = datetime(2026, 1, 5, tzinfo=timezone.utc)
GAPS = st.lists(st.integers(0, 9), min_size=1, max_size=40)
LIMITS = st.integers(1, 6)
# Seconds for one delivery; a whole number, so that the model needs no rounding.
INTERVALS = st.integers(1, 5)


def _moments(gaps: list[int]) -> list[datetime]:
    moments, now = [], START
    for gap in gaps:
        now += timedelta(seconds=gap)
        moments.append(now)
    return moments


def _passes(rate: Rate, moments: list[datetime]) -> list[bool]:
    """Return which of the deliveries a limit lets pass at once; the others are not counted."""
    arrival_at, passed = None, []
    for now in moments:
        grant = take(rate, arrival_at=arrival_at, now=now)
        passed.append(grant.start_at == now)
        if passed[-1]:
            arrival_at = grant.arrival_at
    return passed


@given(gaps=GAPS, limit=LIMITS, interval=INTERVALS)
def test_a_limit_is_a_bucket_of_tokens_that_fills_steadily(
    gaps: list[int], limit: int, interval: int
) -> None:
    rate = Rate("k", limit, timedelta(seconds=limit * interval))
    tokens, expected = Fraction(limit), []
    for index, gap in enumerate(gaps):
        tokens = min(Fraction(limit), tokens + (Fraction(gap, interval) if index else 0))
        expected.append(tokens >= 1)
        tokens -= expected[-1]
    assert _passes(rate, _moments(gaps)) == expected


@given(gaps=GAPS, limit=LIMITS, interval=INTERVALS)
def test_what_is_refused_passes_at_the_moment_it_was_told(gaps: list[int], limit: int, interval: int) -> None:
    rate = Rate("k", limit, timedelta(seconds=limit * interval))
    arrival_at = None
    for now in _moments(gaps):
        grant = take(rate, arrival_at=arrival_at, now=now)
        if grant.start_at > now:
            early = take(rate, arrival_at=arrival_at, now=grant.start_at - timedelta(microseconds=1))
            assert early.start_at > grant.start_at - timedelta(microseconds=1)
            assert take(rate, arrival_at=arrival_at, now=grant.start_at).start_at == grant.start_at
        else:
            arrival_at = grant.arrival_at


@given(gaps=GAPS, limit=LIMITS, period_us=st.integers(1, 7_000_000))
def test_spread_deliveries_start_in_order_and_within_the_limit(
    gaps: list[int], limit: int, period_us: int
) -> None:
    rate = Rate("k", limit, timedelta(microseconds=period_us), spread=True)
    arrival_at, starts = None, []
    for now in _moments(gaps):
        grant = take(rate, arrival_at=arrival_at, now=now)
        assert grant.start_at >= now
        arrival_at = grant.arrival_at
        starts.append(grant.start_at)
    assert starts == sorted(starts)
    assert all(_passes(rate, starts)), "the limit would not let them pass when they start"


class _Run(NamedTuple):
    closed_at: datetime
    members: list[int]


def _join_all(grouping: Grouping, moments: list[datetime], sizes: list[int]) -> list[_Run]:
    group: Group | None = None
    members: dict[str, list[int]] = {}
    last: dict[str, Group] = {}
    for number, (now, size) in enumerate(zip(moments, sizes, strict=True)):
        joined = join(grouping, group, delivery_id=str(number), size=size, now=now)
        if joined.closed is not None:
            last[joined.closed.id] = joined.closed
        members.setdefault(joined.group.id, []).append(number)
        last[joined.group.id] = joined.group
        group = joined.group if joined.group.is_open else None
    return [_Run(last[id_].due_at, numbers) for id_, numbers in members.items()]


def _tick(grouping: Grouping, seconds: list[int], sizes: list[int]) -> list[_Run]:
    """Live through each second: first what is due, then what arrives."""
    runs: list[_Run] = []
    open_: list[int] = []

    def close(second: int) -> None:
        runs.append(_Run(START + timedelta(seconds=second), list(open_)))
        open_.clear()

    wait = int(grouping.wait.total_seconds())
    longest = int(grouping.longest_wait.total_seconds()) if grouping.longest_wait else None
    for second in range(max(seconds) + wait + (longest or 0) + 1):
        if open_:
            quiet = second >= seconds[open_[-1]] + wait
            late = longest is not None and second >= seconds[open_[0]] + longest
            if quiet or late if grouping.kind == "debounce" else second >= seconds[open_[0]] + wait:
                close(second)
        for number in (n for n, at in enumerate(seconds) if at == second):
            too_large = sum(sizes[each] for each in open_) + sizes[number] > MAX_BATCH_BYTES
            if grouping.kind == "batch" and open_ and too_large:
                close(second)
            open_.append(number)
            if grouping.kind == "batch" and len(open_) >= grouping.size:
                close(second)
    return runs


@given(
    gaps=GAPS,
    wait=st.integers(1, 8),
    longest=st.none() | st.integers(1, 20),
)
def test_a_debounced_series_ends_when_it_is_quiet_or_too_long(
    gaps: list[int], wait: int, longest: int | None
) -> None:
    grouping = Grouping(
        "debounce",
        "k",
        timedelta(seconds=wait),
        longest_wait=timedelta(seconds=longest) if longest else None,
    )
    moments = _moments(gaps)
    seconds = [int((moment - START).total_seconds()) for moment in moments]
    assert _join_all(grouping, moments, [1] * len(gaps)) == _tick(grouping, seconds, [1] * len(gaps))


@given(
    arrivals=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([0, 1, MAX_BATCH_BYTES // 2, MAX_BATCH_BYTES])),
        min_size=1,
        max_size=40,
    ),
    wait=st.integers(1, 8),
    size=st.integers(1, 7),
)
def test_a_batch_ends_when_it_is_full_or_late(arrivals: list[tuple[int, int]], wait: int, size: int) -> None:
    grouping = Grouping("batch", "k", timedelta(seconds=wait), size=size)
    moments = _moments([gap for gap, _ in arrivals])
    sizes = [bytes_ for _, bytes_ in arrivals]
    seconds = [int((moment - START).total_seconds()) for moment in moments]
    runs = _join_all(grouping, moments, sizes)
    assert runs == _tick(grouping, seconds, sizes)
    assert all(len(run.members) <= size for run in runs)
    assert [number for run in runs for number in run.members] == list(range(len(arrivals)))


@given(keys=st.lists(st.text(max_size=600), min_size=2, max_size=2, unique=True))
def test_keys_fit_the_column_and_stay_apart(keys: list[str]) -> None:
    short = [short_key("orders", "hook", key) for key in keys]
    assert all(len(key) <= 250 and "\x00" not in key for key in short)
    for left, right in pairwise(short):
        assert left != right
