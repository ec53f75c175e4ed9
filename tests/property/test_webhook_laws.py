"""Whatever a stranger writes into headers: it is refused with a reason, and nothing else happens."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.inbox.addresses import check_address, find_client
from flowforge_provider.inbox.authentication import authenticate
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.handshakes import answer_challenge, answer_signed_challenge
from flowforge_provider.inbox.incoming import Incoming
from flowforge_provider.inbox.secrets import Secret
from flowforge_provider.nodes.builtin.webhook import WebhookParameters
from tests.support.senders import SENDERS, Signed, secret_of

relaxed = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=60,
)

# What a header may hold when it reaches us: any byte, as latin-1.
TEXTS = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.sampled_from(
        [
            "t=1,v1=",
            "v0=",
            "sha256=",
            "v1,",
            "v1,=,= ,v1",
            "Bearer ",
            "Basic =",
            "Bearer a.b.c",
            "Bearer eyJhbGciOiJIUzI1NiJ9.e30.",
            "Bearer eyJhbGciOlsiSFMyNTYiXX0.e30.x",
            "Bearer eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiZXhwIl19.e30.x",
            "eyJhbGciOiJSUzI1NiIsImtpZCI6e319.e30.x",
            "9" * 400,
            "1" * 13,
            "-1",
            "\u0661\u0662",
            "=" * 50,
        ]
    ),
)
BODIES = st.one_of(st.binary(max_size=60), st.sampled_from([b"a=%ff&b", b"{}", b"a=1&" * 2000, b"\xff\xfe"]))
URLS = st.sampled_from(
    [
        "http://testserver/flowforge/api/webhooks/orders",
        "http://[/flowforge/api/webhooks/orders",
        "http://a:b:c/x?bodySHA256=%ff&bodySHA256=",
        "http://a:99999999/x",
        "http://[::1]:80/x?bodySHA256=x",
        "//",
    ]
)


class _Secrets:
    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def remembered(self, connection_id: str) -> Secret | None:
        return None

    async def read(self, connection_id: str) -> Secret | None:
        return self._secret


@relaxed
@given(data=st.data())
@pytest.mark.parametrize("name", SENDERS)
def test_hostile_headers_are_refused(name: str, data: st.DataObject) -> None:
    sender = SENDERS[name]
    secret = secret_of(name, "one")
    signed = sender.sign(Signed(secret, body=sender.body))
    headers = {key.lower(): value for key, value in signed.items()}
    if name == "twilio":
        headers["x-twilio-webhooks-signature-settings"] = "algorithm=HMAC_SHA1"
    # One of them at least is not what the sender wrote.
    changed = data.draw(st.lists(st.sampled_from(sorted(headers)), min_size=1, unique=True))
    for header in {*changed, sender.signature_header.lower()}:
        headers[header] = data.draw(TEXTS)
    headers["content-type"] = data.draw(
        st.sampled_from(["application/json", "application/x-www-form-urlencoded", "\xff;=", ""])
    )
    incoming = Incoming(
        method="POST",
        workflow_id="orders",
        path="",
        url=data.draw(URLS),
        headers=headers,
        query=(),
        client=None,
        received_at=datetime.now(tz=timezone.utc),
        body=data.draw(BODIES),
    )
    parameters = WebhookParameters.model_validate({"connection_id": "a", **sender.parameters})
    store: Any = _Secrets(Secret((secret,), login=sender.login, extra={}))
    with pytest.raises(RefusedError) as caught:
        asyncio.run(authenticate(incoming, parameters, store))
    # 503: a token that asks for a kind of key that the connection lacks.
    assert caught.value.status in ({401, 503} if name == "jwt" else {401})
    assert secret not in str(caught.value)


@relaxed
@given(
    handshake=st.sampled_from(["slack", "meta", "x", "zoom", "none"]),
    query=st.lists(
        st.tuples(
            st.sampled_from(["hub.mode", "hub.challenge", "hub.verify_token", "crc_token"]),
            st.one_of(st.text(max_size=40), st.just("subscribe"), st.just("word")),
        ),
        max_size=5,
    ),
    body=st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"[" * 5000,
                b'{"type": "url_verification"}',
                b'{"type": "url_verification", "challenge": [1]}',
                b'{"event": "endpoint.url_validation"}',
                b'{"event": "endpoint.url_validation", "payload": {"plainToken": [1]}}',
                b'{"event": "endpoint.url_validation", "payload": {"plainToken": "unsigned"}}',
            ]
        ),
    ),
    method=st.sampled_from(["GET", "POST"]),
)
def test_hostile_handshakes_are_answered_as_text_or_refused(
    *, handshake: str, query: list[tuple[str, str]], body: bytes, method: str
) -> None:
    incoming = Incoming(
        method=method,
        workflow_id="orders",
        path="",
        url="http://testserver/",
        headers={},
        query=query,
        client=None,
        received_at=datetime.now(tz=timezone.utc),
        body=body,
    )
    way = {"none": "github", "zoom": "hmac"}.get(handshake, handshake)
    parameters = WebhookParameters.model_validate(
        {"connection_id": "a", "authentication": way, "handshake": handshake}
    )
    store: Any = _Secrets(Secret(("secret",), extra={"verify_token": "word"}))
    try:
        answer = asyncio.run(answer_challenge(incoming, parameters, store)) or asyncio.run(
            answer_signed_challenge(incoming, parameters, store)
        )
    except RefusedError as exc:
        answer, status = None, exc.status
    else:
        status = 200
    # 503: no key has signed what Zoom would get an answer to.
    assert status in ({200, 403, 503} if handshake == "zoom" else {200, 403})
    if answer is not None:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert isinstance(answer.body, dict) or answer.headers["Content-Type"].startswith("text/plain")
        if handshake == "meta":
            assert dict(query)["hub.verify_token"] == "word"


@relaxed
@given(peer=st.one_of(st.none(), st.text(max_size=20)), forwarded=st.text(max_size=80))
def test_any_forwarded_header_gives_an_address_or_none(peer: str | None, forwarded: str) -> None:
    client = find_client(peer, forwarded, ("0.0.0.0/0", "::/0"))
    incoming = Incoming(
        method="POST",
        workflow_id="orders",
        path="",
        url="",
        headers={},
        query=(),
        client=client,
        received_at=datetime.now(tz=timezone.utc),
    )
    if client is not None:
        check_address(incoming, ["0.0.0.0/0", "::/0"])
        return
    with pytest.raises(RefusedError) as caught:
        check_address(incoming, ["0.0.0.0/0", "::/0"])
    assert caught.value.status == 403
