"""What the webhook node asks for, so that signatures and handshakes can be trusted."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from flowforge_provider.inbox.authentication import check_of
from flowforge_provider.nodes.builtin.webhook import WebhookParameters, WebhookTrigger
from flowforge_provider.nodes.builtin.webhook.authentication import Authentication


def _problems(**parameters: Any) -> set[tuple[str, str | None]]:
    given = {"connection_id": "a_secret", **parameters}
    return {(problem.code, problem.field) for problem in WebhookTrigger.check(given, upstream=())}


def test_every_way_that_can_be_chosen_is_there() -> None:
    for name in Authentication.__args__:  # type: ignore[attr-defined]
        check = check_of(WebhookParameters(authentication=name))
        assert check.needs_secret is (name != "none")


@pytest.mark.parametrize("way", ["basic", "jwt", "hmac", "github", "stripe", "qstash"])
def test_each_way_needs_a_connection(way: str) -> None:
    assert ("missing-connection", "connection_id") in _problems(authentication=way, connection_id="")
    assert _problems(authentication=way) == set()


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"hmac_content": "{timestamp}", "hmac_timestamp_header": "X-Time"}, "hmac_content"),
        ({"hmac_content": "{body}", "hmac_timestamp_header": "X-Time"}, "hmac_content"),
        ({"hmac_content": "{timestamp}.{body}"}, "hmac_timestamp_header"),
    ],
)
def test_a_signature_covers_body_and_time(parameters: dict[str, Any], field: str) -> None:
    assert _problems(authentication="hmac", **parameters) == {("webhook-unsigned-content", field)}


def test_a_handshake_belongs_to_its_sender() -> None:
    for handshake, sender in (("slack", "slack"), ("meta", "meta"), ("x", "x"), ("zoom", "hmac")):
        assert _problems(authentication=sender, handshake=handshake) == set()
        assert _problems(authentication="github", handshake=handshake) == {
            ("webhook-handshake-authentication", "handshake")
        }


@pytest.mark.parametrize(
    "parameters",
    [
        {"allowed_networks": ["10.0.0.0/40"]},
        {"allowed_networks": ["example.com"]},
        {"hmac_content": "{body}{secret}"},
        {"hmac_content": "{body"},
        {"hmac_prefix": "a b"},
        {"jwt_algorithms": ["none"]},
        {"jwt_algorithms": []},
        {"tolerance_s": 0},
    ],
)
def test_what_cannot_be_meant_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebhookParameters.model_validate(parameters)
