"""The step that waits in Airflow's triggerer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from threading import Event
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.tries import is_retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.wait import WaitParameters

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
# Handing over to the triggerer and back takes about as long.
_SHORTEST_S = 5.0
_STORE_KEY = "flowforge_wait"


class WaitOperator(FlowForgeOperator):
    """
    Wait without holding a worker, and return {waited_s, started_at, ended_at}.

    :param mode: ``duration``, ``moment`` or ``time_of_day``
    :param amount: how long, in ``unit``
    :param unit: seconds, minutes, hours or days
    :param until: moment in ISO 8601
    :param past: ``continue`` or ``fail`` when that moment has passed
    :param time: time of day, 09:00
    :param weekdays: mon to sun; every day when left out
    :param timezone: IANA name; the workflow's time zone when left out
    """

    @classmethod
    def parameters_model(cls) -> type[WaitParameters]:
        from flowforge_provider.nodes.builtin.wait import WaitParameters

        return WaitParameters

    def run(self, parameters: WaitParameters, context: Context) -> dict[str, Any]:
        """Wait in the triggerer, unless there is nothing to wait for."""
        store = context.get("task_state_store")
        kept = store.get(_STORE_KEY) if store is not None and is_retry(context) else None
        if isinstance(kept, dict):
            # An earlier try began to wait; this one goes on with it.
            started_at = datetime.fromisoformat(str(kept["started_at"]))
            until = datetime.fromisoformat(str(kept["until"]))
        else:
            started_at = datetime.now(tz=timezone.utc)
            until = _end(parameters, started_at, workflow_timezone=self.workflow_timezone)
        state = {"started_at": started_at.isoformat(), "until": until.isoformat()}
        left_s = (until - datetime.now(tz=timezone.utc)).total_seconds()
        if left_s < _SHORTEST_S:
            self._sleep(left_s)
            return self.resume(state, None, context)
        if store is not None and not isinstance(kept, dict):
            store.set(_STORE_KEY, {**state})
        from airflow.providers.standard.triggers.temporal import DateTimeTrigger

        self.log.info("Waiting until %s", until.isoformat())
        return self.pause(DateTimeTrigger(moment=until), context, state=state)

    def _sleep(self, seconds: float) -> None:
        stop = Event()
        with self.stopped_by(stop.set):
            stop.wait(max(seconds, 0.0))

    def resume(self, state: Mapping[str, Any], event: Any, context: Context) -> dict[str, Any]:  # noqa: ARG002
        """Tell how long it took."""
        ended_at = datetime.now(tz=timezone.utc)
        started_at = datetime.fromisoformat(state["started_at"])
        zone = ZoneInfo(self.workflow_timezone)
        return {
            "waited_s": round(max((ended_at - started_at).total_seconds(), 0.0), 3),
            "started_at": started_at.astimezone(zone).isoformat(),
            "ended_at": ended_at.astimezone(zone).isoformat(),
        }


def _end(parameters: WaitParameters, now: datetime, *, workflow_timezone: str) -> datetime:
    """Return until when to wait, in UTC."""
    from flowforge_provider.nodes.moments import next_time_of_day, parse_moment, parse_time
    from flowforge_provider.settings import max_wait_s

    zone = parameters.timezone or workflow_timezone
    longest_s = max_wait_s()
    if parameters.mode == "duration":
        wait_s = parameters.amount * _SECONDS[parameters.unit]
        _check_length(wait_s, longest_s=longest_s)
        return now + timedelta(seconds=wait_s)
    if parameters.mode == "time_of_day":
        until = next_time_of_day(
            parse_time(parameters.time), weekdays=parameters.weekdays, timezone_name=zone, after=now
        )
    else:
        if not parameters.until:
            raise StepError(
                "The moment to wait for is empty. Its expression gave no text; check the data that it reads.",
                code="wait-moment",
                retryable=False,
            )
        until = parse_moment(parameters.until, timezone_name=zone)
        if until < now and parameters.past == "fail":
            raise StepError(
                f"The moment to wait for, {until.isoformat()}, has passed. Give a later one, or let the step "
                "go on at once.",
                code="wait-passed",
                detail={"until": until.isoformat()},
                retryable=False,
            )
    _check_length((until - now).total_seconds(), longest_s=longest_s)
    return until.astimezone(timezone.utc)


def _check_length(wait_s: float, *, longest_s: int) -> None:
    if wait_s > longest_s:
        raise StepError(
            f"The step would wait {wait_s / 86_400:,.1f} days; at most {longest_s / 86_400:,.1f} are "
            "allowed. Check the amount or the moment, or raise [flowforge] max_wait_s.",
            code="wait-too-long",
            detail={"wait_s": wait_s, "limit_s": longest_s},
            retryable=False,
        )
