"""What is found, and that each thing is found once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, update

from flowforge_provider.store.alert_tables import AlertEventRow, AlertNoticeRow
from flowforge_provider.store.tables import CancellationRow
from tests.support.alerts import REFUSED, Desk, add_channel, add_rule, add_run, clear_run, end_run, now
from tests.support.deliveries import add_delivery
from tests.support.front_door import publish_graph

if TYPE_CHECKING:
    from flowforge_provider.runs.database import Database


def events(database: Database, kind: str | None = None) -> list[AlertEventRow]:
    with database.session("read") as session:
        rows = session.scalars(select(AlertEventRow).order_by(AlertEventRow.id)).all()
    return [row for row in rows if kind in (None, row.kind)]


@pytest.fixture
def channel(desk: Desk) -> str:
    return add_channel(desk.database)


def test_a_failure_tells_step_cause_status_tries_and_links(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    add_run(desk.database, tries=3, max_tries=2)
    assert desk.look() == 1
    (message,) = desk.messages()
    assert message.title == 'Orders: step "total" failed'
    text = message.content["text"]
    for part in (
        "Step: total",
        "Cause: ",
        "HTTP status: 503",
        "Request: https://pay.example/v1",
        "What to do: ",
    ):
        assert part in text, text
    # What is in the address of a request is nothing for a chat.
    assert "key=7" not in str(message.content)
    execution_id = message.content["execution_id"]
    page = f"https://airflow.example/plugin/flowforge/executions/{execution_id}"
    assert [link["url"] for link in message.content["links"]] == [page, f"{page}?action=retry"]


def test_a_failure_is_one_event_however_often_and_by_whom_it_is_found(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    pk = add_run(desk.database, "running")
    desk.look()
    end_run(desk.database, pk)
    other = Desk(desk.database, owner="other")
    other.watch._owns, other.watch._renewed_at = True, float("inf")
    for each in (desk, other, desk, other):
        each.look()
    assert len(events(desk.database)) == 1
    assert len(desk.messages()) == 1


def test_one_process_looks_and_another_goes_on_where_it_has_crashed(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    other = Desk(desk.database, owner="other")
    assert other.watch.look() is False
    pk = add_run(desk.database, "running")
    desk.look()
    # It crashes here. What ends and begins until the lease is over is found by the next one.
    end_run(desk.database, pk)
    add_run(desk.database, error=REFUSED)
    later = Desk(desk.database, owner="later")
    with desk.database.session() as session:
        from flowforge_provider.store.alert_tables import AlertWatchRow

        session.execute(update(AlertWatchRow).values(owned_until=now() - timedelta(seconds=1)))
    later.look()
    assert len(events(desk.database, "failure")) == 2
    desk.watch._renewed_at = float("-inf")
    assert desk.watch.look() is False


def test_a_process_that_ends_gives_its_turn_away(desk: Desk) -> None:
    other = Desk(desk.database, owner="other")
    assert other.watch.look() is False
    desk.watch.stop()
    other.watch._renewed_at = float("-inf")
    assert other.watch.look() is True


def test_what_failed_before_there_was_a_watch_is_no_news(database: Database) -> None:
    publish_graph_and_fail(database)
    desk = Desk(database)
    add_rule(database, add_channel(database))
    with database.session() as session:
        from airflow.models.dagrun import DagRun

        session.execute(update(DagRun).values(end_date=now() - timedelta(hours=1)))
    assert desk.look() == 0


def publish_graph_and_fail(database: Database) -> None:
    publish_graph()
    add_run(database)


def test_a_run_that_was_cleared_and_fails_again_is_told_again(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, group_s=0)
    pk = add_run(desk.database)
    desk.look()
    clear_run(desk.database, pk)
    desk.look()
    end_run(desk.database, pk)
    desk.look()
    assert len(events(desk.database, "failure")) == 2


def test_an_old_run_that_was_cleared_and_fails_again_between_two_looks_is_told_by_the_next_one(
    desk: Desk, channel: str
) -> None:
    add_rule(desk.database, channel, group_s=0)
    pk = add_run(desk.database)
    add_run(desk.database, "success")
    desk.look()
    for times in (2, 3):
        clear_run(desk.database, pk)
        end_run(desk.database, pk)
        desk.look()
        assert len(events(desk.database, "failure")) == times
    desk.watch._slow_at = float("inf")
    assert _writes(desk) == 0


def test_an_old_run_that_was_cleared_and_succeeds_between_two_looks_is_a_recovery(
    desk: Desk, channel: str
) -> None:
    add_rule(desk.database, channel, kind="recovery")
    first = add_run(desk.database, "success")
    add_run(desk.database)
    desk.look()
    clear_run(desk.database, first)
    end_run(desk.database, first, "success")
    desk.look()
    desk.look()
    assert desk.titles() == ["Orders: works again"]


def test_a_cleared_run_is_found_by_the_second_look_when_clocks_differ(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, group_s=0)
    pk = add_run(desk.database)
    desk.look()
    clear_run(desk.database, pk, at=now() - timedelta(hours=1))
    end_run(desk.database, pk)
    desk.look()
    assert len(events(desk.database, "failure")) == 1
    desk.watch._swept_at = desk.watch._swept_all_at = float("-inf")
    desk.look()
    assert len(events(desk.database, "failure")) == 2


def test_a_run_that_was_seen_by_no_look_is_found_by_the_second_look(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    pk = add_run(desk.database)
    # Another transaction's run had a higher id and was seen first.
    desk.watch._last_run_pk = pk
    desk.look()
    assert events(desk.database) == []
    desk.watch._swept_at = float("-inf")
    desk.look()
    assert len(events(desk.database, "failure")) == 1


def test_a_cancelled_run_is_no_failure(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    pk = add_run(desk.database, "running")
    desk.look()
    with desk.database.session() as session:
        from airflow.models.dagrun import DagRun

        run = session.get(DagRun, pk)
        assert run is not None
        session.add(
            CancellationRow(workflow_id="orders", run_id=run.run_id, cancelled_at=now(), cancelled_by="ann")
        )
    end_run(desk.database, pk)
    assert desk.look() == 0
    assert events(desk.database) == []


def test_the_first_success_after_failures_is_a_recovery_and_later_ones_are_none(
    desk: Desk, channel: str
) -> None:
    add_rule(desk.database, channel, kind="recovery")
    add_run(desk.database, "success")
    desk.look()
    add_run(desk.database)
    add_run(desk.database)
    desk.look()
    assert desk.messages() == []
    add_run(desk.database, "success")
    add_run(desk.database, "success")
    desk.look()
    assert desk.titles() == ["Orders: works again"]
    assert "Did not work for: " in desk.messages()[0].content["text"]
    # The look for what was missed sees the old failure again, which must change nothing.
    desk.watch._swept_at = desk.watch._swept_all_at = float("-inf")
    desk.look()
    add_run(desk.database, "success")
    desk.look()
    assert len(events(desk.database, "recovery")) == 1


def test_a_try_that_is_followed_by_another_one_is_told_once(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, kind="retry")
    add_run(desk.database, "running", task_state="up_for_retry", tries=1, max_tries=2)
    desk.look()
    desk.look()
    (event,) = events(desk.database)
    assert (event.kind, event.facts["tries"], event.facts["max_tries"]) == ("retry", 1, 3)
    assert desk.titles() == ['Orders: step "total" failed, another try follows']


def test_a_try_that_is_told_already_is_only_looked_at(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, kind="retry")
    add_run(desk.database, "running", task_state="up_for_retry", tries=1, max_tries=2)
    desk.watch._slow_at = float("inf")
    assert _writes(desk) == 1
    assert _writes(desk) == 0


def test_what_runs_is_read_only_when_somebody_wants_to_know(desk: Desk, channel: str) -> None:
    pk = add_run(desk.database, "running")
    desk.look()
    assert desk.watch._active == {}
    add_rule(desk.database, channel)
    desk.look()
    assert set(desk.watch._active) == {pk}
    end_run(desk.database, pk)
    assert desk.look() == 1


def _writes(desk: Desk) -> int:
    """Look once, and return how many transactions have taken the lock for writing."""
    taken: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement == "BEGIN IMMEDIATE":
            taken.append(statement)

    event.listen(desk.database.engine, "before_cursor_execute", note)
    try:
        assert desk.watch.look()
    finally:
        event.remove(desk.database.engine, "before_cursor_execute", note)
    return len(taken)


def test_retries_count_from_the_wanted_try_on(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, kind="retry", conditions={"min_tries": 2})
    add_run(desk.database, "running", task_state="up_for_retry", tries=1, max_tries=3)
    add_run(desk.database, "running", task_state="up_for_retry", tries=2, max_tries=3)
    desk.look()
    assert [event.facts["tries"] for event in events(desk.database)] == [2]


def test_a_long_run_is_told_once_while_it_runs(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel, kind="long_run", conditions={"longer_than_s": 60})
    add_run(desk.database, "running", started_at=now() - timedelta(seconds=30))
    pk = add_run(desk.database, "running", started_at=now() - timedelta(seconds=90))
    desk.look()
    desk.look()
    (event,) = events(desk.database)
    assert desk.titles() == ["Orders: runs for more than 1 min"]
    end_run(desk.database, pk, "success")
    desk.look()
    assert len(events(desk.database)) == 1
    assert event.run_id is not None


def test_silence_is_told_once_and_anew_after_the_next_run(
    desk: Desk, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule_id = add_rule(desk.database, channel, kind="no_run", conditions={"within_s": 3600}, group_s=0)
    monkeypatch.setattr("flowforge_provider.alerts.watch._SLOW_S", 0.0)
    desk.look()
    assert events(desk.database) == []
    _age(desk.database, rule_id, hours=2)
    desk.look()
    desk.look()
    assert len(events(desk.database, "no_run")) == 1
    assert desk.titles() == ["Orders: no execution has begun for 1 h"]
    assert "Last begun: never" in desk.messages()[0].content["text"]
    pk = add_run(desk.database, "running")
    desk.look()
    assert len(events(desk.database, "no_run")) == 1
    # The process that goes on knows when the last run began.
    desk.watch.stop()
    with desk.database.session() as session:
        from flowforge_provider.store.alert_tables import AlertWorkflowRow

        row = session.get(AlertWorkflowRow, "orders")
        assert row is not None
        assert row.last_run_at is not None
        row.last_run_at = now() - timedelta(hours=1, minutes=1)
    other = Desk(desk.database, owner="other")
    other.look()
    assert len(events(desk.database, "no_run")) == 2
    end_run(desk.database, pk, "success")


def _age(database: Database, rule_id: str, *, hours: int) -> None:
    """Let the rule and the publication be as old as this."""
    from flowforge_provider.store.alert_tables import AlertRuleRow
    from flowforge_provider.store.tables import PublicationRow

    with database.session() as session:
        old = now() - timedelta(hours=hours)
        session.execute(update(AlertRuleRow).where(AlertRuleRow.id == rule_id).values(updated_at=old))
        session.execute(update(PublicationRow).values(created_at=old))


def test_many_new_failures_are_told_once_a_period(desk: Desk, channel: str) -> None:
    add_rule(
        desk.database, channel, kind="dead_letters", conditions={"more_than": 2, "period_s": 600}, group_s=0
    )
    for _ in range(2):
        add_run(desk.database)
    desk.look()
    assert events(desk.database, "dead_letters") == []
    for _ in range(3):
        add_run(desk.database)
        desk.look()
    assert len(events(desk.database, "dead_letters")) == 1
    assert desk.titles() == ["Orders: 3 failures within 10 min"]


def test_a_delivery_that_was_given_up_is_a_failure(
    desk: Desk, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_rule(desk.database, channel)
    monkeypatch.setattr("flowforge_provider.alerts.watch._SLOW_S", 0.0)
    add_delivery(state="failed", error="The workflow is gone.", received_at=now())
    desk.look()
    desk.look()
    assert desk.titles() == ["Orders: failed"]
    assert "The workflow is gone." in desk.messages()[0].content["text"]


def test_rules_of_a_workflow_replace_the_global_ones_also_switched_off(desk: Desk, channel: str) -> None:
    add_rule(desk.database, channel)
    add_rule(desk.database, channel, workflow_id="orders", enabled=False)
    add_run(desk.database)
    assert desk.look() == 0
    with desk.database.session("read") as session:
        assert session.scalar(select(func.count()).select_from(AlertNoticeRow)) == 0


def test_an_idle_look_takes_no_lock(desk: Desk, channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add_rule(desk.database, channel)
    desk.look()
    add_run(desk.database, "success")
    add_run(desk.database, "running")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing has to be written")

    monkeypatch.setattr(desk.database, "transaction", refuse)
    assert desk.watch.look() is True
