"""Senders of webhooks, whose signatures are made by the vendors' own libraries or by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["BODY", "SENDERS", "Sender", "Signed", "secret_of"]

BODY = b'{"id": 7, "quantity": 2, "note": "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"}'


@dataclass(frozen=True)
class Signed:
    """
    What a sender signs.

    :param at: seconds since 1970
    """

    secret: str
    body: bytes = BODY
    at: int = field(default_factory=lambda: int(time.time()))
    url: str = "http://testserver/flowforge/api/webhooks/orders"


@dataclass(frozen=True)
class Sender:
    """
    One way to sign.

    :param sign: makes the headers
    :param parameters: of the webhook node
    :param timed: the signature holds a time
    :param signs_body: a changed body is noticed
    :param signature_header: whose absence is noticed
    :param delivery_id: what the sender names its delivery; None when in no header
    :param secret: makes a secret of the sender's kind from a short word
    """

    sign: Callable[[Signed], dict[str, str]]
    parameters: Mapping[str, Any]
    signature_header: str
    timed: bool = False
    signs_body: bool = True
    delivery_id: str | None = None
    content_type: str = "application/json"
    body: bytes = BODY
    login: str | None = None


def secret_of(name: str, word: str) -> str:
    """Return a secret of a sender's kind; another word, another secret."""
    if name in ("standard_webhooks", "svix", "svix by its older headers"):
        return "whsec_" + base64.b64encode(hashlib.sha256(word.encode()).digest()[:24]).decode()
    return f"{word}-of-some-length-and-no-pattern-at-all"


def _mac(algorithm: str, secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, algorithm).digest()


def _github(signed: Signed) -> dict[str, str]:
    digest = _mac("sha256", signed.secret, signed.body).hex()
    return {"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab"}


def _meta(signed: Signed) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + _mac("sha256", signed.secret, signed.body).hex()}


def _shopify(signed: Signed) -> dict[str, str]:
    digest = base64.b64encode(_mac("sha256", signed.secret, signed.body)).decode()
    return {"X-Shopify-Hmac-SHA256": digest, "X-Shopify-Webhook-Id": "b54557e4-bdd9"}


def _x(signed: Signed) -> dict[str, str]:
    digest = base64.b64encode(_mac("sha256", signed.secret, signed.body)).decode()
    return {"x-twitter-webhooks-signature": f"sha256={digest}"}


def _slack(signed: Signed) -> dict[str, str]:
    content = f"v0:{signed.at}:".encode() + signed.body
    return {
        "X-Slack-Request-Timestamp": str(signed.at),
        "X-Slack-Signature": "v0=" + _mac("sha256", signed.secret, content).hex(),
    }


def _stripe(signed: Signed) -> dict[str, str]:
    from stripe import WebhookSignature

    make: Any = WebhookSignature.generate_signature_header
    return {"Stripe-Signature": make(signed.body.decode(), signed.secret, signed.at)}


def _standard(signed: Signed) -> dict[str, str]:
    return _three(signed, "webhook")


def _svix(signed: Signed) -> dict[str, str]:
    return _three(signed, "svix")


def _three(signed: Signed, prefix: str) -> dict[str, str]:
    from svix.webhooks import Webhook

    moment = datetime.fromtimestamp(signed.at, tz=timezone.utc)
    signature = Webhook(signed.secret).sign("msg_2b6e", moment, signed.body.decode())
    return {
        f"{prefix}-id": "msg_2b6e",
        f"{prefix}-timestamp": str(signed.at),
        f"{prefix}-signature": f"v1,b3RoZXI= {signature}",
    }


def _twilio_form(signed: Signed) -> dict[str, str]:
    from twilio.request_validator import RequestValidator

    fields = dict(parse_qsl(signed.body.decode(), keep_blank_values=True))
    signature = RequestValidator(signed.secret).compute_signature(signed.url, fields)
    return {"X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": "a2f5"}


def _twilio_json(signed: Signed) -> dict[str, str]:
    from twilio.request_validator import RequestValidator

    return {"X-Twilio-Signature": RequestValidator(signed.secret).compute_signature(signed.url, {})}


def _gitlab(signed: Signed) -> dict[str, str]:
    return {
        "X-Gitlab-Token": signed.secret,
        "X-Gitlab-Webhook-UUID": "13792a34",
        "Idempotency-Key": "f5e5f430",
    }


def _token(signed: Signed) -> dict[str, str]:
    return {"X-FlowForge-Token": signed.secret}


def _basic(signed: Signed) -> dict[str, str]:
    credentials = base64.b64encode(f"till:{signed.secret}".encode()).decode()
    return {"Authorization": f"Basic {credentials}"}


def _jwt(signed: Signed) -> dict[str, str]:
    import jwt

    claims = {"iss": "till", "aud": "flowforge", "exp": signed.at + 60}
    return {"Authorization": "Bearer " + jwt.encode(claims, signed.secret, algorithm="HS256")}


