"""What happens to a PostgreSQL step when something breaks: docs/failures/postgres_query.md, row by row."""

from __future__ import annotations

import functools
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks import postgres as hook
from flowforge_provider.hooks.postgres import Options, Transaction
from flowforge_provider.hooks.postgres_commit import find_outcome
from flowforge_provider.nodes.builtin.postgres import PostgresQuery
from flowforge_provider.operators.retry import StepRetryPolicy
from flowforge_provider.sql.bound import bind
from tests.factories import make_graph, make_node, make_trigger
from tests.integration.operators.databases import connection, error_of, execute, query
from tests.integration.operators.loopback import wait_until
from tests.support.cutting_proxy import CuttingProxy, running_cutting_proxy
from tests.support.killed_step import KilledStep
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard

pytestmark = pytest.mark.integration

ACTIVE = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
    "AND pid <> pg_backend_pid()"
)
WAITING = f"{ACTIVE} AND wait_event_type = 'Lock'"

SLEEPING = f"{ACTIVE} AND position('pg_sleep' IN query) > 0"


@pytest.fixture(autouse=True)
def database(postgres_server: PostgresServer, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    use(monkeypatch, postgres_server, postgres_database)
    postgres_server.query(postgres_database, "CREATE TABLE t (id int PRIMARY KEY, v int)")
    postgres_server.query(postgres_database, "INSERT INTO t VALUES (1, 0), (2, 0)")
    return postgres_database


def use(monkeypatch: pytest.MonkeyPatch, server: PostgresServer, database: str, **changes: Any) -> None:
    for name, value in connection(server, database, **changes).items():
        monkeypatch.setenv(name, value)


def is_retried(error: StepError) -> bool:
    """Tell whether the node type's own retry settings try this error again."""
    retry = PostgresQuery.default_retry
    policy = StepRetryPolicy(retry_on=retry.retry_on or (), never_on=retry.never_on or ())
    return policy.evaluate(error, 1, 2).action.name != "FAIL"


def count(server: PostgresServer, database: str, statement: str) -> int:
    return int(server.query(database, statement)[0][0])


class InBackground:
    """A step that runs beside the test; ``error`` waits for its end."""

    def __init__(self, sql: str, **parameters: Any) -> None:
        self._errors: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(sql,), kwargs=parameters)
        self._thread.start()

    def _run(self, sql: str, **parameters: Any) -> None:
        try:
            execute(sql, **parameters)
        except BaseException as error:  # the test looks at it
            self._errors.append(error)

    def error(self) -> StepError:
        self._thread.join(60)
        (error,) = self._errors
        assert isinstance(error, StepError), error
        return error


# Slow, down, refusing


def test_a_slow_statement_is_stopped_by_the_database() -> None:
    started = time.monotonic()
    error = error_of(
        operation="execute", sql="UPDATE t SET v = 1; SELECT pg_sleep(30)", statement_timeout_s=0.3
    )
    assert time.monotonic() - started < 15
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-timeout", "timeout", True)
    assert "longer than 0.3 s" in error.message
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 0}]


