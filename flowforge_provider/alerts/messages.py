"""Write the message about one or several groups of events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flowforge_provider.alerts.texts import duration, plural, text
from flowforge_provider.runs.explanation import explain
from flowforge_provider.runs.reports import tell_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.alerts.kinds import Language

__all__ = ["Group", "execution_links", "write_message", "write_test"]

_MOST_GROUPS = 20
_MAX_CAUSE = 700
_MAX_NAME = 100
_PAGE = "/plugin/flowforge"


@dataclass(frozen=True)
class Group:
    """
    Events that are alike.

    :param kind: what happened
    :param count: how many they are
    :param facts: of the first one
    :param run_id: of the first one's execution
    :param first_at: when the first one happened
    :param last_at: when the last one happened
    """

    kind: str
    workflow_id: str | None
    run_id: str | None
    count: int
    facts: Mapping[str, Any]
    first_at: datetime
    last_at: datetime

    @property
    def execution_id(self) -> str | None:
        """The first one's execution."""
        return f"{self.workflow_id}.{self.run_id}" if self.workflow_id and self.run_id else None

    @property
    def name(self) -> str:
        """What people call the workflow."""
        return _short(str(self.facts.get("workflow_name") or self.workflow_id or "FlowForge"))


@dataclass
class _Writer:
    """Lines and links in one language."""

    language: Language
    base_url: str
    zone: ZoneInfo
    lines: list[dict[str, str]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)

    def say(self, key: str, **values: Any) -> str:
        return text(key, self.language, **values)

    def line(self, label: str, value: Any) -> None:
        if value not in (None, "", []):
            self.lines.append({"label": self.say(f"label.{label}"), "value": str(value)})

    def link(self, label: str, path: str) -> None:
        if self.base_url:
            self.links.append({"label": self.say(f"link.{label}"), "url": f"{self.base_url}{_PAGE}{path}"})

    def moment(self, value: Any) -> str:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S} {self.zone.key}" if moment else ""


def write_message(
    message_id: str,
    groups: Sequence[Group],
    *,
    language: Language,
    base_url: str,
    zone: str = "UTC",
    held_by: str | None = None,
) -> dict[str, Any]:
    """
    Return the message about groups of events; one group has all of its facts, several are a list.

    :param base_url: address of Airflow's pages; without it there are no links
    :param zone: IANA name of the zone that moments are told in
    :param held_by: what has held it back: quiet, rate
    :return: {id, kind, title, text, lines, links, count, workflow_id, execution_id, facts}
    """
    writer = _Writer(language, base_url, ZoneInfo(zone))
    if len(groups) == 1:
        (group,) = groups
        title = title_of(group, language)
        _tell(group, writer)
    else:
        title = _digest_title(groups, language)
        for group in groups[:_MOST_GROUPS]:
            what = title_of(group, language)
            cause = _cause(group.facts)
            writer.lines.append({"label": "•", "value": f"{what}. {cause}" if cause else what})
        if len(groups) > _MOST_GROUPS:
            writer.lines.append({"label": "•", "value": writer.say("more", count=len(groups) - _MOST_GROUPS)})
        workflows = {group.workflow_id for group in groups}
        if len(workflows) == 1:
            writer.link("workflow", f"/workflows/{quote(str(groups[0].workflow_id), safe='')}")
        elif any(group.kind in {"failure", "dead_letters"} for group in groups):
            writer.link("dead_letters", "/dead-letters")
    if held_by is not None:
        writer.line("held", writer.say(f"held.{held_by}"))
    workflow_ids = {group.workflow_id for group in groups}
    one = groups[0] if len(groups) == 1 else None
    return {
        "id": message_id,
        "kind": one.kind if one else "digest",
        "title": title,
        "text": "\n".join(
            f"{line['label']} {line['value']}"
            if line["label"] == "•"
            else f"{line['label']}: {line['value']}"
            for line in writer.lines
        ),
        "lines": writer.lines,
        "links": writer.links,
        "count": sum(group.count for group in groups),
        "workflow_id": next(iter(workflow_ids)) if len(workflow_ids) == 1 else None,
        "execution_id": one.execution_id if one else None,
        "facts": dict(one.facts) if one else {},
    }


def write_test(message_id: str, *, user: str, language: Language, base_url: str) -> dict[str, Any]:
    """Return a message that tells nothing but that somebody tries the channel."""
    writer = _Writer(language, base_url, ZoneInfo("UTC"))
    writer.link("alerts", "/alerts")
    return {
        "id": message_id,
        "kind": "test",
        "title": writer.say("test"),
        "text": writer.say("test.text", user=user),
        "lines": [],
        "links": writer.links,
        "count": 1,
        "workflow_id": None,
        "execution_id": None,
        "facts": {},
    }


