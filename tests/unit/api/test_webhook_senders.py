"""Senders at the front door: by each way to sign, from where, and how they make sure of the address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_graph
from tests.support.front_door import (
    CONNECTION_ID,
    TOKEN,
    TOKEN_HEADERS,
    make_webhook,
    open_front_door,
    publish_graph,
    set_token,
)
from tests.support.senders import SENDERS, Signed, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowforge_provider.inbox.service import Inbox
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/webhooks/orders"


@pytest.fixture
def inbox(database: None) -> Iterator[Inbox]:
    set_token()
    with open_front_door() as value:
        yield value


@pytest.fixture
def stranger(client: Callable[[str | None], AsgiClient]) -> AsgiClient:
    return client(None)


def _stored() -> list[str]:
    """Return everything that is kept of deliveries, as text."""
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from flowforge_provider.store.tables import DeliveryRow

    with create_session() as session:
        return [
            json.dumps([row.headers, row.body, row.query, row.dedup_key], default=str)
            for row in session.scalars(select(DeliveryRow))
        ]


@pytest.mark.parametrize("name", SENDERS)
def test_a_signed_delivery_is_accepted_and_its_signature_not_kept(
    inbox: Inbox, stranger: AsgiClient, name: str
) -> None:
    sender = SENDERS[name]
    old, new = secret_of(name, "old"), secret_of(name, "new")
    set_token(new, login=sender.login, extra={"previous_secret": old})
    publish_graph(make_graph(make_webhook(**sender.parameters)))

    wrong = sender.sign(Signed(secret_of(name, "wrong"), body=sender.body))
    content_type = {"Content-Type": sender.content_type}
    refused = stranger.post(URL, content=sender.body, headers={**wrong, **content_type})
    assert refused.status_code == 401, refused.text
    assert refused.headers["content-type"] == "application/problem+json"

    for secret in (new, old):
        signed = Signed(secret, body=sender.body)
        headers = sender.sign(signed)
        answer = stranger.post(URL, content=sender.body, headers={**headers, **content_type})
        # The second one is the first one again, where the sender names its deliveries.
        again = sender.delivery_id is not None and secret == old
        assert answer.status_code == (200 if again else 202), answer.text
        text = "".join(_stored())
        assert headers[sender.signature_header] not in text
        assert secret not in text


@pytest.mark.parametrize("name", ["standard_webhooks", "svix"])
def test_a_repeated_call_gets_no_new_name(inbox: Inbox, stranger: AsgiClient, name: str) -> None:
    sender = SENDERS[name]
    secret = secret_of(name, "new")
    set_token(secret)
    publish_graph(make_graph(make_webhook(**sender.parameters)))
    headers = {**sender.sign(Signed(secret)), "Content-Type": sender.content_type}
    first = stranger.post(URL, content=sender.body, headers=headers)
    assert first.status_code == 202
    replayed = stranger.post(URL, content=sender.body, headers={**headers, "Idempotency-Key": "another"})
    assert replayed.status_code == 200
    assert replayed.json()["execution_id"] == first.json()["execution_id"]


def test_a_body_is_not_read_before_a_token_is_verified(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="gitlab")))

    read = []

    async def body() -> Any:
        read.append(True)
        yield b"{}"

    assert stranger.post(URL, content=body(), headers={"X-Gitlab-Token": "guess"}).status_code == 401
    assert read == []


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        (None, 403),
        ("192.0.2.9", 202),
        ("::ffff:192.0.2.9", 202),
        ("198.51.100.1", 403),
        ("192.0.2.9, 198.51.100.1", 403),
        ("198.51.100.1, 192.0.2.9, 127.0.0.1", 202),
        ("nonsense", 403),
        ("2001:db8::1", 202),
    ],
)
def test_only_allowed_addresses_get_in(
    *, inbox: Inbox, stranger: AsgiClient, monkeypatch: pytest.MonkeyPatch, forwarded: str | None, status: int
) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__TRUSTED_PROXIES", "127.0.0.0/8")
    publish_graph(make_graph(make_webhook(allowed_networks=["192.0.2.0/24", "2001:db8::/32"])))
    headers = {**TOKEN_HEADERS, **({"X-Forwarded-For": forwarded} if forwarded else {})}
    answer = stranger.post(URL, json={}, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "webhook-address-refused"


def test_a_header_that_no_trusted_proxy_wrote_is_not_believed(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(allowed_networks=["192.0.2.0/24"])))
    answer = stranger.post(URL, json={}, headers={**TOKEN_HEADERS, "X-Forwarded-For": "192.0.2.9"})
    assert answer.status_code == 403


def test_strangers_elsewhere_learn_nothing_about_the_token(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(allowed_networks=["192.0.2.0/24"])))
    right = stranger.post(URL, json={}, headers=TOKEN_HEADERS)
    wrong = stranger.post(URL, json={}, headers={"X-FlowForge-Token": "guess"})
    assert (right.status_code, wrong.status_code) == (403, 403)
    assert right.json()["detail"] == wrong.json()["detail"]


def test_meta_is_answered_when_it_knows_the_word(inbox: Inbox, stranger: AsgiClient) -> None:
    set_token(TOKEN, extra={"verify_token": "agreed word"})
    publish_graph(make_graph(make_webhook(authentication="meta", handshake="meta")))
    query = {"hub.mode": "subscribe", "hub.challenge": "<b>1158201444</b>", "hub.verify_token": "agreed word"}

    answer = stranger.get(URL, params=query)
    assert (answer.status_code, answer.text) == (200, "<b>1158201444</b>")
    # What is repeated must not become a page.
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"

    refused = stranger.get(URL, params={**query, "hub.verify_token": "guess"})
    assert (refused.status_code, refused.json()["code"]) == (403, "webhook-handshake-refused")
    assert "1158201444" not in refused.text
    assert stranger.get(URL).status_code == 405
    assert _stored() == []


def test_meta_gets_no_answer_without_a_word_to_compare_with(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="meta", handshake="meta")))
    query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": ""}
    assert stranger.get(URL, params=query).status_code == 503


def test_x_is_answered_with_a_signature_of_its_token(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="x", handshake="x")))
    token = "9b4507b3-9040-4669-9ca3-6b94edb50553"
    answer = stranger.get(URL, params={"crc_token": token})
    digest = hmac.new(TOKEN.encode(), token.encode(), hashlib.sha256).digest()
    assert answer.status_code == 200
    assert answer.json() == {"response_token": f"sha256={base64.b64encode(digest).decode()}"}
    assert _stored() == []


def test_the_handshake_of_x_cannot_be_used_to_forge_a_delivery(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="x", handshake="x")))
    for forged in ('{"id": 7}', ' {"id": 7}', "[]", '"text"'):
        assert stranger.get(URL, params={"crc_token": forged}).status_code == 403, forged
    # What can be had signed, is no delivery.
    signature = stranger.get(URL, params={"crc_token": "7"}).json()["response_token"]
    headers = {"x-twitter-webhooks-signature": signature, "Content-Type": "application/json"}
    assert stranger.post(URL, content=b"7", headers=headers).status_code == 401
    assert _stored() == []


def test_slack_is_answered_when_it_has_signed(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="slack", handshake="slack")))
    body = json.dumps({"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB"}).encode()
    headers = {"Content-Type": "application/json"}

    answer = stranger.post(
        URL, content=body, headers={**SENDERS["slack"].sign(Signed(TOKEN, body=body)), **headers}
    )
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    unsigned = stranger.post(URL, content=body, headers=headers)
    assert unsigned.status_code == 401
    assert "3eZbrw1aB" not in unsigned.text
    assert _stored() == []

    event = json.dumps({"type": "event_callback", "event_id": "Ev1"}).encode()
    signed = {**SENDERS["slack"].sign(Signed(TOKEN, body=event)), **headers}
    assert stranger.post(URL, content=event, headers=signed).status_code == 202


def test_a_handshake_counts_as_soon_as_it_is_published(inbox: Inbox, stranger: AsgiClient) -> None:
    publish_graph(make_graph(make_webhook(authentication="slack")))
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB"}).encode()
    headers = {**SENDERS["slack"].sign(Signed(TOKEN, body=body)), "Content-Type": "application/json"}
    assert stranger.post(URL, content=body, headers=headers).status_code == 202
    publish_graph(make_graph(make_webhook(authentication="slack", handshake="slack")))
    answer = stranger.post(URL, content=body, headers=headers)
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB")


def test_the_recipe_for_slack_takes_events_and_commands(inbox: Inbox, stranger: AsgiClient) -> None:
    recipe = (Path(__file__).parents[3] / "docs/webhooks.md").read_text().partition("### Slack")[2]
    key = re.search(r"Recognise repeats by\s+`([^`]+)`", recipe)
    assert key is not None
    publish_graph(
        make_graph(make_webhook(authentication="slack", deduplication="expression", dedup_key=key[1]))
    )
    event = b'{"type": "event_callback", "event_id": "Ev1"}'
    command = b"command=%2Fdeploy&text=prod&trigger_id=1"
    for body, content_type, statuses in (
        (event, "application/json", [202, 200]),
        (command, "application/x-www-form-urlencoded", [202, 202]),
    ):
        headers = {**SENDERS["slack"].sign(Signed(TOKEN, body=body)), "Content-Type": content_type}
        answers = [stranger.post(URL, content=body, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == statuses, answers[0].text


def _zoom(body: bytes, secret: str) -> dict[str, str]:
    at = str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, "sha256").hexdigest()
    return {
        "x-zm-request-timestamp": at,
        "x-zm-signature": f"v0={digest}",
        "Content-Type": "application/json",
    }


def test_zoom_is_answered_with_a_signature_by_the_secret_that_it_has_used(
    inbox: Inbox, stranger: AsgiClient
) -> None:
    set_token("new secret", extra={"previous_secret": "old secret"})
    recipe = {
        "hmac_header": "x-zm-signature",
        "hmac_prefix": "v0=",
        "hmac_content": "v0:{timestamp}:{body}",
        "hmac_timestamp_header": "x-zm-request-timestamp",
    }
    publish_graph(make_graph(make_webhook(authentication="hmac", handshake="zoom", **recipe)))
    payload = {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}
    asked = json.dumps({"event": "endpoint.url_validation", "payload": payload}).encode()

    for secret in ("new secret", "old secret"):
        answer = stranger.post(URL, content=asked, headers=_zoom(asked, secret))
        encrypted = hmac.new(secret.encode(), payload["plainToken"].encode(), "sha256").hexdigest()
        assert answer.status_code == 200, answer.text
        assert answer.json() == {**payload, "encryptedToken": encrypted}
    assert stranger.post(URL, content=asked, headers=_zoom(asked, "guess")).status_code == 401
    empty = b'{"event": "endpoint.url_validation", "payload": {}}'
    assert stranger.post(URL, content=empty, headers=_zoom(empty, "new secret")).status_code == 403
    assert _stored() == []

    event = b'{"event": "meeting.started", "payload": {"plainToken": "no question"}}'
    assert stranger.post(URL, content=event, headers=_zoom(event, "new secret")).status_code == 202


def test_a_missing_connection_is_told_in_the_log_only(
    inbox: Inbox, stranger: AsgiClient, caplog: pytest.LogCaptureFixture
) -> None:
    set_token("not base64 !", extra={})
    publish_graph(make_graph(make_webhook(authentication="svix")))
    headers = SENDERS["svix"].sign(Signed(secret_of("svix", "any")))
    answer = stranger.post(URL, content=b"{}", headers=headers)
    assert answer.status_code in (401, 503)
    assert CONNECTION_ID not in answer.text


def test_hostile_headers_are_a_senders_fault(inbox: Inbox, stranger: AsgiClient) -> None:
    set_token(TOKEN, login="till")
    for name in ("twilio", "qstash", "hmac, timed, two signatures", "jwt", "basic"):
        sender = SENDERS[name]
        publish_graph(make_graph(make_webhook(**sender.parameters)))
        for header, value in (
            ("Host", "["),
            ("Host", "a:b:c"),
            ("X-Forwarded-For", "\xff, [::"),
            ("Authorization", "Basic \xff"),
            ("Authorization", "Bearer e30.e30."),
            ("X-Twilio-Signature", "\xe9" * 2000),
            ("Upstash-Signature", "." * 9000),
            ("X-Timestamp", "9" * 4000),
            ("Content-Type", "multipart/form-data"),
        ):
            headers = {**sender.sign(Signed("another secret" * 3, body=sender.body)), header: value}
            raw = [(key.encode(), text.encode("latin-1")) for key, text in headers.items()]
            for sent in (raw, [*raw, raw[-1]]):
                answer = stranger.post(f"{URL}?a=%ff&bodySHA256=x", content=b"a=%ff", headers=sent)
                assert 400 <= answer.status_code < 500, (name, header, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
    assert _stored() == []