def test_a_server_that_never_answers(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        use(monkeypatch, postgres_server, database, port=port, extra={"connect_timeout": 2})
        started = time.monotonic()
        error = error_of(sql="SELECT 1")
        assert time.monotonic() - started < 15
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-connection", "connection", True)


def test_a_server_that_is_down(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> None:
    use(monkeypatch, postgres_server, database, port=1)
    error = error_of(sql="SELECT 1")
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-connection", "connection", True)


def test_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> None:
    use(monkeypatch, postgres_server, database, password="wrong")
    error = error_of(sql="SELECT 1")
    assert (error.error_code, error.kind) == ("postgres-connection", "connection")
    assert "password authentication failed" in error.message


def test_no_connection_is_free(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query("postgres", "CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 0")
    try:
        with pytest.MonkeyPatch.context() as patch:
            use(patch, postgres_server, database, login="few", password="few")
            error = error_of(sql="SELECT 1")
    finally:
        postgres_server.query("postgres", "DROP ROLE few")
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-connection", "connection", True)
    assert "too many connections" in error.message


def test_a_refusal_is_final() -> None:
    for sql in ("SELECT oops", "INSERT INTO t VALUES (1, 1)", "SELECT 1 / 0", "SELECT 'x'::int"):
        error = error_of(operation="execute", sql=sql)
        assert not error.retryable
        assert not is_retried(error)


# Other transactions


def test_a_deadlock_is_tried_again(postgres_server: PostgresServer, database: str) -> None:
    with postgres_server.connect(database) as other:
        cursor = other.cursor()
        # The step shall be the one that finds the deadlock, and ends by it.
        cursor.execute("SET deadlock_timeout = '60s'; BEGIN; UPDATE t SET v = 1 WHERE id = 1")
        step = InBackground("UPDATE t SET v = 2 WHERE id = 2;\nUPDATE t SET v = 2 WHERE id = 1")
        wait_until(lambda: count(postgres_server, database, WAITING) == 1, seconds=20)
        cursor.execute("UPDATE t SET v = 1 WHERE id = 2; COMMIT")
    error = step.error()
    assert (error.error_code, error.kind, is_retried(error)) == (
        "postgres-conflict",
        "database_conflict",
        True,
    )
    assert error.message.startswith("Statement 2 (line 2")
    assert "deadlock" in error.message
    assert query("SELECT id, v FROM t ORDER BY id") == [{"id": 1, "v": 1}, {"id": 2, "v": 1}]


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
def test_a_serialization_failure_is_tried_again(
    postgres_server: PostgresServer, database: str, isolation: str
) -> None:
    step = InBackground("SELECT v FROM t; SELECT pg_sleep(2); UPDATE t SET v = 2", isolation=isolation)
    wait_until(lambda: count(postgres_server, database, SLEEPING) == 1, seconds=20)
    postgres_server.query(database, "UPDATE t SET v = 1")
    error = step.error()
    assert (error.error_code, error.kind, is_retried(error)) == (
        "postgres-conflict",
        "database_conflict",
        True,
    )
    assert error.detail["sqlstate"] == "40001"
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 2}]


def test_a_lock_that_is_not_free_in_time_is_tried_again(
    postgres_server: PostgresServer, database: str
) -> None:
    with postgres_server.connect(database) as other:
        other.cursor().execute("BEGIN; UPDATE t SET v = 1 WHERE id = 1")
        error = error_of(operation="execute", sql="UPDATE t SET v = 2", lock_timeout_s=0.3)
        other.cursor().execute("ROLLBACK")
    assert (error.error_code, error.kind, is_retried(error)) == (
        "postgres-conflict",
        "database_conflict",
        True,
    )
    assert error.detail["sqlstate"] == "55P03"


# The connection is cut


def test_a_backend_that_is_terminated(postgres_server: PostgresServer, database: str) -> None:
    step = InBackground("UPDATE t SET v = 1; SELECT pg_sleep(60)", statement_timeout_s=60)
    wait_until(lambda: count(postgres_server, database, SLEEPING) == 1, seconds=20)
    postgres_server.query(database, SLEEPING.replace("count(*)", "pg_terminate_backend(pid)"))
    error = step.error()
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-connection", "connection", True)
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 0}]


def test_a_server_that_is_killed_in_mid_query(monkeypatch: pytest.MonkeyPatch, guard: Guard) -> None:
    server = PostgresServer(durable=True, guard=guard)
    server.start()
    try:
        name = server.create_database()
        server.query(name, "CREATE TABLE t (v int)")
        use(monkeypatch, server, name)
        step = InBackground("INSERT INTO t VALUES (1); SELECT pg_sleep(60)", statement_timeout_s=60)
        wait_until(lambda: count(server, name, SLEEPING) == 1, seconds=20)
        server.kill()
        error = step.error()
        assert (error.error_code, error.kind, is_retried(error)) == (
            "postgres-connection",
            "connection",
            True,
        )
        assert error_of(sql="SELECT 1").kind == "connection"
        server.restart()
        assert query("SELECT * FROM t") == []
        assert execute("INSERT INTO t VALUES (2)")["row_count"] == 1
    finally:
        server.stop()


@pytest.fixture
def proxy(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> Iterator[CuttingProxy]:
    with running_cutting_proxy(postgres_server.port) as running:
        use(monkeypatch, postgres_server, database, port=running.port)
        yield running


def test_a_connection_that_is_cut_in_mid_result(proxy: CuttingProxy) -> None:
    proxy.after_bytes = 200_000
    error = error_of(
        operation="execute", sql="UPDATE t SET v = 1; SELECT repeat('x', 1000) FROM generate_series(1, 5000)"
    )
    assert proxy.cuts == 1
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-connection", "connection", True)
    proxy.after_bytes = 0
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 0}]


def test_a_commit_whose_answer_is_lost_is_found_out(proxy: CuttingProxy) -> None:
    proxy.at, proxy.when = b"COMMIT\0", "after"
    assert execute("UPDATE t SET v = 1 RETURNING id, v")["row_count"] == 2
    assert proxy.cuts == 1
    proxy.at = b""
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 2}]


