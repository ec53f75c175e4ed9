"""Calls at a webhook, without a server and a database."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.inbox.authentication import authenticate
from flowforge_provider.inbox.incoming import Incoming
from flowforge_provider.inbox.secrets import Secret
from flowforge_provider.nodes.builtin.webhook import WebhookParameters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowforge_provider.inbox.incoming import Evidence

URL = "http://testserver/flowforge/api/webhooks/orders"


class _Secrets:
    """Secrets that were never read before, so that each call reads them."""

    def __init__(self, secret: Secret | None) -> None:
        self._secret = secret

    def remembered(self, connection_id: str) -> Secret | None:
        return None

    async def read(self, connection_id: str) -> Secret | None:
        return self._secret


@pytest.fixture
def knock() -> Callable[..., Evidence]:
    """Call a webhook, and return the evidence of the sender; raises what refuses it."""

    def call(
        parameters: Mapping[str, Any],
        headers: Mapping[str, str],
        *secrets: str,
        body: bytes = b"",
        url: str = URL,
        method: str = "POST",
        at: float | None = None,
        login: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Evidence:
        moment = datetime.now(tz=timezone.utc) if at is None else datetime.fromtimestamp(at, tz=timezone.utc)
        incoming = Incoming(
            method=method,
            workflow_id="orders",
            path="",
            url=url,
            headers={name.lower(): value for name, value in headers.items()},
            query=(),
            client="192.0.2.7",
            received_at=moment,
            body=body,
        )
        secret = Secret(tuple(secrets), login=login, extra=extra or {})
        store: Any = _Secrets(secret)
        model = WebhookParameters.model_validate({"connection_id": "a_secret", **parameters})
        return asyncio.run(authenticate(incoming, model, store))

    return call
