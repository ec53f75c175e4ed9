"""Tell Slack, or what takes the same messages: Mattermost, Rocket.Chat, Discord's /slack addresses."""

from __future__ import annotations

import re
from typing import Any

from flowforge_provider.notifications.base import FlowForgeNotifier

__all__ = ["FlowForgeSlackNotifier", "to_mrkdwn", "webhook_url"]

_DEFAULT_BASE = "https://hooks.slack.com/services"
_MAX_TEXT = 3_000
_MAX_ANSWER_BYTES = 100_000


class FlowForgeSlackNotifier(FlowForgeNotifier):
    """
    Send a message to an incoming webhook.

    :param connection_id: Airflow connection of type slackwebhook, http or flowforge_http. Its password is the
        token, or the whole address; its host the address before the token, Slack's own when empty
    :param language: en or ru; ``[flowforge] alert_language`` when omitted
    """

    def __init__(
        self,
        *,
        connection_id: str = "slackwebhook_default",
        language: str | None = None,
        context: Any = None,
    ) -> None:
        super().__init__(language=language, context=context)
        self.connection_id = connection_id

    def send(self, message: dict[str, Any]) -> None:
        """Send one message."""
        import requests

        from flowforge_provider.hooks.addresses import AddressRules
        from flowforge_provider.hooks.connections import connection_type, find_connection
        from flowforge_provider.hooks.guarded import GuardedSession, Timeouts
        from flowforge_provider.hooks.secrets import SecretValues
        from flowforge_provider.notifications.refusals import explain_answer, without_secrets

        connection_type(self.connection_id, offered=("slackwebhook", "http", "flowforge_http"))
        connection = find_connection(self.connection_id)
        url = webhook_url(connection)
        secrets = SecretValues()
        # Whoever knows the address may write to the chat.
        secrets.add(url, url.partition("://")[2].partition("/")[2], connection.password)
        request = requests.Request("POST", url, json={"text": to_mrkdwn(message)})
        # Whoever may edit connections chooses the address.
        rules = AddressRules(trusted=True)
        with (
            without_secrets(secrets),
            GuardedSession(
                rules=rules, max_response_bytes=_MAX_ANSWER_BYTES, timeouts=Timeouts(5, 15, 20)
            ) as session,
        ):
            answer = session.send(request, follow_redirects=False)
            if not 200 <= answer.status < 300:
                raise explain_answer(answer, service="Slack")


def webhook_url(connection: Any) -> str:
    """
    Return the address of an incoming webhook.

    :raises StepError: the connection names none
    """
    from flowforge_provider.exceptions import StepError

    token = str(connection.password or "").strip()
    if token.lower().startswith(("https://", "http://")):
        return token
    base = str(connection.host or "").strip().rstrip("/")
    if base and "://" not in base:
        base = f"{connection.schema or 'https'}://{base}"
    if base and connection.port:
        base = f"{base}:{connection.port}"
    if not base and not token:
        raise StepError(
            f'Connection "{connection.conn_id}" names no incoming webhook. Put its token, or its whole '
            "address, into the password.",
            code="slack-address",
            retryable=False,
        )
    return f"{base or _DEFAULT_BASE}/{token.lstrip('/')}".rstrip("/")


def to_mrkdwn(message: dict[str, Any]) -> str:
    """Return a message in Slack's form; what others have written cannot mention people or make links."""
    text = str(message["text"])
    shown = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
    links = "\n".join(
        f"<{_escape(link['url']).replace('|', '%7C')}|{_escape(link['label'])}>" for link in message["links"]
    )
    title = " ".join(_escape(str(message["title"])).split()).replace("*", "∗")
    told = (_harmless(f"*{title}*"), _harmless(_escape(shown)), links)
    return "\n\n".join(part for part in told if part)


def _harmless(text: str) -> str:
    """Break what others than Slack take for a mention (@all) or a link ([a](b)); people see no difference."""
    return re.sub(r"(?<!\w)@(?=\w)|\](?=\()", lambda found: f"{found[0]}\u200b", text)


def _escape(text: str) -> str:
    # https://api.slack.com/reference/surfaces/formatting#escaping
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
