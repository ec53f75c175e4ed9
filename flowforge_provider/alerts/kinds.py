"""What alerts are about, and where they go; words that tables, API and texts share."""

from __future__ import annotations

from typing import Literal

__all__ = [
    "ChannelKind",
    "EventKind",
    "Language",
    "MessageState",
    "RuleKind",
    "Source",
]

#: What a rule watches for.
RuleKind = Literal["failure", "recovery", "retry", "long_run", "no_run", "dead_letters"]
#: What a message tells: of a rule, of a channel that does not work, or that somebody tries a channel.
EventKind = Literal[
    "failure", "recovery", "retry", "long_run", "no_run", "dead_letters", "channel", "digest", "test"
]
ChannelKind = Literal["telegram", "email", "webhook", "slack", "notifier"]
Language = Literal["en", "ru"]
#: waiting: is sent, or sent again, soon. sent: the service took it. failed: given up.
MessageState = Literal["waiting", "sent", "failed"]
#: environment: made from environment variables of the process, which also hold its secrets.
Source = Literal["user", "environment"]
