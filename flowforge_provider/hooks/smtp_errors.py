"""What went wrong with a mail server, told so that people can act on it."""

from __future__ import annotations

import smtplib
import ssl
from typing import Any

from airflow.sdk.exceptions import AirflowException

from flowforge_provider.exceptions import StepError

# RFC 5321, section 4.2.1: 4yz is a transient refusal, 5yz a permanent one.
_TRANSIENT = range(400, 500)
_SHUTTING_DOWN = 421
_NO_REPLY = -1


def reply_text(reply: Any) -> str:
    """Return a server's reply as one line of text."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else str(reply)
    return " ".join(text.split())


def explain_smtp(error: Exception, *, server: str) -> StepError:  # noqa: PLR0911 (one return a kind of failure)
    """
    Return the error of an email that was not sent.

    :param error: what smtplib, the TLS layer or the operating system raised
    :param server: host and port, for the message
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _explain_recipients(error, server=server)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _explain_reply(
            error, server=server, code="smtp-login", told="does not accept the login of the connection"
        )
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _explain_reply(
            error, server=server, code="smtp-refused", told=f"refuses the sender {error.sender}"
        )
    if isinstance(error, smtplib.SMTPConnectError):
        return _explain_reply(error, server=server, code="smtp-refused", told="refuses the connection")
    if isinstance(error, smtplib.SMTPResponseException):
        return _explain_reply(error, server=server, code="smtp-refused", told="refuses the email")
    if isinstance(error, (smtplib.SMTPNotSupportedError, RuntimeError, AirflowException)):
        return StepError(
            f"{server} cannot be used as the connection says: {error} Check its TLS and login settings.",
            code="smtp-settings",
            retryable=False,
        )
    if isinstance(error, smtplib.SMTPServerDisconnected):
        # smtplib wraps time-outs of replies in it.
        if isinstance(error.__context__, TimeoutError):
            return _timed_out(server)
        return StepError(
            f"{server} ended the connection before it took the email; it may have it all the same. Check the "
            "server, and that the port fits the TLS settings of the connection.",
            code="smtp-connection",
            kind="connection",
        )
    if isinstance(error, TimeoutError):
        return _timed_out(server)
    if isinstance(error, ssl.SSLError):
        return StepError(
            f"No secure connection to {server}: {error.reason or error}. Check the certificate; a server "
            'that starts unencrypted (port 25 or 587) needs "Disable SSL" in the connection.',
            code="smtp-tls",
            kind=None if isinstance(error, ssl.SSLCertVerificationError) else "connection",
        )
    return StepError(
        f"No connection to {server}: {error}. Check host and port, and that the server is up.",
        code="smtp-connection",
        kind="connection",
    )


def _timed_out(server: str) -> StepError:
    return StepError(
        f"{server} did not answer in time; it may have the email all the same. Check the server, or "
        "raise the timeout of the connection.",
        code="smtp-timeout",
        kind="timeout",
    )


def _explain_reply(error: smtplib.SMTPResponseException, *, server: str, code: str, told: str) -> StepError:
    status, text = error.smtp_code, reply_text(error.smtp_error)
    detail = {"status": status, "reply": text}
    if status == _NO_REPLY:
        return StepError(f"{server} ended the connection.", code="smtp-connection", kind="connection")
    if status in _TRANSIENT:
        return StepError(
            f"{server} {told} for now: {status} {text}. Another try may succeed.",
            code="smtp-temporary",
            detail=detail,
            kind="connection" if status == _SHUTTING_DOWN else "rate_limit",
        )
    return StepError(
        f"{server} {told}: {status} {text}. Correct what it names.", code=code, detail=detail, retryable=False
    )


def _explain_recipients(error: smtplib.SMTPRecipientsRefused, *, server: str) -> StepError:
    replies = {
        address: {"status": status, "reply": reply_text(reply)}
        for address, (status, reply) in error.recipients.items()
    }
    told = "; ".join(f"{address}: {reply['status']} {reply['reply']}" for address, reply in replies.items())
    # One refusal for good does not make the others so.
    transient = any(reply["status"] in _TRANSIENT for reply in replies.values())
    if transient:
        return StepError(
            f"{server} takes no recipient for now: {told}. Another try may succeed.",
            code="smtp-temporary",
            detail=replies,
            kind="rate_limit",
        )
    return StepError(
        f"{server} refuses every recipient: {told}. Correct the addresses.",
        code="smtp-refused",
        detail=replies,
        retryable=False,
    )
