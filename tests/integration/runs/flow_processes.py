"""
Run by test_flow_control.py: processes that take deliveries in at the same time, or are killed meanwhile.

Forks of one process that has loaded everything are fast enough to try each statement.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from airflow import settings
from airflow.models.dagrun import DagRun
from sqlalchemy import update

from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.flow import Flow
from flowforge_provider.inbox.service import running_inbox
from flowforge_provider.runs.database import close_database, get_database
from flowforge_provider.runs.published import read_published
from flowforge_provider.store.tables import DeliveryGroupRow, DeliveryRow, RateRow
from tests.support.flow import Line, batch, check_promises, debounce, publish_limited, rate, rows_of, runs_of
from tests.support.forks import die_at, fork, wait
from tests.support.front_door import make_delivery, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowforge_provider.inbox.delivery import Accepted

PROCESSES = 2
DELIVERIES = 50
LIMIT = 2


def in_processes(work: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return what processes report that all begin at the same moment."""
    _disconnect()
    begin_reader, begin_writer = os.pipe()
    readers, pids = [], []
    for _ in range(PROCESSES):
        reader, writer = os.pipe()

        def child(writer: int = writer) -> None:
            os.close(begin_writer)
            with running_inbox():
                os.read(begin_reader, 1)  # Returns when the parent closes its end.
                reports = work()
            with os.fdopen(writer, "w") as out:
                out.write(json.dumps(reports))

        pids.append(fork(child))
        os.close(writer)
        readers.append(reader)
    os.close(begin_reader)
    os.close(begin_writer)
    reports = []
    for reader in readers:
        with os.fdopen(reader) as source:
            reports += json.loads(source.read())
    for pid in pids:
        wait(pid)
    return reports


def _disconnect() -> None:
    engine: Any = settings.engine
    engine.dispose()
    close_database()


def _write_all(deliveries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write deliveries from many threads through this process's inbox, and tell what became of them."""
    from flowforge_provider.inbox.service import get_inbox

    inbox = get_inbox()
    with get_database().session("read") as session:
        seq = read_published("orders", session).seq

    def write(fields: dict[str, Any]) -> dict[str, Any]:
        try:
            accepted: Accepted = inbox._writer.write(make_delivery(**fields), seq=seq).result(timeout=60)
        except RefusedError as exc:
            return {"refused": exc.status}
        return accepted.to_json()

    with ThreadPoolExecutor(25) as pool:
        reports = list(pool.map(write, deliveries))
    wait_until(lambda: not _open_count(), timeout_s=60)
    return reports


def _open_count() -> int:
    with get_database().session("read") as session:
        open_ = session.query(DeliveryRow).filter(DeliveryRow.state.in_(["pending", "held"]))
        return open_.count()


def same() -> dict[str, Any]:
    """The same key many times at once."""
    reports = in_processes(lambda: _write_all([{"dedup_key": "a"}] * DELIVERIES))
    check_promises(get_database())
    return {
        "answers": len(reports),
        "executions": len({report["execution_id"] for report in reports}),
        "first": sum("duplicate" not in report for report in reports),
        "runs": len(runs_of(get_database())),
    }


def crowd() -> dict[str, Any]:
    """Rates, groups and batches from several processes, whose dispatchers close the groups."""
    flows = [
        *[rate("limited", limit=10, period=86400)] * 20,
        *[batch("batch", size=7, wait=2)] * 25,
        *[debounce("series", wait=2)] * 10,
    ]
    reports = in_processes(lambda: _write_all([{"flow": flow} for flow in flows]))
    check_promises(get_database())
    runs = runs_of(get_database()).values()
    return {
        "refused": sum("refused" in report for report in reports),
        "batches": sorted(len(run["deliveries"]) for run in runs if "deliveries" in run),
        "runs": len(runs),
        "debounced": sum(row.reason == "debounced" for row in rows_of(get_database()).values()),
    }


def turns() -> dict[str, Any]:
    """Two dispatchers let go of deliveries that wait for their turn, while runs finish."""
    publish_limited(LIMIT)
    most = 0
    flow = Flow(concurrency_key="hook:a")
    Line(get_database()).write_all([make_delivery(flow=flow) for _ in range(16)])
    for _ in range(100):
        # Two processes at the same moment, each of which releases and dispatches.
        _disconnect()
        pids = [fork(_release_and_dispatch) for _ in range(PROCESSES)]
        assert [wait(pid) for pid in pids] == [None] * PROCESSES
        database = get_database()
        line = Line(database)
        with database.session() as session:
            unfinished = session.query(DagRun).filter(DagRun._state == "queued").order_by(DagRun.id).all()
            most = max(most, len(unfinished))
            for run in unfinished[:1]:
                session.execute(update(DagRun).where(DagRun.id == run.id).values(_state="success"))
        if not unfinished:
            break
    line.dispatch()
    check_promises(database)
    runs = [run["delivery_id"] for run in runs_of(database).values()]
    # Of those that are let go together, either may be dispatched first.
    moved = [abs(place - sorted(runs).index(each)) for place, each in enumerate(runs)]
    return {"runs": len(runs), "most": most, "in_order": max(moved) < LIMIT}


def _release_and_dispatch() -> None:
    line = Line(get_database())
    line.release()
    line.dispatch()


def kill(stride: int) -> list[dict[str, Any]]:
    """Kill a process at each of its moments; the next one must find all that was promised."""
    publish_limited(1)
    reports: list[dict[str, Any]] = []
    moment = 1
    while not reports or reports[-1]["signal"] is not None:
        _clear()
        _disconnect()
        reader, writer = os.pipe()

        def work(moment: int = moment, writer: int = writer) -> None:
            die_at(moment, engine=get_database().engine)
            line = Line(get_database())
            for deliveries in _arrivals():
                futures = line.write_all(deliveries)
                ids = [future.result(timeout=0).delivery_id for future in futures]
                os.write(writer, json.dumps(ids).encode() + b"\n")
            line.advance(30)
            for _ in range(2):
                line.release()
                line.dispatch()

        pid = fork(work)
        os.close(writer)
        with os.fdopen(reader) as source:
            promised = [each for text in source.read().splitlines() for each in json.loads(text)]
        ended_by = wait(pid)
        _finish_all()
        check_promises(get_database())
        assert set(promised) <= rows_of(get_database()).keys(), "a promised delivery is lost"
        reports.append({"moment": moment, "signal": ended_by, "promised": len(promised)})
        moment += stride
    return reports


def _arrivals() -> list[list[Any]]:
    flows = [
        debounce("series"),
        batch("batch", size=2),
        rate("spread", limit=1, period=3600, spread=True),
        Flow(concurrency_key="hook:a"),
        Flow(grouping=batch("turn", size=5).grouping, concurrency_key="hook:a"),
    ]
    return [[make_delivery(flow=flow) for flow in flows] for _ in range(2)]


def _finish_all() -> None:
    database = get_database()
    line = Line(database)
    while True:
        line.finish()
        if not _open_count():
            return
        with database.session() as session:
            session.execute(update(DagRun).values(_state="success"))


def _clear() -> None:
    with get_database().session() as session:
        for table in (DeliveryRow, DeliveryGroupRow, RateRow, DagRun):
            session.query(table).delete()


if __name__ == "__main__":
    from tests.support.front_door import publish_graph

    publish_graph()
    if sys.argv[1] == "kill":
        print(json.dumps(kill(int(sys.argv[2]))))
    else:
        print(json.dumps({"same": same, "crowd": crowd, "turns": turns}[sys.argv[1]]()))
