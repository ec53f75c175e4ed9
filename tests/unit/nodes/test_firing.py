"""Which trigger nodes a run stems from."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from flowforge_provider.nodes.firing import Candidate, by_hand, fired_nodes
from flowforge_provider.nodes.schedules import Schedule

TRIGGERS = [
    Candidate("hook", "webhook"),
    Candidate("morning", "cron"),
    Candidate("noon", "cron"),
    Candidate("start", "manual"),
    Candidate("table", "asset"),
]
SCHEDULES = [
    Schedule(node="morning", crons=("0 9 * * *",), timezone="UTC"),
    Schedule(node="noon", crons=("0 12 * * *", "0 9 1 * *"), timezone="UTC"),
]


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("given", "run_type", "moment", "expected"),
    [
        ({"type": "webhook", "node": "hook"}, "manual", at(2, 9), ["hook"]),
        # Started by hand, at a trigger that was chosen.
        ({"type": "manual", "node": "morning"}, "manual", None, ["morning"]),
        # The webhook is gone since the delivery came in.
        ({"type": "webhook", "node": "old"}, "manual", None, ["hook"]),
        ({"type": "workflow"}, "manual", None, ["start"]),
        (None, "manual", None, ["start"]),
        (None, "scheduled", at(2, 9), ["morning"]),
        (None, "scheduled", at(2, 12), ["noon"]),
        (None, "backfill", at(2, 12), ["noon"]),
        (None, "scheduled", at(1, 9), ["morning", "noon"]),
        # A moment of no schedule, as after somebody has changed the Dag by hand.
        (None, "scheduled", at(2, 10), ["morning"]),
        (None, "asset_triggered", None, ["table"]),
        ("not ours", "scheduled", at(2, 12), ["noon"]),
    ],
)
def test_the_run_tells_its_trigger(given: Any, run_type: str, moment: datetime, expected: list[str]) -> None:
    for triggers in (TRIGGERS, TRIGGERS[::-1]):
        found = fired_nodes(triggers, given=given, run_type=run_type, moment=moment, schedules=SCHEDULES)
        assert found == expected


def test_one_cron_node_needs_no_schedule() -> None:
    triggers = [Candidate("hook", "webhook"), Candidate("nightly", "cron")]
    assert fired_nodes(triggers, given=None, run_type="scheduled", moment=at(1, 0)) == ["nightly"]


def test_without_triggers_nothing_fired() -> None:
    assert fired_nodes([], given={"type": "webhook"}, run_type="manual", moment=None) == []


def test_a_start_by_hand_takes_the_manual_trigger_or_the_first() -> None:
    assert by_hand(TRIGGERS) == Candidate("start", "manual")
    assert by_hand(TRIGGERS[1:3][::-1]) == Candidate("morning", "cron")
    assert by_hand([]) is None
