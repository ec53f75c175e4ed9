"""Signatures that vendors publish, and what their own libraries say of the same calls."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.inbox.errors import RefusedError
from tests.support.senders import BODY, SENDERS, TWILIO_JSON, TWILIO_JSON_QUERY, Signed, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowforge_provider.inbox.incoming import Evidence

URL = "http://testserver/flowforge/api/webhooks/orders"
FORM = "application/x-www-form-urlencoded"


def test_github_publishes_one(knock: Callable[..., Evidence]) -> None:
    # "Validating webhook deliveries", section "Testing the webhook payload validation".
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    for value in (signature, signature.upper().replace("SHA256", "sha256")):
        knock(
            {"authentication": "github"},
            {"X-Hub-Signature-256": value},
            "It's a Secret to Everybody",
            body=b"Hello, World!",
        )


def test_slack_publishes_one(knock: Callable[..., Evidence]) -> None:
    # "Verifying requests from Slack", section "Step by step walk-through".
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    knock(
        {"authentication": "slack"},
        headers,
        "8f742231b10e8888abcd99yyyzzz85a5",
        body=body,
        at=1531420618 + 299,
    )
    with pytest.raises(RefusedError):
        knock(
            {"authentication": "slack"},
            headers,
            "8f742231b10e8888abcd99yyyzzz85a5",
            body=body,
            at=1531420618 + 301,
        )


def test_standard_webhooks_publish_one(knock: Callable[..., Evidence]) -> None:
    # The specification's own test vector.
    evidence = knock(
        {"authentication": "standard_webhooks"},
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        body=b'{"test": 2432232314}',
        at=1614265330,
    )
    assert evidence.delivery_id == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_twilio_publishes_one(knock: Callable[..., Evidence]) -> None:
    # "Webhooks security", section "Explore the algorithm yourself".
    knock(
        {"authentication": "twilio"},
        {"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=", "Content-Type": FORM},
        "12345",
        url="https://mycompany.com/myapp.php?foo=1&bar=2",
        body=b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309"
        b"&To=%2B18005551212",
    )


@pytest.mark.parametrize(
    ("query", "body", "content_type", "good"),
    [
        (f"?{TWILIO_JSON_QUERY}", BODY, "application/json", True),
        (f"?{TWILIO_JSON_QUERY}", BODY + b" ", "application/json", False),
        # Nothing of the body is signed: neither as a form, nor by its hash.
        ("", BODY, "application/json", False),
        ("?foo=1", b"", "application/json", True),
        ("", b"a=b&a=a&c=%zz&empty=", FORM, True),
    ],
)
def test_twilio_signs_bodies_by_their_hash(
    *, knock: Callable[..., Evidence], query: str, body: bytes, content_type: str, good: bool
) -> None:
    from twilio.request_validator import RequestValidator
    from werkzeug.datastructures import MultiDict

    secret = "12345"
    validator = RequestValidator(secret)
    for url in (f"{URL}{query}", f"https://testserver:8443/x{query}"):
        if content_type == FORM:
            fields: Any = MultiDict([("a", "b"), ("a", "a"), ("c", "%zz"), ("empty", "")])
            fields.getall = fields.getlist
            signature = validator.compute_signature(url, fields)
        else:
            signature = TWILIO_JSON.sign(Signed(secret, body=body, url=url))["X-Twilio-Signature"]
        headers = {"X-Twilio-Signature": signature, "Content-Type": content_type}
        if good:
            knock({"authentication": "twilio"}, headers, secret, url=url, body=body)
        else:
            with pytest.raises(RefusedError):
                knock({"authentication": "twilio"}, headers, secret, url=url, body=body)


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_twilio_signs_with_and_without_the_port(knock: Callable[..., Evidence], algorithm: str) -> None:
    from twilio.request_validator import RequestValidator

    secret, body = "12345", b"a=1"
    settings = {"X-Twilio-Webhooks-Signature-Settings": f"key=k,algorithm={algorithm}"}
    for called in ("https://example.com/a?b=c", "https://example.com:8443/a?b=c"):
        for signed in (called, called.replace(":8443", ""), called.replace(".com/", ".com:443/")):
            signature = RequestValidator(secret).compute_signature(signed, {"a": "1"}, algorithm)
            headers = {"X-Twilio-Signature": signature, "Content-Type": FORM, **settings}
            good = RequestValidator(secret).validate(called, {"a": "1"}, signature, algorithm)
            if good:
                knock({"authentication": "twilio"}, headers, secret, url=called, body=body)
            else:
                with pytest.raises(RefusedError):
                    knock({"authentication": "twilio"}, headers, secret, url=called, body=body)


def test_the_library_of_stripe_agrees(knock: Callable[..., Evidence]) -> None:
    from stripe import SignatureVerificationError, WebhookSignature

    secret, now = secret_of("stripe", "one"), int(time.time())
    good = SENDERS["stripe"].sign(Signed(secret, at=now))["Stripe-Signature"]
    time_part, signature = good.split(",")
    verify: Any = WebhookSignature.verify_header
    for header in (
        good,
        f"{time_part},v1={'0' * 64},{signature}",
        f"{time_part},v0={'0' * 64},{signature}",
        f"{time_part},{signature.replace('v1', 'v0')}",
        f"t={now - 301},{signature}",
        f"t=x,{signature}",
        signature,
        time_part,
        "",
    ):
        try:
            verify(BODY, header, secret, 300)
            agreed = True
        except SignatureVerificationError:
            agreed = False
        try:
            knock({"authentication": "stripe"}, {"Stripe-Signature": header}, secret, body=BODY)
            ours = True
        except RefusedError:
            ours = False
        assert ours == agreed, header


def test_the_library_of_qstash_agrees(knock: Callable[..., Evidence]) -> None:
    import jwt
    from qstash import Receiver
    from qstash.errors import SignatureError

    secret, now = secret_of("qstash", "one"), int(time.time())
    digest = base64.urlsafe_b64encode(hashlib.sha256(BODY).digest()).decode()
    claims = {"iss": "Upstash", "sub": URL, "exp": now + 300, "nbf": now, "body": digest}
    other = base64.urlsafe_b64encode(hashlib.sha256(b"other").digest()).decode()
    for change in (
        {},
        {"body": digest.rstrip("=")},
        {"iss": "Somebody"},
        {"sub": f"{URL}/"},
        {"exp": now - 100},
        {"nbf": now + 100},
        {"body": other},
    ):
        token = jwt.encode({**claims, **change}, secret, algorithm="HS256")
        try:
            Receiver(secret, secret).verify(signature=token, body=BODY.decode(), url=URL)
            agreed = True
        except SignatureError:
            agreed = False
        try:
            knock({"authentication": "qstash"}, {"Upstash-Signature": token}, secret, body=BODY)
            ours = True
        except RefusedError:
            ours = False
        assert ours == agreed, change


@pytest.mark.parametrize("prefix", ["webhook", "svix"])
def test_the_libraries_of_standard_webhooks_agree(knock: Callable[..., Evidence], prefix: str) -> None:
    from svix.webhooks import Webhook, WebhookVerificationError

    name = "standard_webhooks" if prefix == "webhook" else "svix"
    secret = secret_of(name, "one")
    good = SENDERS[name].sign(Signed(secret))
    signature = good[f"{prefix}-signature"].split()[1]
    for change in (
        {},
        {f"{prefix}-signature": signature},
        {f"{prefix}-signature": f"v1a,abc {signature}"},
        {f"{prefix}-signature": signature.replace("v1,", "v2,")},
        {f"{prefix}-id": "other"},
        {f"{prefix}-id": ""},
        {f"{prefix}-timestamp": str(int(time.time()) - 400)},
        {f"{prefix}-timestamp": "soon"},
    ):
        headers = {**good, **change}
        try:
            Webhook(secret).verify(BODY, headers)
            agreed = True
        except WebhookVerificationError:
            agreed = False
        try:
            knock({"authentication": name}, headers, secret, body=BODY)
            ours = True
        except RefusedError:
            ours = False
        assert ours == agreed, change


@pytest.mark.parametrize(
    ("encoding", "secret"),
    [("text", "key"), ("hex", b"key".hex()), ("base64", base64.b64encode(b"key").decode())],
)
def test_keys_of_a_generic_signature_are_written_in_several_ways(
    knock: Callable[..., Evidence], encoding: str, secret: str
) -> None:
    digest = base64.urlsafe_b64encode(hmac.new(b"key", BODY, "sha384").digest()).decode().rstrip("=")
    parameters = {
        "authentication": "hmac",
        "hmac_algorithm": "sha384",
        "hmac_encoding": "base64url",
        "hmac_secret_encoding": encoding,
    }
    knock(parameters, {"X-Signature": digest}, secret, body=BODY)
    if encoding != "text":
        with pytest.raises(RefusedError) as caught:
            knock(parameters, {"X-Signature": digest}, "no such !", body=BODY)
        assert caught.value.status == 503


def test_what_a_sender_writes_is_no_placeholder(knock: Callable[..., Evidence]) -> None:
    digest = hmac.new(b"key", b"{body}|" + BODY, "sha256").hexdigest()
    parameters = {"authentication": "hmac", "hmac_content": "{header.x-note}|{body}"}
    knock(parameters, {"X-Signature": digest, "X-Note": "{body}"}, "key", body=BODY)
