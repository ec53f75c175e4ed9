"""Every way to sign, with signatures that the vendors' own libraries or the test have made."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.inbox.errors import RefusedError
from tests.support.senders import SENDERS, Signed, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowforge_provider.inbox.incoming import Evidence

# One header may carry several signatures.
SEVERAL = {
    "standard_webhooks",
    "svix",
    "hmac, timed, two signatures",
    "hmac, base64, other fields",
}
pytestmark = pytest.mark.parametrize("name", SENDERS)


def _headers(name: str, signed: Signed) -> dict[str, str]:
    sender = SENDERS[name]
    return {**sender.sign(signed), "Content-Type": sender.content_type}


def _signed(name: str, word: str = "first", at: int | None = None) -> Signed:
    moment = int(time.time()) if at is None else at
    return Signed(secret_of(name, word), body=SENDERS[name].body, at=moment)


def _expect_refusal(knock: Callable[[], Evidence], *codes: str) -> None:
    with pytest.raises(RefusedError) as caught:
        knock()
    assert caught.value.status == 401
    assert not codes or caught.value.error_code in codes
    assert "WWW-Authenticate" in caught.value.headers


def test_a_right_signature_passes(name: str, knock: Callable[..., Evidence]) -> None:
    sender, signed = SENDERS[name], _signed(name)
    evidence = knock(
        sender.parameters, _headers(name, signed), signed.secret, body=signed.body, login=sender.login
    )
    assert evidence.delivery_id == sender.delivery_id
    assert sender.signature_header.lower() in evidence.secret_headers


def test_the_secret_before_it_still_counts(name: str, knock: Callable[..., Evidence]) -> None:
    sender = SENDERS[name]
    for word in ("first", "second"):
        signed = _signed(name, word)
        knock(
            sender.parameters,
            _headers(name, signed),
            secret_of(name, "second"),
            secret_of(name, "first"),
            body=signed.body,
            login=sender.login,
        )


def test_another_secret_is_refused(name: str, knock: Callable[..., Evidence]) -> None:
    sender, signed = SENDERS[name], _signed(name, "stolen")
    headers = _headers(name, signed)
    _expect_refusal(
        lambda: knock(
            sender.parameters,
            headers,
            secret_of(name, "first"),
            secret_of(name, "second"),
            body=signed.body,
            login=sender.login,
        )
    )


def test_no_signature_is_refused(name: str, knock: Callable[..., Evidence]) -> None:
    sender, signed = SENDERS[name], _signed(name)
    headers = _headers(name, signed)
    for value in (None, "", " "):
        left = {key: text for key, text in headers.items() if key != sender.signature_header}
        if value is not None:
            left[sender.signature_header] = value
        _expect_refusal(
            lambda left=left: knock(  # type: ignore[misc]
                sender.parameters, left, signed.secret, body=signed.body, login=sender.login
            )
        )


def test_a_changed_body_is_refused(name: str, knock: Callable[..., Evidence]) -> None:
    sender, signed = SENDERS[name], _signed(name)
    if not sender.signs_body:
        # These prove the sender alone; docs/webhooks.md says so.
        knock(sender.parameters, _headers(name, signed), signed.secret, body=b"{}", login=sender.login)
        return
    changed = signed.body.replace(b"7", b"8")
    assert changed != signed.body
    _expect_refusal(
        lambda: knock(sender.parameters, _headers(name, signed), signed.secret, body=changed),
        "webhook-signature-wrong",
    )


def test_an_old_delivery_is_refused(name: str, knock: Callable[..., Evidence]) -> None:
    sender = SENDERS[name]
    signed = _signed(name, at=int(time.time()) - 1000)
    headers = _headers(name, signed)
    if not sender.timed:
        knock(sender.parameters, headers, signed.secret, body=signed.body, login=sender.login)
        return
    _expect_refusal(
        lambda: knock(sender.parameters, headers, signed.secret, body=signed.body),
        "webhook-signature-expired",
        "webhook-jwt-wrong",
        "webhook-signature-wrong",
    )
    if name not in {"jwt", "qstash"}:
        # It was good at its time. (Tokens are judged by the clock of this machine.)
        knock(sender.parameters, headers, signed.secret, body=signed.body, at=signed.at)


def test_a_doubled_header_is_refused(name: str, knock: Callable[..., Evidence]) -> None:
    sender, signed = SENDERS[name], _signed(name)
    headers = _headers(name, signed)
    value = headers[sender.signature_header]
    headers[sender.signature_header] = f"{value}, {value}"
    if name in SEVERAL:
        knock(sender.parameters, headers, signed.secret, body=signed.body)
        return
    _expect_refusal(
        lambda: knock(sender.parameters, headers, signed.secret, body=signed.body, login=sender.login)
    )


def test_without_a_secret_nobody_gets_in(name: str, knock: Callable[..., Evidence]) -> None:
    sender, signed = SENDERS[name], _signed(name)
    with pytest.raises(RefusedError) as caught:
        knock(sender.parameters, _headers(name, signed), body=signed.body, login=sender.login)
    assert (caught.value.status, caught.value.error_code) == (503, "webhook-token-unavailable")
    assert "a_secret" not in str(caught.value)


def test_a_secret_of_another_workflow_tells_nothing(name: str, knock: Callable[..., Evidence]) -> None:
    """What is refused names neither the secret nor what was expected."""
    sender, signed = SENDERS[name], _signed(name, "stolen")
    with pytest.raises(RefusedError) as caught:
        knock(
            sender.parameters,
            _headers(name, signed),
            secret_of(name, "first"),
            body=signed.body,
            login=sender.login,
        )
    own = SENDERS[name].sign(replace(signed, secret=secret_of(name, "first")))[sender.signature_header]
    assert secret_of(name, "first") not in str(caught.value)
    assert own not in str(caught.value)
