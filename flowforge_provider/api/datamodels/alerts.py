"""Models of alerts: rules, channels, and what was sent."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic.config import JsonDict

from flowforge_provider.alerts.kinds import (
    ChannelKind,
    EventKind,
    Language,
    MessageState,
    RuleKind,
    Source,
)
from flowforge_provider.api.datamodels.base import Body, Reply
from flowforge_provider.nodes.addresses import parse_addresses

_RULE_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f70"
_CHANNEL_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f71"
_MESSAGE_ID = "0198c0de7b7c7a6e8f0a1b2c3d4e5f72"
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"

Clock = Annotated[str, StringConstraints(pattern=_CLOCK)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=32)]

_RULE_FIELDS: JsonDict = {
    "kind": "failure",
    "workflow_id": "orders",
    "name": "Orders must not fail",
    "enabled": True,
    "conditions": {},
    "channel_ids": [_CHANNEL_ID],
    "group_s": 600,
    "max_messages": 20,
    "rate_s": 3600,
    "quiet_hours": {
        "timezone": "Europe/Moscow",
        "start": "22:00",
        "end": "07:00",
        "days": [0, 1, 2, 3, 4, 5, 6],
    },
}
RULE_EXAMPLE: JsonDict = {
    "id": _RULE_ID,
    **_RULE_FIELDS,
    "source": "user",
    "overridden": False,
    "created_at": "2026-01-05T09:00:00Z",
    "created_by": "Ann Lee",
    "updated_at": "2026-01-05T09:00:00Z",
    "updated_by": "Ann Lee",
}
_CHANNEL_FIELDS: JsonDict = {
    "kind": "telegram",
    "name": "Operations chat",
    "enabled": True,
    "config": {"connection_id": "ops_bot", "chat": "-1001234567890"},
    "language": "en",
    "fallback_id": None,
}
CHANNEL_EXAMPLE: JsonDict = {
    "id": _CHANNEL_ID,
    **_CHANNEL_FIELDS,
    "config": {
        "connection_id": "ops_bot",
        "chat": "-1001234567890",
        "to": [],
        "sender": "",
        "url": "",
        "notifier": "",
    },
    "source": "environment",
    "health": "failing",
    "failures": 3,
    "failing_since": "2026-01-05T09:00:00Z",
    "last_error": "Telegram takes no more messages for now and asks to wait 7 s.",
    "last_sent_at": "2026-01-05T08:00:00Z",
    "used_by": 1,
    "created_at": "2026-01-05T08:00:00Z",
    "created_by": "Ann Lee",
    "updated_at": "2026-01-05T08:00:00Z",
    "updated_by": "Ann Lee",
}
MESSAGE_EXAMPLE: JsonDict = {
    "id": _MESSAGE_ID,
    "kind": "failure",
    "rule_id": _RULE_ID,
    "rule_name": "Orders must not fail",
    "channel_id": _CHANNEL_ID,
    "channel_name": "Operations chat",
    "channel_kind": "telegram",
    "workflow_id": "orders",
    "workflow_name": "Orders",
    "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
    "count": 12,
    "title": "Orders: 12 failures of the same cause in 10 minutes",
    "state": "sent",
    "attempts": 1,
    "error": None,
    "due_at": "2026-01-05T09:10:00Z",
    "created_at": "2026-01-05T09:10:00Z",
    "sent_at": "2026-01-05T09:10:01Z",
}


class QuietHours(Body):
    """When nothing is sent. What happens then is told in one message at their end."""

    timezone: str = Field(description="IANA name of the time zone.", max_length=100)
    start: Clock = Field(description="When they begin, as HH:MM.")
    end: Clock = Field(description="When they end, as HH:MM; before the start: on the next day.")
    days: list[Annotated[int, Field(ge=0, le=6)]] = Field(
        default=[0, 1, 2, 3, 4, 5, 6],
        min_length=1,
        max_length=7,
        description="Days on which they begin: 0 is Monday, 6 is Sunday.",
    )

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no time zone of the IANA database, such as Europe/Moscow or UTC")
        return value

    @model_validator(mode="after")
    def _check_length(self) -> "QuietHours":
        if self.start == self.end:
            raise ValueError("start and end must differ")
        self.days = sorted(set(self.days))
        return self


class RuleConditions(Body):
    """Numbers that some kinds of rules need."""

    longer_than_s: int | None = Field(
        default=None, ge=1, le=31_622_400, description="long_run: seconds that an execution may run."
    )
    within_s: int | None = Field(
        default=None,
        ge=60,
        le=31_622_400,
        description="no_run: seconds within which an execution must begin.",
    )
    more_than: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="dead_letters: failures that may be new within period_s.",
    )
    period_s: int | None = Field(
        default=None, ge=60, le=2_592_000, description="dead_letters: seconds in which they are counted."
    )
    min_tries: int | None = Field(
        default=None, ge=1, le=100, description="retry: tell from this failed try on; 1 when omitted."
    )


#: Conditions of a kind: those it needs, and those it may have.
CONDITIONS_OF_KIND: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "failure": (frozenset(), frozenset()),
    "recovery": (frozenset(), frozenset()),
    "retry": (frozenset(), frozenset({"min_tries"})),
    "long_run": (frozenset({"longer_than_s"}), frozenset()),
    "no_run": (frozenset({"within_s"}), frozenset()),
    "dead_letters": (frozenset({"more_than", "period_s"}), frozenset()),
}


def _listed(field: str, names: Iterable[str]) -> str:
    return ", ".join(f"{field}.{name}" for name in sorted(names))


class _RuleFields(Body):
    kind: RuleKind = Field(
        description="failure: an execution has failed. recovery: the first success after failures. retry: a "
        "try has failed and another one follows. long_run: an execution runs for longer than longer_than_s. "
        "no_run: none has begun for within_s. dead_letters: more than more_than failures within period_s."
    )
    workflow_id: str | None = Field(
        default=None,
        max_length=200,
        description="The workflow; null for all that have no rule of this kind of their own.",
    )
    name: str = Field(default="", max_length=200, description="What people call it.")
    enabled: bool = Field(
        default=True,
        description="Whether it counts. A workflow's own rule that is switched off silences the global ones.",
    )
    conditions: RuleConditions = Field(default=RuleConditions(), description="What its kind needs.")
    channel_ids: list[Id] = Field(default=[], max_length=20, description="Where messages go.")
    group_s: int = Field(
        default=600,
        ge=0,
        le=86_400,
        description="Seconds for which what is alike is gathered after a message; 0: each is told alone.",
    )
    max_messages: int = Field(
        default=20, ge=1, le=1000, description="Messages to one channel within rate_s; the rest is gathered."
    )
    rate_s: int = Field(default=3600, ge=60, le=86_400, description="Seconds in which messages are counted.")
    quiet_hours: QuietHours | None = Field(default=None, description="When nothing is sent.")


class AlertRuleBody(_RuleFields):
    """A rule: what to tell whom."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_RULE_FIELDS]})

    @model_validator(mode="after")
    def _check_conditions(self) -> "AlertRuleBody":
        needed, offered = CONDITIONS_OF_KIND[self.kind]
        given = {name for name, value in self.conditions.model_dump().items() if value is not None}
        missing, unknown = needed - given, given - needed - offered
        if missing:
            raise ValueError(f"a rule of kind {self.kind} needs {_listed('conditions', missing)}")
        if unknown:
            raise ValueError(f"a rule of kind {self.kind} has no {_listed('conditions', unknown)}")
        self.channel_ids = list(dict.fromkeys(self.channel_ids))
        return self


