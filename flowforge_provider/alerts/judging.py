"""Say which events follow from what was found, and for whom."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from flowforge_provider.alerts.events import NewEvent, known_keys
from flowforge_provider.alerts.facts import failure_facts, public_text
from flowforge_provider.alerts.finding import delivery_key, find_retries_of_ended
from flowforge_provider.queue.causes import cause_of_delivery
from flowforge_provider.runs.causes import cause_fingerprint
from flowforge_provider.runs.failures import read_failures, read_reports
from flowforge_provider.runs.trigger import trigger_type_of_run
from flowforge_provider.store.alert_tables import AlertEventRow, AlertWorkflowRow
from flowforge_provider.store.tables import WorkflowRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from flowforge_provider.alerts.finding import Active, Ended, FailedDelivery, Retried
    from flowforge_provider.alerts.rules import RuleBook
    from flowforge_provider.store.alert_tables import AlertRuleRow

__all__ = [
    "has_fresh_retries",
    "judge_deliveries",
    "judge_ended",
    "judge_growth",
    "judge_long_runs",
    "judge_retries",
    "judge_silence",
]


def judge_ended(ended: Sequence[Ended], book: RuleBook, session: Session) -> list[NewEvent]:
    """
    Return the failures and recoveries among ended runs, and remember which workflows are failing.

    :param ended: in the order in which they ended
    """
    failed = [each for each in ended if each.state == "failed" and _is_watched(each.run.workflow_id, book)]
    known = known_keys((_failure_key(each) for each in failed), session)
    # What was judged before must not make a workflow that works again a failing one.
    wanted = [each for each in failed if _failure_key(each) not in known]
    steps = read_failures([each.run for each in wanted], session)
    new = {_failure_key(each) for each in wanted}
    states = _States(session)
    events: list[NewEvent] = []
    for each in ended:
        if each.state == "failed":
            if _failure_key(each) in new and states.fail(each):
                events.append(_failure(each, steps.get(each.run.pk), book))
        else:
            since = states.recover(each)
            rules = book.matching("recovery", each.run.workflow_id) if since is not None else []
            if since is not None and rules:
                events.append(_recovery(each, since, rules))
    retried = [each for each in ended if book.matching("retry", each.run.workflow_id)]
    return events + judge_retries(find_retries_of_ended(retried, session), book, session)


def judge_retries(retried: Sequence[Retried], book: RuleBook, session: Session) -> list[NewEvent]:
    """Return the events of failed tries that are followed by another one."""
    fresh = _fresh_retries(retried, book, session)
    steps = read_reports([each.task for each, _ in fresh], session)
    return [
        NewEvent(
            key=_retry_key(each),
            kind="retry",
            workflow_id=each.task.run.workflow_id,
            run_id=each.task.run.run_id,
            rules=rules,
            facts=failure_facts(step, workflow_name=each.workflow_name, trigger_type=None, started_at=None),
            happened_at=each.ended_at or datetime.now(tz=timezone.utc),
            fingerprint=step.fingerprint,
        )
        for (each, rules), step in zip(fresh, steps, strict=True)
    ]


def has_fresh_retries(retried: Sequence[Retried], book: RuleBook, session: Session) -> bool:
    """Tell whether some of these tries are to be told, and are not written down yet."""
    return bool(_fresh_retries(retried, book, session))


def judge_deliveries(deliveries: Sequence[FailedDelivery], book: RuleBook) -> Iterator[NewEvent]:
    """Yield the events of deliveries that could not become runs: to their senders these are failures, too."""
    for each in deliveries:
        cause = cause_of_delivery(each.error)
        yield NewEvent(
            key=delivery_key(each.id),
            kind="failure",
            workflow_id=each.workflow_id,
            run_id=each.run_id,
            rules=book.matching("failure", each.workflow_id),
            facts={
                "workflow_name": each.workflow_name,
                "code": cause.code,
                "message": public_text(cause.message),
                "trigger_type": each.kind,
                "started_at": None,
            },
            happened_at=each.received_at,
            fingerprint=cause.fingerprint,
        )


def judge_long_runs(
    active: Mapping[int, Active], names: Mapping[str, str], book: RuleBook, *, now: datetime
) -> Iterator[NewEvent]:
    """
    Yield the events of runs that take longer than a rule allows.

    :param names: workflow -> its name
    """
    for pk, run in active.items():
        if run.started_at is None:
            continue
        for rule in book.matching("long_run", run.workflow_id):
            limit_s = int(rule.conditions["longer_than_s"])
            if now - run.started_at > timedelta(seconds=limit_s):
                yield NewEvent(
                    key=f"long_run:{rule.id}:{limit_s}:{pk}:{run.clear_number}",
                    kind="long_run",
                    workflow_id=run.workflow_id,
                    run_id=run.run_id,
                    rules=[rule],
                    facts={
                        "workflow_name": names.get(run.workflow_id, run.workflow_id),
                        "limit_s": limit_s,
                        "started_at": run.started_at.isoformat(),
                    },
                    happened_at=run.started_at + timedelta(seconds=limit_s),
                )


def judge_silence(
    last_runs: Mapping[str, datetime | None],
    published: Mapping[str, tuple[str, datetime]],
    book: RuleBook,
    *,
    now: datetime,
) -> Iterator[NewEvent]:
    """
    Yield the events of workflows of which no run has begun in time.

    :param last_runs: workflow -> when its last run was made
    :param published: published workflow -> its name, and since when it is published
    """
    for workflow_id, (name, since) in published.items():
        last = last_runs.get(workflow_id)
        for rule in book.matching("no_run", workflow_id):
            within_s = int(rule.conditions["within_s"])
            # Time counts from what could have let one begin: the workflow's publication, or the rule itself.
            base = max(moment for moment in (last, since, rule.updated_at) if moment is not None)
            if now - base > timedelta(seconds=within_s):
                yield NewEvent(
                    key=f"no_run:{rule.id}:{workflow_id}:{int(base.timestamp())}",
                    kind="no_run",
                    workflow_id=workflow_id,
                    run_id=None,
                    rules=[rule],
                    facts={
                        "workflow_name": name,
                        "limit_s": within_s,
                        "last_run_at": last.isoformat() if last else None,
                    },
                    happened_at=base + timedelta(seconds=within_s),
                )


def judge_growth(
    failures: Sequence[NewEvent], book: RuleBook, session: Session, *, now: datetime
) -> list[NewEvent]:
    """
    Return the events of workflows that have more failures than a rule allows, once a period.

    :param failures: events that were just written down
    """
    events = []
    names = {event.workflow_id: event for event in failures if event.kind == "failure"}
    for workflow_id, latest in names.items():
        for rule in book.matching("dead_letters", workflow_id):
            period = timedelta(seconds=int(rule.conditions["period_s"]))
            count = _count(workflow_id, "failure", now - period, session)
            if count <= int(rule.conditions["more_than"]) or _told(
                rule.id, workflow_id, now - period, session
            ):
                continue
            events.append(
                NewEvent(
                    key=f"dead_letters:{rule.id}:{workflow_id}:{int(now.timestamp())}",
                    kind="dead_letters",
                    workflow_id=workflow_id,
                    run_id=None,
                    rules=[rule],
                    facts={
                        "workflow_name": latest.facts.get("workflow_name"),
                        "failures": count,
                        "limit_s": int(period.total_seconds()),
                        "message": latest.facts.get("message"),
                        "rule_id": rule.id,
                    },
                    happened_at=now,
                )
            )
    return events


def _fresh_retries(
    retried: Sequence[Retried], book: RuleBook, session: Session
) -> list[tuple[Retried, list[AlertRuleRow]]]:
    wanted = []
    for each in retried:
        rules = [
            rule
            for rule in book.matching("retry", each.task.run.workflow_id)
            if each.task.try_number >= (rule.conditions.get("min_tries") or 1)
        ]
        if rules:
            wanted.append((each, rules))
    known = known_keys((_retry_key(each) for each, _ in wanted), session)
    return [(each, rules) for each, rules in wanted if _retry_key(each) not in known]


def _count(workflow_id: str, kind: str, since: datetime, session: Session) -> int:
    event = AlertEventRow
    query = (
        select(func.count())
        .select_from(event)
        .where(event.workflow_id == workflow_id, event.kind == kind, event.happened_at >= since)
    )
    return session.scalar(query) or 0


def _told(rule_id: str, workflow_id: str, since: datetime, session: Session) -> bool:
    event = AlertEventRow
    query = select(event.facts).where(
        event.workflow_id == workflow_id, event.kind == "dead_letters", event.happened_at >= since
    )
    return any(facts.get("rule_id") == rule_id for facts in session.scalars(query))


def _is_watched(workflow_id: str, book: RuleBook) -> bool:
    """Tell whether failures of a workflow matter: to be told, to be counted, or to know a recovery."""
    return any(book.matching(kind, workflow_id) for kind in ("failure", "dead_letters", "recovery"))


def _failure_key(ended: Ended) -> str:
    # A run that was cleared and fails again has failed once more.
    return f"failure:{ended.run.pk}:{ended.clear_number}"


def _retry_key(retried: Retried) -> str:
    task = retried.task
    return f"retry:{task.run.pk}:{task.task_id}:{task.map_index}:{task.try_number}"


def _failure(ended: Ended, step: Any, book: RuleBook) -> NewEvent:
    run = ended.run
    return NewEvent(
        key=_failure_key(ended),
        kind="failure",
        workflow_id=run.workflow_id,
        run_id=run.run_id,
        rules=book.matching("failure", run.workflow_id),
        facts=failure_facts(
            step,
            workflow_name=ended.workflow_name,
            trigger_type=trigger_type_of_run(run_id=run.run_id, run_type=ended.run_type),
            started_at=ended.started_at,
        ),
        happened_at=ended.ended_at,
        fingerprint=step.fingerprint if step else cause_fingerprint(node_id=None, error=None),
    )


def _recovery(ended: Ended, since: datetime, rules: Sequence[Any]) -> NewEvent:
    return NewEvent(
        key=f"recovery:{ended.run.workflow_id}:{int(since.timestamp() * 1_000_000)}",
        kind="recovery",
        workflow_id=ended.run.workflow_id,
        run_id=ended.run.run_id,
        rules=rules,
        facts={
            "workflow_name": ended.workflow_name,
            "failing_s": max(0.0, (ended.ended_at - since).total_seconds()),
            "started_at": ended.started_at.isoformat() if ended.started_at else None,
        },
        happened_at=ended.ended_at,
    )


class _States:
    """Which workflows are failing, as the database remembers it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows: dict[str, AlertWorkflowRow] = {}

    def fail(self, ended: Ended) -> bool:
        """Note a failure; return False for one of a workflow that is gone."""
        row = self._row(ended.run.workflow_id)
        if row is None:
            return False
        if row.failing_since is None:
            row.failing_since = ended.ended_at
        row.failing_run_pk = min(row.failing_run_pk or ended.run.pk, ended.run.pk)
        return True

    def recover(self, ended: Ended) -> datetime | None:
        """Note a success; return since when the workflow had been failing, or None when it had not."""
        row = self._session.get(AlertWorkflowRow, ended.run.workflow_id)
        if row is None or row.failing_since is None or ended.ended_at < row.failing_since:
            return None
        since, row.failing_since, row.failing_run_pk = row.failing_since, None, None
        return since

    def _row(self, workflow_id: str) -> AlertWorkflowRow | None:
        if workflow_id not in self._rows:
            row = self._session.get(AlertWorkflowRow, workflow_id)
            if row is None:
                if self._session.get(WorkflowRow, workflow_id) is None:
                    return None
                row = AlertWorkflowRow(workflow_id=workflow_id)
                self._session.add(row)
                self._session.flush()
            self._rows[workflow_id] = row
        return self._rows[workflow_id]
