"""The vendors' own libraries decide, in the node's window, and are never loaded on the event loop."""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.inbox.errors import RefusedError
from tests.support.senders import BODY, SENDERS, Signed, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowforge_provider.inbox.incoming import Evidence

URL = "http://testserver/flowforge/api/webhooks/orders"
SECRET = "sig_5PtYmMCe2ABbDAFHxNKKeiqBY5wB-long-enough"


def _refusal(call: Callable[[], Evidence]) -> str:
    with pytest.raises(RefusedError) as caught:
        call()
    assert caught.value.status == 401
    return caught.value.error_code


def _qstash(signed: bytes = BODY, *, without: str = "", **claims: Any) -> dict[str, str]:
    import jwt

    now = int(time.time())
    digest = base64.urlsafe_b64encode(hashlib.sha256(signed).digest()).decode()
    given = {"iss": "Upstash", "sub": URL, "exp": now + 300, "nbf": now, "iat": now, "body": digest, **claims}
    given.pop(without, None)
    return {"Upstash-Signature": jwt.encode(given, SECRET, algorithm="HS256")}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("stripe", "stripe.WebhookSignature.verify_header"),
        ("svix", "svix.webhooks.Webhook.verify"),
        ("standard_webhooks", "standardwebhooks.webhooks.Webhook.verify"),
        ("qstash", "qstash.Receiver.verify"),
    ],
)
def test_what_a_library_refuses_is_refused(
    name: str, place: str, knock: Callable[..., Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    import qstash
    import qstash.errors
    import standardwebhooks.webhooks
    import stripe

    no: Any = stripe.SignatureVerificationError
    errors = {
        "stripe": no("no", "", ""),
        "qstash": qstash.errors.SignatureError("no"),
    }
    error = errors.get(name, standardwebhooks.webhooks.WebhookVerificationError("no"))
    asked: list[str] = []

    def refuse(*_given: Any, **_named: Any) -> None:
        asked.append(place)
        raise error

    secret = secret_of(name, "one")
    headers = SENDERS[name].sign(Signed(secret))
    knock({"authentication": name}, headers, secret, body=BODY)
    monkeypatch.setattr(place, refuse)
    assert (
        _refusal(lambda: knock({"authentication": name}, headers, secret, body=BODY))
        == "webhook-signature-wrong"
    )
    assert asked


def test_signatures_made_by_hand_pass(knock: Callable[..., Evidence]) -> None:
    now = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{now}.".encode() + BODY, "sha256").hexdigest()
    knock({"authentication": "stripe"}, {"Stripe-Signature": f"t={now},v1={digest}"}, SECRET, body=BODY)
    key = b"twenty-four bytes of key"
    content = f"msg_1.{now}.".encode() + BODY
    signature = base64.b64encode(hmac.new(key, content, "sha256").digest()).decode()
    for name, prefix in (("svix", "svix"), ("svix", "webhook"), ("standard_webhooks", "webhook")):
        headers = {
            f"{prefix}-id": "msg_1",
            f"{prefix}-timestamp": str(now),
            f"{prefix}-signature": f"v1,{signature}",
        }
        secret = f"whsec_{base64.b64encode(key).decode()}"
        assert knock({"authentication": name}, headers, secret, body=BODY).delivery_id == "msg_1"


@pytest.mark.parametrize("name", ["stripe", "svix", "standard_webhooks"])
@pytest.mark.parametrize("away", [-1000, -100, 100, 1000])
def test_the_window_is_the_nodes(name: str, away: int, knock: Callable[..., Evidence]) -> None:
    secret = secret_of(name, "one")
    signed = Signed(secret, at=int(time.time()) + away)
    headers = SENDERS[name].sign(signed)

    def call(tolerance_s: int, body: bytes = BODY) -> Evidence:
        parameters = {"authentication": name, "tolerance_s": tolerance_s}
        return knock(parameters, headers, secret_of(name, "two"), secret, body=body)

    call(3600)
    assert _refusal(lambda: call(60)) == "webhook-signature-expired"
    # A wide window lets nothing pass but the right signature.
    assert _refusal(lambda: call(3600, BODY + b" ")) == "webhook-signature-wrong"


@pytest.mark.parametrize("name", ["stripe", "svix", "standard_webhooks", "qstash"])
def test_odd_bytes_are_no_failure(name: str, knock: Callable[..., Evidence]) -> None:
    secret = secret_of(name, "one")
    for body in (b"\xff\xfe", BODY):
        for odd in ("v1,\xe4", "t=1,v1=\xe4", "v1,====", "v1,a,b v1", "\xe4.\xe4.\xe4"):
            headers = {**SENDERS[name].sign(Signed(secret)), SENDERS[name].signature_header: odd}
            if name == "stripe":
                headers["Stripe-Signature"] = f"t={int(time.time())},v1=\xe4"
            _refusal(
                lambda headers=headers, body=body: knock(  # type: ignore[misc]
                    {"authentication": name}, headers, secret, body=body
                )
            )


def test_qstash_may_be_some_seconds_off(knock: Callable[..., Evidence]) -> None:
    now = int(time.time())

    def call(headers: dict[str, str], *keys: str, tolerance_s: int = 30, body: bytes = BODY) -> Evidence:
        parameters = {"authentication": "qstash", "clock_tolerance_s": tolerance_s}
        return knock(parameters, headers, *(keys or (SECRET,)), body=body)

    several: list[dict[str, Any]] = [
        {"exp": now - 10},
        {"nbf": now + 20},
        {"iat": now + 20, "nbf": now + 20},
    ]
    for late in several:
        headers = _qstash(**late)
        call(headers)
        call(headers, "sig_next_of_some_length_and_no_pattern", SECRET)
        call(headers, SECRET, "sig_next_of_some_length_and_no_pattern")
        _refusal(lambda headers=headers: call(headers, tolerance_s=5))  # type: ignore[misc]
        _refusal(lambda headers=headers: call(headers, body=b"{}"))  # type: ignore[misc]
        _refusal(lambda late=late: call(_qstash(**late, sub=f"{URL}/")))  # type: ignore[misc]
        _refusal(lambda late=late: call(_qstash(**late, iss="Somebody")))  # type: ignore[misc]


def test_qstash_signs_bytes_too(knock: Callable[..., Evidence]) -> None:
    body = b"\x89PNG\xff"
    knock({"authentication": "qstash"}, _qstash(body), SECRET, body=body)
    _refusal(lambda: knock({"authentication": "qstash"}, _qstash(body), SECRET, body=body + b"\xff"))


@pytest.mark.parametrize("claims", [{"without": "body"}, {"body": 7}, {"body": None}, {"aud": "elsewhere"}])
def test_tokens_of_another_kind_are_refused(claims: dict[str, Any], knock: Callable[..., Evidence]) -> None:
    headers = _qstash(**claims)
    assert (
        _refusal(lambda: knock({"authentication": "qstash"}, headers, SECRET, body=BODY))
        == "webhook-signature-wrong"
    )


@pytest.mark.parametrize("body", [b"no JSON", b"[" * 200_000], ids=["text", "deep"])
@pytest.mark.parametrize("name", ["standard_webhooks", "svix"])
def test_what_was_signed_need_be_no_json(name: str, body: bytes, knock: Callable[..., Evidence]) -> None:
    sender = SENDERS[name]
    signed = Signed(secret_of(name, "first"), body=body, at=int(time.time()))
    assert knock(sender.parameters, sender.sign(signed), signed.secret, body=body).signs_id


_LOADING = """
import asyncio, sys, threading
from datetime import datetime, timezone

NAMES = {"stripe", "svix", "qstash", "standardwebhooks"}
threads = {}

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in NAMES:
            threads.setdefault(name.partition(".")[0], set()).add(threading.current_thread())

sys.meta_path.insert(0, Watch())
import flowforge_provider.inbox.service
import flowforge_provider.inbox.qstash
from flowforge_provider.inbox.authentication import check_of
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Incoming
from flowforge_provider.inbox.secrets import Secret
from flowforge_provider.nodes.builtin.webhook import WebhookParameters

assert not threads, threads
now = datetime.now(tz=timezone.utc)
at = str(int(now.timestamp()))
headers = {
    "stripe-signature": f"t={at},v1=00", "upstash-signature": "a.b.c",
    "webhook-id": "1", "webhook-timestamp": at, "webhook-signature": "v1,AAAA",
}
incoming = Incoming("POST", "orders", "", "http://a/", headers, (), None, now, b"{}")

async def main():
    for name in ("stripe", "svix", "standard_webhooks", "qstash"):
        parameters = WebhookParameters(authentication=name, connection_id="c")
        try:
            await check_of(parameters).check(incoming, parameters, Secret(("whsec_AAAA",)))
        except RefusedError:
            pass

asyncio.run(main())
assert set(threads) == NAMES, threads
assert threading.main_thread() not in set().union(*threads.values()), threads
"""


def test_no_library_is_loaded_before_it_is_needed_nor_on_the_event_loop() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADING], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
