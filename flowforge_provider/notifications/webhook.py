"""Tell another system by an HTTP request that is signed by Standard Webhooks."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from flowforge_provider.notifications.base import FlowForgeNotifier

__all__ = ["FlowForgeWebhookNotifier", "public_address"]

_MAX_ANSWER_BYTES = 100_000


class FlowForgeWebhookNotifier(FlowForgeNotifier):
    """
    Send a POST request with the headers webhook-id, webhook-timestamp and webhook-signature.

    Source: the Standard Webhooks specification, version 1, "Signature scheme".

    :param url: address that gets the requests; private networks need ``[flowforge] http_allowed_networks``
    :param connection_id: Airflow connection of type flowforge_webhook; its password is the secret (whsec_...)
    :param language: en or ru; ``[flowforge] alert_language`` when omitted
    """

    def __init__(
        self, *, url: str, connection_id: str, language: str | None = None, context: Any = None
    ) -> None:
        super().__init__(language=language, context=context)
        self.url = url
        self.connection_id = connection_id

    def send(self, message: dict[str, Any]) -> None:
        """Send one request; ``webhook-id`` is the same at each attempt."""
        import requests

        from flowforge_provider.exceptions import StepError
        from flowforge_provider.hooks.guarded import GuardedSession, Timeouts
        from flowforge_provider.notifications.refusals import explain_answer

        now = datetime.now(tz=timezone.utc)
        body = json.dumps(_payload(message), ensure_ascii=False, separators=(",", ":"))
        request = requests.Request(
            "POST",
            self.url,
            data=body.encode(),
            headers={
                "Content-Type": "application/json",
                "User-Agent": "FlowForge",
                "webhook-id": str(message["id"]),
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": self._sign(body, str(message["id"]), now),
            },
        )
        with GuardedSession(
            max_response_bytes=_MAX_ANSWER_BYTES, timeouts=Timeouts(5, 15, 20), proxy_is_trusted=True
        ) as session:
            try:
                answer = session.send(request, follow_redirects=False)
            except StepError as error:
                raise StepError(
                    error.message.replace(self.url, public_address(self.url)),
                    code=error.error_code,
                    retryable=error.retryable,
                    kind=error.kind,
                    retry_after_s=error.retry_after_s,
                ) from None
        if not 200 <= answer.status < 300:
            raise explain_answer(answer, service="The webhook's receiver")

    def _sign(self, body: str, message_id: str, now: datetime) -> str:
        from standardwebhooks.webhooks import Webhook

        from flowforge_provider.exceptions import StepError
        from flowforge_provider.hooks.connections import connection_type, find_connection

        # Whoever chooses the address learns what was signed with the secret; no other one is theirs to use.
        connection_type(self.connection_id, offered=("flowforge_webhook",))
        secret = str(find_connection(self.connection_id).password or "").strip()
        try:
            return Webhook(secret).sign(message_id, now, body)
        except Exception as error:  # the package raises what it likes for what is no secret
            raise StepError(
                f'The password of connection "{self.connection_id}" is no secret of Standard Webhooks '
                "(whsec_ and base64). Correct it.",
                code="webhook-secret-unusable",
                retryable=False,
            ) from error


def public_address(url: str) -> str:
    """Return an address without its path, which those alone know who may send there, with many services."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    rest = "/…" if parts.path.strip("/") or parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{rest}"


def _payload(message: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in message.items() if name != "lines"}
    return {
        "type": f"flowforge.alert.{message['kind']}",
        "timestamp": datetime.now(tz=timezone.utc).isoformat(timespec="milliseconds"),
        "data": data,
    }
