"""Remove old deliveries."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from flowforge_provider.cli.audit import recorded_change
from flowforge_provider.cli.command import EXIT_OK, command, print_rows

if TYPE_CHECKING:
    from argparse import Namespace


@command
def clean(args: Namespace) -> int:
    """Remove deliveries that are older than they are to be kept, a batch at a time; or only count them."""
    from airflow.utils.session import create_session

    from flowforge_provider import settings
    from flowforge_provider.store.retention import Counts, clean_batch, count_old, table_bytes
    from flowforge_provider.store.transactions import run_in_transaction

    days = args.older_than if args.older_than is not None else settings.delivery_retention_days()
    older_than = datetime.now(tz=timezone.utc) - timedelta(days=days)
    if args.dry_run:
        with create_session(scoped=False) as session:
            total = count_old(older_than=older_than, session=session)
    else:
        total = Counts(0, 0, 0)
        with recorded_change("clean", older_than=older_than.isoformat(timespec="seconds")):
            while batch := run_in_transaction(
                lambda session: clean_batch(older_than=older_than, limit=args.batch, session=session)
            ):
                total = Counts(*(sum(pair) for pair in zip(total, batch, strict=True)))
    with create_session(scoped=False) as session:
        size = table_bytes(session)
    print_rows(
        [
            {
                "removed": "no (dry run)" if args.dry_run else "yes",
                "older_than": older_than.isoformat(timespec="seconds"),
                "deliveries": total.deliveries,
                "files_without_delivery": total.files,
                "test_listeners": total.listeners,
                "tables_bytes": size if size is not None else "unknown",
            }
        ],
        output=args.output,
    )
    return EXIT_OK
