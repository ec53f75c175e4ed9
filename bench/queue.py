"""
The queue and dead letters beside a million runs: what is asked again and again, and by how many.

Run it with ``python -m bench.queue``; PostgreSQL, in this process.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.execution_rows import BUSY, fill
from flowforge_provider.dev.guard import Guard
from tests.factories import make_graph, make_set, make_trigger
from tests.support.databases import MigratedPostgres
from tests.support.metadata import connected_airflow
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 1_000_000
_TIMES = 5


def main() -> None:
    """Print what each question takes, the median of five."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args().runs
    guard = Guard()
    server = PostgresServer(guard=guard)
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = MigratedPostgres(server, Path(folder)).copy()
            with connected_airflow(url, folder=Path(folder)):
                _measure(server, url.rpartition("/")[2], runs=runs)
    finally:
        server.stop()
        guard.close()


def _measure(server: PostgresServer, database: str, *, runs: int) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.queue import collecting
    from flowforge_provider.queue.dead_letters import list_entries, list_groups
    from flowforge_provider.queue.stats import count_queue, recount
    from flowforge_provider.queue.waiting import list_waiting
    from flowforge_provider.store.transactions import run_in_transaction
    from tests.support.front_door import publish_graph

    publish_graph(
        make_graph(make_trigger(), *[make_set(f"step_{number}", n=number) for number in range(9)], id=BUSY)
    )
    fill(server, database, runs=runs)
    print(f"  {runs:,} runs", flush=True)
    began = time.monotonic()
    found = run_in_transaction(collecting.collect)
    print(f"  first batch of {found} dead letters: {1000 * (time.monotonic() - began):.0f} ms", flush=True)
    began = time.monotonic()
    while found_now := run_in_transaction(collecting.collect):
        found += found_now
        if time.monotonic() - began > 60:
            break
    print(f"  {found:,} dead letters gathered in {time.monotonic() - began:.0f} s", flush=True)

    def counted(session: Any) -> Any:
        recount()
        return count_queue(session)

    def entries(session: Any) -> Any:
        rows = list_groups(session=session).rows
        return list_entries(rows[0][0].id, session=session) if rows else None

    questions: dict[str, Callable[[Any], Any]] = {
        "looking for dead letters": collecting.needs_collecting,
        "page of dead letters": lambda session: list_groups(session=session),
        "page of a group": entries,
        "queue in numbers, not kept": counted,
        "page of what waits": lambda session: list_waiting(session=session),
    }
    for name, ask in questions.items():
        with create_session() as session:
            print(f"  {name}: {_median(ask, session):.0f} ms", flush=True)


def _median(ask: Callable[[Any], Any], session: Any) -> float:
    took = []
    for _ in range(_TIMES):
        began = time.monotonic()
        ask(session)
        took.append(1000 * (time.monotonic() - began))
    return sorted(took)[_TIMES // 2]


if __name__ == "__main__":
    main()