def test_a_commit_that_never_arrives_changes_nothing(proxy: CuttingProxy) -> None:
    proxy.at, proxy.when = b"COMMIT\0", "before"
    error = error_of(operation="execute", sql="UPDATE t SET v = 1")
    assert proxy.cuts == 1
    assert (error.error_code, error.kind, is_retried(error)) == ("postgres-connection", "connection", True)
    proxy.at = b""
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 0}]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_commit_that_nobody_can_tell_of_is_not_repeated(
    proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch, when: Any
) -> None:
    monkeypatch.setattr(hook, "find_outcome", functools.partial(find_outcome, patience_s=1))
    proxy.at, proxy.when, proxy.refuses_after = b"COMMIT\0", when, True
    error = error_of(operation="execute", sql="UPDATE t SET v = 1")
    assert (error.error_code, error.kind, is_retried(error)) == (
        "postgres-commit-unknown",
        "connection",
        False,
    )
    proxy.at, proxy.refuses = b"", False
    assert query("SELECT sum(v) AS v FROM t") == [{"v": 2 if when == "after" else 0}]


def test_a_query_that_only_reads_has_nothing_to_find_out(proxy: CuttingProxy) -> None:
    proxy.at, proxy.when, proxy.refuses_after = b"COMMIT\0", "before", True
    error = error_of(sql="SELECT 1")
    assert (error.error_code, is_retried(error)) == ("postgres-connection", True)


# Stopped


def test_stopping_a_step_stops_its_statement_in_the_server(
    postgres_server: PostgresServer, database: str
) -> None:
    transaction = Transaction("orders_db", Options(statement_timeout_s=60))

    def stop() -> None:
        wait_until(lambda: count(postgres_server, database, ACTIVE) == 1, seconds=20)
        transaction.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    started = time.monotonic()
    with pytest.raises(StepError) as caught, transaction.open():
        transaction.execute(bind("SELECT pg_sleep(60)", lambda _: None).statements)
    stopper.join()
    assert caught.value.error_code == "step-stopped"
    assert time.monotonic() - started < 30
    wait_until(lambda: count(postgres_server, database, ACTIVE) == 0, seconds=10)


# The worker is killed


@contextmanager
def killed(server: PostgresServer, database: str, **parameters: Any) -> Iterator[KilledStep]:
    given = {"connection_id": "orders_db", "statement_timeout_s": 60, **parameters}
    graph = make_graph(make_trigger(), make_node("write", "postgres.query", parameters=given))
    yield KilledStep(graph, "write", environment=connection(server, database))


UPSERT = {
    "operation": "upsert",
    "table": "t",
    "row": [{"name": "id", "value": 3}, {"name": "v", "value": "{{ run.try_number }}"}],
    "conflict_columns": ["id"],
}


def rows(server: PostgresServer, database: str) -> list[tuple[Any, ...]]:
    return server.query(database, "SELECT id, v FROM t WHERE id > 2")


def test_a_worker_killed_before_its_statement_has_done_nothing(
    postgres_server: PostgresServer, database: str
) -> None:
    with killed(postgres_server, database, **UPSERT) as step:
        step.kill(at="before")
        assert rows(postgres_server, database) == []
        assert step.finish().error is None
    assert rows(postgres_server, database) == [(3, 2)]


def test_a_worker_killed_during_its_statement_leaves_nothing_behind(
    postgres_server: PostgresServer, database: str
) -> None:
    sql = "INSERT INTO t VALUES (3, 1); SELECT pg_sleep({{ 60 if run.try_number == 1 else 0 }})"
    with killed(postgres_server, database, operation="execute", sql=sql) as step:
        step.kill(at="during", when=lambda: count(postgres_server, database, SLEEPING) == 1)
        # The server looks every two seconds whether its client is still there.
        wait_until(lambda: count(postgres_server, database, SLEEPING) == 0, seconds=15)
        assert rows(postgres_server, database) == []
        assert step.finish().error is None
    assert rows(postgres_server, database) == [(3, 1)]


def test_a_worker_killed_after_its_commit_writes_an_upsert_once(
    postgres_server: PostgresServer, database: str
) -> None:
    with killed(postgres_server, database, **UPSERT) as step:
        step.kill(at="after")
        assert rows(postgres_server, database) == [(3, 1)]
        assert step.finish().output["row_count"] == 1
    assert rows(postgres_server, database) == [(3, 2)]


def test_a_worker_killed_after_its_commit_repeats_a_plain_insert(
    postgres_server: PostgresServer, database: str
) -> None:
    postgres_server.query(database, "CREATE TABLE log (v int)")
    insert = {"operation": "insert", "table": "log", "row": [{"name": "v", "value": 1}]}
    with killed(postgres_server, database, **insert) as step:
        step.kill(at="after")
        step.finish()
    assert count(postgres_server, database, "SELECT count(*) FROM log") == 2