class AlertRuleResponse(_RuleFields):
    """A rule as it is stored."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [RULE_EXAMPLE]})

    id: str = Field(description="Id of the rule.")
    source: Source = Field(description="environment: made from environment variables.")
    overridden: bool = Field(
        description="In the list of one workflow: a global rule that the workflow's own ones replace."
    )
    created_at: datetime = Field(description="When it was made, UTC.")
    created_by: str = Field(description="Who made it.")
    updated_at: datetime = Field(description="When it was changed, UTC.")
    updated_by: str = Field(description="Who changed it.")


class AlertRuleCollectionResponse(Reply):
    """Rules, global ones first, then by workflow and kind."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rules": [RULE_EXAMPLE], "total_entries": 1}]})

    rules: list[AlertRuleResponse] = Field(description="The rules.")
    total_entries: int = Field(description="How many they are.")


class ChannelConfig(Body):
    """Where a channel leads. Secrets are in the Airflow connection that it names."""

    connection_id: str = Field(
        default="",
        max_length=250,
        description="Airflow connection. telegram: of type telegram. email: smtp or resend. webhook: "
        "flowforge_webhook, whose password is the signing secret (whsec_...). slack: slackwebhook, http or "
        "flowforge_http, whose host and password are the address.",
    )
    chat: str = Field(
        default="", max_length=200, description="telegram: number or @name; the connection's host when empty."
    )
    to: list[Annotated[str, StringConstraints(min_length=3, max_length=320)]] = Field(
        default=[], max_length=20, description="email: addresses of the recipients."
    )
    sender: str = Field(
        default="", max_length=320, description="email: address of the sender; the connection's when empty."
    )
    url: str = Field(default="", max_length=2000, description="webhook: address that gets POST requests.")
    notifier: str = Field(
        default="",
        max_length=100,
        description="notifier: name in [flowforge] alert_notifiers, which only administrators can set.",
    )


