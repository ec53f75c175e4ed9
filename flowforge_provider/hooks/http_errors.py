"""What went wrong with an HTTP request, told so that people can act on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import urllib3.exceptions
from requests import exceptions

from flowforge_provider.exceptions import StepError

_DETAIL_CHARACTERS = 4_000
_NO_ADDRESS = (
    exceptions.InvalidURL,
    exceptions.MissingSchema,
    exceptions.InvalidSchema,
    urllib3.exceptions.LocationParseError,
)
_TOO_SLOW = (exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)


def explain_failure(error: Exception, *, url: str, timeout_s: float) -> StepError:
    """
    Return the error of a request that got no whole answer.

    :param error: what requests, urllib3 or the operating system raised
    :param url: where the request went
    :param timeout_s: seconds that it waited for each part of the answer
    """
    cause = _root_cause(error)
    if isinstance(cause, StepError):
        return cause
    code, told, retryable = _diagnose(error, cause, url=url, timeout_s=timeout_s)
    return StepError(told, code=code, detail={"url": url}, retryable=retryable)


def explain_status(method: str, answer: dict[str, Any]) -> StepError:
    """
    Return the error of an answer whose status is no success.

    :param answer: {status, headers, body, url, elapsed_ms}; long text is shortened in the error
    """
    body = answer["body"]
    if isinstance(body, str) and len(body) > _DETAIL_CHARACTERS:
        body = body[:_DETAIL_CHARACTERS] + "…"
    return StepError(
        f"{method} {answer['url']} answered with status {answer['status']}. See the answer's body; list the "
        "status under success statuses if it is no error.",
        code="http-status",
        detail={**answer, "body": body},
    )


def _diagnose(  # noqa: PLR0911 (one return a kind of failure)
    error: Exception, cause: BaseException, *, url: str, timeout_s: float
) -> tuple[str, str, bool]:
    """Return code, message, and whether another try could help."""
    host = _host(url)
    if isinstance(error, _TOO_SLOW) or isinstance(cause, _TOO_SLOW):
        told = f"{host} did not answer within {timeout_s:g} s. Check the service, or raise the timeout."
        return "http-timeout", told, True
    if isinstance(error, exceptions.SSLError):
        return "http-tls", f"No secure connection to {host}: {cause}. Check the certificate.", True
    if isinstance(error, _NO_ADDRESS):
        told = f"{url!r} is not an address that can be called. Start it with https:// and a host."
        return "http-address", told, False
    if isinstance(error, exceptions.InvalidHeader):
        return "http-header", f"A header cannot be sent: {cause}. Correct its name or value.", False
    if isinstance(error, UnicodeError):
        told = "A header holds letters that HTTP headers cannot carry. Use Latin letters, or encode them."
        return "http-header", told, False
    if isinstance(error, (exceptions.ConnectionError, OSError)):
        told = f"No connection to {host}: {cause}. Check the address and that the service is up."
        return "http-connection", told, True
    return "http-failed", f"The request to {host} failed: {cause}.", True


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
