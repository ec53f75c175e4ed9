"""What notifiers do with connections."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.notifications.slack import to_mrkdwn
from flowforge_provider.notifications.telegram import FlowForgeTelegramNotifier
from flowforge_provider.notifications.webhook import FlowForgeWebhookNotifier

if TYPE_CHECKING:
    from flowforge_provider.notifications.base import FlowForgeNotifier

MESSAGE = {"id": "1", "kind": "test", "title": "Test", "text": "Test", "lines": [], "links": []}


@pytest.mark.parametrize(
    "notifier",
    [
        FlowForgeWebhookNotifier(url="http://127.0.0.1:9/", connection_id="shop"),
        FlowForgeTelegramNotifier(connection_id="shop", chat="1"),
    ],
    ids=["webhook", "telegram"],
)
def test_the_secret_of_another_service_is_not_sent(
    notifier: FlowForgeNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": "postgres", "password": "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="}
    # Were it used all the same, nothing would go to anybody.
    extra = {"base_url": "http://127.0.0.1:9"}
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps({**connection, "extra": extra}))
    with pytest.raises(StepError) as caught:
        notifier.send(MESSAGE)
    assert caught.value.error_code == "connection-type"


def test_what_others_have_written_mentions_nobody_and_makes_no_links() -> None:
    text = "<!channel> @all @everyone <http://evil.example|log in> [log in](http://evil.example)"
    shown = to_mrkdwn({**MESSAGE, "title": text, "text": text})
    for told in ("<", "@all", "@everyone", "]("):
        assert told not in shown
    assert "[log in]" in shown


def test_an_error_does_not_tell_the_whole_address(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = {"conn_type": "flowforge_webhook", "password": "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="}
    monkeypatch.setenv("AIRFLOW_CONN_SIGNING", json.dumps(secret))
    # Refused before anything is sent: the address is this machine's own.
    notifier = FlowForgeWebhookNotifier(url="http://127.0.0.1:9/knows-this", connection_id="signing")
    with pytest.raises(StepError) as caught:
        notifier.send(MESSAGE)
    assert "127.0.0.1" in caught.value.message
    assert "knows-this" not in f"{caught.value.message} {caught.value.detail}"