#: Fields of a channel's configuration: those that a kind needs, and those it may have.
FIELDS_OF_KIND: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "telegram": (frozenset({"connection_id"}), frozenset({"chat"})),
    "email": (frozenset({"connection_id", "to"}), frozenset({"sender"})),
    "webhook": (frozenset({"connection_id", "url"}), frozenset()),
    "slack": (frozenset({"connection_id"}), frozenset()),
    "notifier": (frozenset({"notifier"}), frozenset()),
}


class _ChannelFields(Body):
    kind: ChannelKind = Field(
        description="telegram: a chat. email: through SMTP or Resend. webhook: signed by Standard Webhooks. "
        "slack: Slack, or what takes the same messages. notifier: any Airflow notifier that an administrator "
        "has set."
    )
    name: str = Field(min_length=1, max_length=200, description="What people call it.")
    enabled: bool = Field(default=True, description="Whether it is used.")
    config: ChannelConfig = Field(description="Where it leads.")
    language: Language | None = Field(
        default=None, description="Language of its messages; [flowforge] alert_language when null."
    )
    fallback_id: Id | None = Field(
        default=None, description="Channel that is told when this one does not work; else the others are."
    )


class AlertChannelBody(_ChannelFields):
    """A channel: where alerts go."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CHANNEL_FIELDS]})

    @model_validator(mode="after")
    def _check(self) -> "AlertChannelBody":
        _check_config(self.kind, self.config)
        return self


class AlertChannelUpdateBody(_ChannelFields):
    """What a channel is to be; one that comes from environment variables names no connection."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CHANNEL_FIELDS]})

    @model_validator(mode="after")
    def _check(self) -> "AlertChannelUpdateBody":
        _check_config(self.kind, self.config, optional=frozenset({"connection_id"}))
        return self


def _check_config(kind: str, config: ChannelConfig, *, optional: frozenset[str] = frozenset()) -> None:
    needed, offered = FIELDS_OF_KIND[kind]
    given = {name for name, value in config.model_dump().items() if value}
    missing, unknown = needed - given - optional, given - needed - offered
    if missing:
        raise ValueError(f"a channel of kind {kind} needs {_listed('config', missing)}")
    if unknown:
        raise ValueError(f"a channel of kind {kind} has no {_listed('config', unknown)}")
    if config.url and not config.url.lower().startswith(("http://", "https://")):
        raise ValueError("config.url must start with https:// or http://")
    try:
        parse_addresses(",".join([*config.to, config.sender]))
    except ValueError as error:
        raise ValueError(f"config holds what is no email address: {error}") from None


