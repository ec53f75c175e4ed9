"""The schedules of a workflow's cron nodes, as data: when each fires, and whose a moment is."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.nodes.cron_moments import following, is_wrong_in_airflow, preceding
from flowforge_provider.nodes.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flowforge_provider.graph.models import Graph

__all__ = ["CRON", "Schedule", "schedules_of"]

CRON = "cron"
_DAY = timedelta(days=1)
_JUST = timedelta(microseconds=1)


@dataclass(frozen=True)
class Schedule:
    """
    When one cron node starts runs.

    :param node: id of the node
    :param crons: expressions without mistakes; the node fires whenever one of them does
    :param timezone: IANA name
    :param jitter_s: a run begins up to so many seconds after its moment, but before the next moment
    :param catch_up: make up for every missed moment; otherwise for the newest one only
    :param start: ISO 8601, in the time zone when it names none; no moment is before it
    :param end: likewise; no moment is after it, nor after the end of the day when it is a day
    """

    node: str
    crons: tuple[str, ...]
    timezone: str
    jitter_s: int = 0
    catch_up: bool = False
    start: str = ""
    end: str = ""

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Schedule:
        """Return the schedule of a mapping, as ``written`` gives it."""
        return cls(**{**data, "crons": tuple(data["crons"])})

    @classmethod
    def of_node(cls, node_id: str, parameters: Mapping[str, Any], *, timezone_name: str) -> Schedule:
        """
        Return the schedule of a cron node.

        :param parameters: as saved in a valid graph
        :param timezone_name: IANA name of the workflow's time zone
        """
        further = parameters.get("further_expressions") or []
        return cls(
            node=node_id,
            crons=tuple(dict.fromkeys([str(parameters.get("expression") or ""), *further])),
            timezone=parameters.get("timezone") or timezone_name,
            jitter_s=parameters.get("jitter_s") or 0,
            catch_up=bool(parameters.get("catch_up")),
            start=parameters.get("start_at") or "",
            end=parameters.get("end_at") or "",
        )

    @property
    def is_plain(self) -> bool:
        """Return whether Airflow's own timetables do for it: expressions and a time zone, nothing else."""
        usual = Schedule(node=self.node, crons=self.crons, timezone=self.timezone)
        return self == usual and not any(map(is_wrong_in_airflow, self.crons))

    def written(self) -> dict[str, Any]:
        """Return it as JSON, without what is usual."""
        usual = Schedule(node="", crons=(), timezone="")
        values = {**asdict(self), "crons": list(self.crons)}
        return {name: value for name, value in values.items() if value != getattr(usual, name)}

    @property
    def first(self) -> datetime | None:
        """Return the moment before which it does not fire."""
        return parse_moment(self.start, timezone_name=self.timezone) if self.start else None

    @property
    def last(self) -> datetime | None:
        """Return the moment after which it does not fire."""
        if not self.end:
            return None
        moment = parse_moment(self.end, timezone_name=self.timezone)
        is_day = len(self.end.strip()) == len("2026-03-01")
        return moment + _DAY - _JUST if is_day else moment

    def following(self, after: datetime) -> datetime | None:
        """Return its first moment later than another one, in UTC; None when there is none."""
        if self.first is not None:
            after = max(after, self.first - _JUST)
        moment = min(self._each(following, after), default=None)
        return None if moment is None or (self.last is not None and moment > self.last) else moment

    def preceding(self, at: datetime) -> datetime | None:
        """Return its last moment that is not later than another one, in UTC; None when there is none."""
        if self.last is not None:
            at = min(at, self.last)
        moment = max(self._each(preceding, at), default=None)
        return None if moment is None or (self.first is not None and moment < self.first) else moment

    def names(self, moment: datetime) -> bool:
        """Tell whether a moment is one of its own."""
        return self.following(moment - _JUST) == moment

    def due(self, moment: datetime, *, workflow: str) -> datetime:
        """
        Return when the run of a moment begins; always the same.

        :param workflow: id of the workflow, so that workflows of one schedule begin apart
        """
        if not self.jitter_s:
            return moment
        next_one = self.following(moment)
        most = self.jitter_s if next_one is None else min(self.jitter_s, _seconds(next_one - moment) - 1)
        text = f"{workflow}|{self.node}|{moment.astimezone(timezone.utc).isoformat()}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
        return moment + timedelta(seconds=number % (most + 1))

    def _each(self, function: Any, at: datetime) -> Iterator[datetime]:
        for cron in self.crons:
            moment = function(cron, self.timezone, at)
            if moment is not None:
                yield moment


def schedules_of(graph: Graph) -> list[Schedule]:
    """Return the schedules of a valid graph's cron nodes, in the order of their ids."""
    crons: Iterable[Any] = sorted(
        (node for node in graph.nodes if node.type == CRON), key=lambda node: node.id
    )
    return [
        Schedule.of_node(node.id, node.parameters, timezone_name=graph.settings.timezone) for node in crons
    ]


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())
