"""What the test button of a webhook's connection says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from airflow.models.connection import Connection
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from flowforge_provider.hooks.webhook import WebhookHook

PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def _test(monkeypatch: pytest.MonkeyPatch, password: str | None, **extra: Any) -> tuple[bool, str]:
    connection = Connection(
        conn_id="a", conn_type="flowforge_webhook", password=password, extra=json.dumps(extra)
    )
    monkeypatch.setattr(WebhookHook, "get_connection", lambda *_: connection)
    return WebhookHook("a").test_connection()


@pytest.mark.parametrize(
    ("password", "extra", "good", "told"),
    [
        ("new", {}, True, "a secret"),
        ("new", {"previous_secret": "old"}, True, "a secret, a second secret"),
        (None, {"public_key": PEM}, True, "a public key"),
        ("new", {"public_key": PEM, "previous_public_key": PEM}, True, "a second public key"),
        (None, {}, False, "neither"),
        (None, {"previous_secret": "old"}, False, "no first one"),
        ("same", {"previous_secret": "same"}, False, "is the first one"),
        ("new", {"public_key": "nonsense"}, False, "no PEM text"),
        (None, {"jwks_url": "http://127.0.0.1:9/keys"}, False, "cannot be used"),
    ],
)
def test_what_it_says(
    *, monkeypatch: pytest.MonkeyPatch, password: str | None, extra: dict[str, Any], good: bool, told: str
) -> None:
    answer = _test(monkeypatch, password, **extra)
    assert answer[0] is good
    assert told in answer[1]


def test_a_set_of_keys_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "flowforge_provider.inbox.authentication.key_sets.fetch_key_set", lambda _: [object(), object()]
    )
    assert _test(monkeypatch, None, jwks_url="https://example.com/keys") == (
        True,
        "Senders are known by: a set of 2 public keys.",
    )