def _qstash(signed: Signed) -> dict[str, str]:
    import jwt

    digest = base64.urlsafe_b64encode(hashlib.sha256(signed.body).digest()).decode()
    claims = {
        "iss": "Upstash",
        "sub": signed.url,
        "exp": signed.at + 300,
        "nbf": signed.at,
        "iat": signed.at,
        "jti": "jwt_67kxXD6UBAk7DqU6hzuHMDdXFXfP",
        "body": digest,
    }
    return {
        "Upstash-Signature": jwt.encode(claims, signed.secret, algorithm="HS256"),
        "Upstash-Message-Id": "msg_7YoJxFpwkEy5zBp378JgvD6YBDPBEqkBPje2JGTCEUiASMJQ1FwY9",
    }


def _timed_hex(signed: Signed) -> dict[str, str]:
    digest = _mac("sha512", signed.secret, f"{signed.at}.".encode() + signed.body).hex()
    return {"X-Signature": f"v1={'0' * 128}, v1={digest}", "X-Timestamp": str(signed.at)}


def _one_header(signed: Signed) -> dict[str, str]:
    # As Paddle signs: ts=1671552777;h1=eb4d...
    digest = _mac("sha256", signed.secret, f"{signed.at}:".encode() + signed.body).hex()
    return {"Paddle-Signature": f"ts={signed.at};h1={digest}"}


def _base64_sha1(signed: Signed) -> dict[str, str]:
    digest = base64.b64encode(_mac("sha1", signed.secret, b"POST\nline" + signed.body)).decode()
    return {"X-Sig": f"sha1={digest}", "X-Line": "line"}


_FORM = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=&To=%2B18005551212"
_JSON_HASH = hashlib.sha256(BODY).hexdigest()

SENDERS: dict[str, Sender] = {
    "header_token": Sender(_token, {"authentication": "header_token"}, "X-FlowForge-Token", signs_body=False),
    "basic": Sender(_basic, {"authentication": "basic"}, "Authorization", signs_body=False, login="till"),
    "jwt": Sender(
        _jwt,
        {"authentication": "jwt", "jwt_issuer": "till", "jwt_audience": "flowforge"},
        "Authorization",
        timed=True,
        signs_body=False,
    ),
    "github": Sender(
        _github,
        {"authentication": "github"},
        "X-Hub-Signature-256",
        delivery_id="72d3162e-cc78-11e3-81ab",
    ),
    "meta": Sender(_meta, {"authentication": "meta"}, "X-Hub-Signature-256"),
    "x": Sender(_x, {"authentication": "x"}, "x-twitter-webhooks-signature"),
    "shopify": Sender(
        _shopify, {"authentication": "shopify"}, "X-Shopify-Hmac-SHA256", delivery_id="b54557e4-bdd9"
    ),
    "gitlab": Sender(
        _gitlab, {"authentication": "gitlab"}, "X-Gitlab-Token", signs_body=False, delivery_id="f5e5f430"
    ),
    "slack": Sender(_slack, {"authentication": "slack"}, "X-Slack-Signature", timed=True),
    "stripe": Sender(_stripe, {"authentication": "stripe"}, "Stripe-Signature", timed=True),
    "standard_webhooks": Sender(
        _standard,
        {"authentication": "standard_webhooks"},
        "webhook-signature",
        timed=True,
        delivery_id="msg_2b6e",
    ),
    "svix": Sender(_svix, {"authentication": "svix"}, "svix-signature", timed=True, delivery_id="msg_2b6e"),
    "twilio": Sender(
        _twilio_form,
        {"authentication": "twilio"},
        "X-Twilio-Signature",
        content_type="application/x-www-form-urlencoded",
        body=_FORM,
        delivery_id="a2f5",
    ),
    "qstash": Sender(
        _qstash,
        {"authentication": "qstash"},
        "Upstash-Signature",
        timed=True,
        delivery_id="msg_7YoJxFpwkEy5zBp378JgvD6YBDPBEqkBPje2JGTCEUiASMJQ1FwY9",
    ),
    "hmac, timed, two signatures": Sender(
        _timed_hex,
        {
            "authentication": "hmac",
            "hmac_algorithm": "sha512",
            "hmac_prefix": "v1=",
            "hmac_content": "{timestamp}.{body}",
            "hmac_timestamp_header": "X-Timestamp",
        },
        "X-Signature",
        timed=True,
    ),
    "hmac, time in the same header": Sender(
        _one_header,
        {
            "authentication": "hmac",
            "hmac_header": "Paddle-Signature",
            "hmac_prefix": "h1=",
            "hmac_content": "{timestamp}:{body}",
            "hmac_timestamp_header": "Paddle-Signature",
            "hmac_timestamp_prefix": "ts=",
        },
        "Paddle-Signature",
        timed=True,
    ),
    "hmac, base64, other fields": Sender(
        _base64_sha1,
        {
            "authentication": "hmac",
            "hmac_header": "X-Sig",
            "hmac_algorithm": "sha1",
            "hmac_encoding": "base64",
            "hmac_prefix": "sha1=",
            "hmac_content": "{method}\\n{header.X-Line}{body}",
        },
        "X-Sig",
    ),
}

#: Twilio's way for bodies that are no form; the hash is part of the address.
TWILIO_JSON = Sender(_twilio_json, {"authentication": "twilio"}, "X-Twilio-Signature")
TWILIO_JSON_QUERY = f"bodySHA256={_JSON_HASH}"
assert json.loads(BODY)["id"] == 7