def title_of(group: Group, language: Language) -> str:
    """Return the first line about a group."""
    facts, kind = group.facts, group.kind
    values: dict[str, Any] = {
        "workflow": group.name,
        "count": group.count,
        "failures": plural(group.count, language),
        "period": duration((group.last_at - group.first_at).total_seconds(), language),
        "step": _short(str(facts.get("step") or facts.get("node_id") or "")),
        "limit": duration(float(facts.get("limit_s") or 0), language),
        "failures_now": facts.get("failures", ""),
        "failures_noun": plural(int(facts.get("failures") or 0), language),
        "channel": _short(str(facts.get("channel") or "")),
    }
    if group.count > 1:
        return text(f"{kind}.many", language, **values)
    if kind == "long_run" and not facts.get("limit_s"):
        return text("deadline", language, **values)
    if kind == "failure" and values["step"]:
        return text("failure.step", language, **values)
    return text(f"{kind}.one", language, **values)


def execution_links(
    execution_id: str, *, base_url: str, language: Language, retry: bool
) -> list[dict[str, str]]:
    """Return links to an execution, and to the dialog that repeats it; the page checks rights."""
    writer = _Writer(language, base_url, ZoneInfo("UTC"))
    page = f"/executions/{quote(execution_id, safe='')}"
    writer.link("execution", page)
    if retry:
        writer.link("retry", f"{page}?action=retry")
    return writer.links


def _digest_title(groups: Sequence[Group], language: Language) -> str:
    first = min(group.first_at for group in groups)
    last = max(group.last_at for group in groups)
    return text(
        "digest",
        language,
        count=sum(group.count for group in groups),
        groups=len(groups),
        period=duration((last - first).total_seconds(), language),
    )


def _tell(group: Group, writer: _Writer) -> None:
    facts, language = group.facts, writer.language
    if group.kind in {"failure", "retry"}:
        _tell_failure(group, writer)
    elif group.kind == "recovery" and facts.get("failing_s"):
        writer.line("downtime", duration(float(facts["failing_s"]), language))
    elif group.kind == "no_run":
        writer.line("last", writer.moment(facts.get("last_run_at")) or writer.say("never"))
    elif group.kind == "channel":
        writer.line("since", writer.moment(facts.get("failing_since")))
        writer.line("cause", _cause(facts))
    elif group.kind == "dead_letters":
        writer.line("cause", _cause(facts))
    if facts.get("started_at"):
        writer.line("started", writer.moment(facts["started_at"]))
    if group.count > 1:
        writer.line("first", writer.moment(group.first_at))
    _link(group, writer)


def _tell_failure(group: Group, writer: _Writer) -> None:
    facts = group.facts
    step = facts.get("step")
    error = {
        "type": facts.get("type"),
        "code": facts.get("code"),
        "message": _cause(facts),
        "detail": {"status": facts.get("status")},
    }
    message = tell_message(error, language=writer.language)
    why = explain(
        error,
        step=step,
        tries=int(facts.get("tries") or 0),
        max_tries=int(facts.get("max_tries") or 1),
        language=writer.language,
    )
    writer.line("step", step)
    writer.line("cause", why.title if step or not message else message)
    writer.line("details", message if step else None)
    writer.line("status", facts.get("status"))
    writer.line("sqlstate", facts.get("sqlstate"))
    writer.line("request", facts.get("request"))
    if group.kind == "retry":
        tries = {"tries": facts.get("tries"), "max_tries": facts.get("max_tries")}
        writer.line("tries", writer.say("tries.next", **tries))
        return
    writer.line("tries", why.tried)
    writer.line("next", why.advice)


def _link(group: Group, writer: _Writer) -> None:
    if group.kind == "channel":
        writer.link("alerts", "/alerts")
        return
    if group.workflow_id is None:
        return
    if group.execution_id is not None:
        writer.line("execution", group.execution_id)
        writer.links += execution_links(
            group.execution_id,
            base_url=writer.base_url,
            language=writer.language,
            retry=group.kind == "failure",
        )
    if group.kind == "dead_letters" or (group.kind == "failure" and group.count > 1):
        writer.link("dead_letters", f"/dead-letters?workflow={quote(group.workflow_id, safe='')}")
    if group.execution_id is None:
        writer.link("workflow", f"/workflows/{quote(group.workflow_id, safe='')}")


def _cause(facts: Mapping[str, Any]) -> str:
    message = " ".join(str(facts.get("message") or "").split())
    return message if len(message) <= _MAX_CAUSE else f"{message[:_MAX_CAUSE]}…"


def _short(name: str) -> str:
    flat = " ".join(name.split())
    return flat if len(flat) <= _MAX_NAME else f"{flat[:_MAX_NAME]}…"
