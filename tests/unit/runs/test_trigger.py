from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from flowforge_provider.operators.step_data import trigger_data
from flowforge_provider.runs.trigger import trigger_of_run, trigger_type_of_run

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("conf", "run_type"),
    [
        ({"trigger": {"type": "webhook", "id": "start", "body": {"id": 7}}}, "manual"),
        ({"id": 7}, "manual"),
        ({}, "scheduled"),
        (None, "scheduled"),
        ({"trigger": "not ours"}, "manual"),
    ],
)
def test_people_see_what_expressions_see(conf: Any, run_type: str) -> None:
    dag_run = SimpleNamespace(conf=conf, run_type=run_type, run_after=NOON, logical_date=NOON)
    dag = SimpleNamespace(tasks=[SimpleNamespace(task_id="start", trigger_type="webhook")])
    task = SimpleNamespace(task_id="total", dag_id="orders")
    context: Any = {"dag_run": dag_run, "dag": dag, "task": task}
    assert trigger_of_run(
        conf=conf, run_type=run_type, run_after=NOON, logical_date=NOON, node_id="start"
    ) == trigger_data(context)


@pytest.mark.parametrize(
    ("run_id", "run_type", "expected"),
    [
        ("webhook__0198", "manual", "webhook"),
        ("manual__2026", "manual", "manual"),
        ("scheduled__2026", "scheduled", "cron"),
        ("backfill__2026", "backfill", "cron"),
    ],
)
def test_a_list_tells_the_trigger_by_the_run(run_id: str, run_type: str, expected: str) -> None:
    assert trigger_type_of_run(run_id=run_id, run_type=run_type) == expected
