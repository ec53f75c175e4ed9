"""Remove what is older than it is to be kept: executions, deliveries, alerts, tests of steps."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from flowforge_provider.cli.audit import recorded_change
from flowforge_provider.cli.command import EXIT_OK, command, print_rows

if TYPE_CHECKING:
    from argparse import Namespace


@command
def cleanup(args: Namespace) -> int:
    """Remove a batch at a time, or only count, and print what with numbers and bytes."""
    given = {"older_than": args.older_than}
    with nullcontext() if args.dry_run else recorded_change("cleanup", workflow_id=args.workflow, **given):
        rows = _executions(args) + _deliveries(args)
        if args.workflow is None:
            rows += _rest(args)
    total = {
        "kind": "all",
        "workflow": "",
        "removed": sum(row["removed"] for row in rows),
        "bytes": sum(row["bytes"] or 0 for row in rows),
        "older_than": "",
    }
    print_rows([*rows, total], output=args.output)
    return EXIT_OK


def _executions(args: Namespace) -> list[dict[str, Any]]:
    from airflow.utils.session import create_session

    from flowforge_provider.retention.executions import (
        Removed,
        count_old_executions,
        deadlines,
        remove_executions,
    )
    from flowforge_provider.store.transactions import run_in_transaction

    with create_session(scoped=False) as session:
        limits = deadlines(session, workflow_id=args.workflow, older_than_days=args.older_than)
        found = count_old_executions(limits, session) if args.dry_run else {}
    for workflow_id, before in {} if args.dry_run else limits.items():
        total = Removed()
        work = partial(remove_executions, workflow_id=workflow_id, before=before, limit=args.batch)
        while (batch := run_in_transaction(work)).executions:
            total = total.plus(batch)
        if total.executions:
            found[workflow_id] = total
    rows = []
    for workflow_id, removed in found.items():
        for kind in ("executions", "steps", "values", "dead_letters"):
            number = getattr(removed, kind)
            size = removed.bytes if kind == "values" else 0
            if number:
                rows.append(_row(kind, number, size, workflow=workflow_id, before=limits[workflow_id]))
    return rows


def _deliveries(args: Namespace) -> list[dict[str, Any]]:
    from airflow.utils.session import create_session

    from flowforge_provider import settings
    from flowforge_provider.store.retention import Counts, clean_batch, count_old, old_delivery_bytes
    from flowforge_provider.store.transactions import run_in_transaction

    days = args.older_than if args.older_than is not None else settings.delivery_retention_days()
    before = datetime.now(tz=timezone.utc) - timedelta(days=days)
    which: dict[str, Any] = {"older_than": before, "workflow_id": args.workflow}
    with create_session(scoped=False) as session:
        total = count_old(session=session, **which)
        size = old_delivery_bytes(session=session, **which)
    if not args.dry_run:
        total = Counts(0, 0, 0)
        while batch := run_in_transaction(
            lambda session: clean_batch(limit=args.batch, session=session, **which)
        ):
            total = Counts(*(sum(pair) for pair in zip(total, batch, strict=True)))
    rows = [_row("deliveries", total.deliveries, size, workflow=args.workflow or "", before=before)]
    if total.files:
        rows.append(_row("files_without_delivery", total.files, 0, before=before))
    return rows


def _rest(args: Namespace) -> list[dict[str, Any]]:
    from airflow.utils.session import create_session

    from flowforge_provider import settings
    from flowforge_provider.alerts.cleaning import clean_alerts, count_old_alerts
    from flowforge_provider.step_tests.reading import KEEP_TESTS, clean_tests, count_old_tests
    from flowforge_provider.store.transactions import run_in_transaction

    now = datetime.now(tz=timezone.utc)
    days = args.older_than if args.older_than is not None else settings.alert_retention_days()
    before = now - timedelta(days=days)
    if args.dry_run:
        with create_session(scoped=False) as session:
            alerts = count_old_alerts(older_than=before, session=session)
            tests = count_old_tests(session=session)
    else:
        alerts = tests = 0
        while batch := run_in_transaction(
            lambda session: clean_alerts(older_than=before, limit=args.batch, session=session)
        ):
            alerts += batch
        while batch := run_in_transaction(lambda session: clean_tests(limit=args.batch, session=session)):
            tests += batch
    return [
        _row("alerts", alerts, 0, before=before),
        _row("step_tests", tests, 0, before=now - KEEP_TESTS),
    ]


def _row(kind: str, removed: int, size: int, *, workflow: str = "", before: datetime) -> dict[str, Any]:
    return {
        "kind": kind,
        "workflow": workflow,
        "removed": removed,
        "bytes": size,
        "older_than": before.isoformat(timespec="seconds"),
    }