class AlertChannelResponse(_ChannelFields):
    """A channel as it is stored, and whether it works."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [CHANNEL_EXAMPLE]})

    id: str = Field(description="Id of the channel.")
    source: Source = Field(description="environment: made from environment variables; cannot be removed.")
    health: Literal["unused", "ok", "failing", "off"] = Field(
        description="unused: nothing was sent yet. failing: the last attempts have failed. off: not enabled."
    )
    failures: int = Field(description="Attempts in a row that failed.")
    failing_since: datetime | None = Field(description="Since when it has not worked, UTC.")
    last_error: str | None = Field(description="Why the last failed attempt failed.")
    last_sent_at: datetime | None = Field(description="When it last took a message, UTC.")
    used_by: int = Field(description="Rules that use it.")
    created_at: datetime = Field(description="When it was made, UTC.")
    created_by: str = Field(description="Who made it.")
    updated_at: datetime = Field(description="When it was changed, UTC.")
    updated_by: str = Field(description="Who changed it.")


class AlertChannelCollectionResponse(Reply):
    """All channels by name, and what new ones can use."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channels": [CHANNEL_EXAMPLE],
                    "total_entries": 1,
                    "notifiers": ["pagerduty"],
                    "default_language": "en",
                }
            ]
        }
    )

    channels: list[AlertChannelResponse] = Field(description="The channels.")
    total_entries: int = Field(description="How many they are.")
    notifiers: list[str] = Field(description="Names in [flowforge] alert_notifiers.")
    default_language: Language = Field(description="Language of channels that name none.")


class AlertTestResponse(Reply):
    """What became of a test message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ok": True, "message": "The channel took the message.", "code": None}]
        }
    )

    ok: bool = Field(description="Whether the service took it.")
    message: str = Field(description="What happened, in words.")
    code: str | None = Field(description="Why not; see the list of errors.")


class AlertMessageSummary(Reply):
    """One message to one channel."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [MESSAGE_EXAMPLE]})

    id: str = Field(description="Id of the message.")
    kind: EventKind = Field(
        description="What it tells of; digest: of several things. channel: of a channel that does not work."
    )
    rule_id: str | None = Field(description="The rule that wanted it.")
    rule_name: str | None = Field(description="Its name; null when it is gone.")
    channel_id: str = Field(description="The channel.")
    channel_name: str | None = Field(description="Its name; null when it is gone.")
    channel_kind: ChannelKind | None = Field(description="Its kind; null when it is gone.")
    workflow_id: str | None = Field(description="The workflow; null when it is about several, or none.")
    workflow_name: str | None = Field(description="Its name.")
    execution_id: str | None = Field(description="The execution that it leads to.")
    count: int = Field(description="How many events it tells of.")
    title: str = Field(description="Its first line.")
    state: MessageState = Field(
        description="waiting: is sent, maybe again, at due_at. sent: the service took it. failed: given up."
    )
    attempts: int = Field(description="How often sending was tried.")
    error: str | None = Field(description="Why the last attempt failed.")
    due_at: datetime = Field(description="When it is sent, or tried again, UTC.")
    created_at: datetime = Field(description="When it was written, UTC.")
    sent_at: datetime | None = Field(description="When the service took it, UTC.")


class AlertHistoryResponse(Reply):
    """A page of messages, newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"messages": [MESSAGE_EXAMPLE], "next_cursor": None, "held": 0}]}
    )

    messages: list[AlertMessageSummary] = Field(description="The page.")
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")
    held: int = Field(
        description="Events that wait to be told: grouped, held back by the rate or by quiet hours; counted "
        "up to 1000."
    )


class AlertEvent(Reply):
    """One event that a message tells of."""

    kind: EventKind = Field(description="What happened.")
    workflow_id: str | None = Field(description="The workflow.")
    execution_id: str | None = Field(description="The execution.")
    facts: dict[str, Any] = Field(description="What is known of it: step, code, message, status, tries, url.")
    happened_at: datetime = Field(description="When, UTC.")


class AlertMessageResponse(AlertMessageSummary):
    """One message with its text and its events."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    **MESSAGE_EXAMPLE,
                    "text": "Step: Charge the card\nCause: The service answered 503.",
                    "events": [
                        {
                            "kind": "failure",
                            "workflow_id": "orders",
                            "execution_id": "orders.manual__0198c0de7b7c7a6e8f0a1b2c3d4e5f60",
                            "facts": {"step": "Charge the card", "code": "http-status", "status": 503},
                            "happened_at": "2026-01-05T09:00:00Z",
                        }
                    ],
                }
            ]
        },
    )

    text: str = Field(description="Its text below the first line.")
    events: list[AlertEvent] = Field(description="The first 50 events that it tells of, oldest first.")
