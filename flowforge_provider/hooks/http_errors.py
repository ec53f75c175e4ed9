"""What went wrong with an HTTP request, told so that people can act on it."""

from __future__ import annotations

import ssl
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import urllib3.exceptions
from requests import exceptions

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.retry_after import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.hooks.guarded import Timeouts

__all__ = ["explain_failure", "explain_status"]

_DETAIL_CHARACTERS = 4_000
_NO_ADDRESS = (
    exceptions.InvalidURL,
    exceptions.MissingSchema,
    exceptions.InvalidSchema,
    urllib3.exceptions.LocationParseError,
)
_TOO_SLOW = (exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
_NO_CONNECTION_IN_TIME = (exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError)


def explain_failure(error: Exception, *, url: str, timeouts: Timeouts, expired: bool = False) -> StepError:
    """
    Return the error of a request that got no whole answer.

    :param error: what requests, urllib3 or the operating system raised
    :param url: where the request went
    :param timeouts: how long it waited
    :param expired: whether it was cut because the whole took too long
    """
    cause = _root_cause(error)
    if isinstance(cause, StepError):
        return cause
    if expired:
        told = (
            f"The request to {_host(url)} was not done within {timeouts.total_s:g} s. Ask for less, or raise "
            "the total timeout."
        )
        return StepError(told, code="http-timeout", detail={"url": url}, kind="timeout")
    code, told, kind, retryable = _diagnose(error, cause, url=url, timeouts=timeouts)
    return StepError(told, code=code, detail={"url": url}, retryable=retryable, kind=kind)


def explain_status(
    method: str, status: int, *, url: str, headers: Mapping[str, str], body: Any = None, elapsed_ms: int = 0
) -> StepError:
    """
    Return the error of an answer whose status is no success.

    :param headers: of the answer, by name, upper and lower case alike
    :param body: the answer's body as JSON; a long text is shortened in the error
    """
    if isinstance(body, str) and len(body) > _DETAIL_CHARACTERS:
        body = body[:_DETAIL_CHARACTERS] + "…"
    return StepError(
        f"{method} {url} answered with status {status}. See the answer's body; list the "
        "status under success statuses if it is no error.",
        code="http-status",
        detail={
            "status": status,
            "headers": {name.lower(): value for name, value in headers.items()},
            "body": body,
            "url": url,
            "elapsed_ms": elapsed_ms,
        },
        kind="rate_limit" if status == 429 else None,
        status=status,
        retry_after_s=parse_retry_after(headers.get("Retry-After"), now=datetime.now(timezone.utc)),
    )


def _diagnose(  # noqa: PLR0911 (one return a kind of failure)
    error: Exception, cause: BaseException, *, url: str, timeouts: Timeouts
) -> tuple[str, str, str | None, bool]:
    """Return code, message, kind, and whether another try could help."""
    host = _host(url)
    if isinstance(error, _NO_CONNECTION_IN_TIME) or isinstance(cause, _NO_CONNECTION_IN_TIME):
        told = (
            f"{host} took no connection within {timeouts.connect_s:g} s. Check the address and that the "
            "service is up, or raise the connect timeout."
        )
        return "http-timeout", told, "timeout", True
    if isinstance(error, _TOO_SLOW) or isinstance(cause, _TOO_SLOW):
        told = (
            f"{host} sent nothing within {timeouts.read_s:g} s. Check the service, or raise the read timeout."
        )
        return "http-timeout", told, "timeout", True
    if isinstance(error, exceptions.SSLError) or isinstance(cause, ssl.SSLError):
        # A handshake that was cut off is a lost connection; a wrong certificate stays wrong.
        kind = "connection" if isinstance(cause, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) else None
        return "http-tls", f"No secure connection to {host}: {cause}. Check the certificate.", kind, True
    if isinstance(error, _NO_ADDRESS):
        told = f"{url!r} is not an address that can be called. Start it with https:// and a host."
        return "http-address", told, None, False
    if isinstance(error, exceptions.InvalidHeader):
        told = f"A header cannot be sent: {cause}. Correct its name or value."
        return "http-header", told, None, False
    if isinstance(error, UnicodeError):
        told = "A header holds letters that HTTP headers cannot carry. Use Latin letters, or encode them."
        return "http-header", told, None, False
    if isinstance(error, exceptions.ProxyError):
        told = f"The proxy on the way to {host} failed: {cause}. Check the proxy's address and credentials."
        return "http-proxy", told, "connection", True
    if isinstance(error, exceptions.ContentDecodingError):
        told = f"The answer of {host} is compressed, and damaged: {cause}. Check the service."
        return "http-failed", told, None, True
    if isinstance(error, (exceptions.ConnectionError, exceptions.ChunkedEncodingError, OSError)):
        told = f"No connection to {host}: {cause}. Check the address and that the service is up."
        return "http-connection", told, "connection", True
    return "http-failed", f"The request to {host} failed: {cause}.", None, True


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2] or url
    except ValueError:
        return url


def _root_cause(error: BaseException) -> BaseException:
    """Return what lies behind the layers that requests and urllib3 wrap around an error."""
    seen: set[int] = set()
    while id(error) not in seen:
        seen.add(id(error))
        reasons = [getattr(error, "reason", None), *error.args, error.__cause__]
        inner = next((reason for reason in reasons if isinstance(reason, BaseException)), None)
        if inner is None:
            break
        error = inner
    return error
