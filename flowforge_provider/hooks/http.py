"""Send HTTP requests the way workflows need it: bounded, guarded, with errors that people can act on."""

from __future__ import annotations

import copy
import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.guarded import Answer, GuardedSession, Timeouts, origin_of
from flowforge_provider.hooks.http_access import Access
from flowforge_provider.hooks.http_answer import read_body, read_error_body
from flowforge_provider.hooks.http_body import encode_body, join_values
from flowforge_provider.hooks.http_errors import explain_status
from flowforge_provider.hooks.http_pages import Page, PageRequest, Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowforge_provider.hooks.addresses import AddressRules
    from flowforge_provider.nodes.builtin.http_parameters import HttpParameters

__all__ = ["HttpClient"]

log = logging.getLogger(__name__)

_WITH_KEY = frozenset({"POST", "PATCH"})


class HttpClient:
    """
    Send the request of a step, or one for each page.

    :param access: how to call the service
    :param max_response_bytes: bytes of an answer's body, decompressed
    :param rules: what may be called; what ``[flowforge]`` sets when omitted
    :param key_of: page number -> idempotency key; None sends none
    :param stops: tells after each page whether it is the last one
    """

    def __init__(
        self,
        *,
        access: Access | None = None,
        max_response_bytes: int,
        rules: AddressRules | None = None,
        key_of: Callable[[int], str] | None = None,
        stops: Callable[[dict[str, Any]], bool] | None = None,
    ) -> None:
        self._access = access or Access()
        self._max_response_bytes = max_response_bytes
        self._rules = rules
        self._key_of = key_of
        self._stops = stops
        self._session: GuardedSession | None = None
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End what is under way; may be called from a signal handler."""
        self._stopped.set()
        if self._session is not None:
            self._session.stop()

    def send(self, parameters: HttpParameters) -> dict[str, Any]:
        """
        Return {status, headers, body, url, elapsed_ms}, with pages also {pages, complete}.

        Secrets of the connection that the service echoes are replaced by ``***``.

        :param parameters: without expressions
        :raises StepError: no answer, an answer that is too large or not what was asked for, or a status
            that is no success
        """
        with self._hidden_secrets(), self._open(parameters) as session:
            if parameters.pagination == "none":
                answer = self._ask(session, parameters, PageRequest(1, None, {}))
                result = _facts(answer, elapsed_ms=answer.elapsed_ms)
                result["body"] = read_body(answer, reading=parameters.response_type)
            else:
                result = self._ask_for_pages(session, parameters)
        hidden: dict[str, Any] = self._access.secrets.hide(result)
        return hidden

    def _ask_for_pages(self, session: GuardedSession, parameters: HttpParameters) -> dict[str, Any]:
        pages = Pages(parameters)
        request: PageRequest | None = pages.first()
        collected: list[Any] = []
        elapsed_ms = 0
        while request is not None:
            if request.number > 1 and self._stopped.wait(parameters.page_delay_s):
                raise _stopped()
            answer = self._ask(session, parameters, request)
            elapsed_ms += answer.elapsed_ms
            page = self._read_page(answer, pages, number=request.number)
            collected += (page.items or []) if parameters.collect == "items" else [page.body]
            self._check_total(len(answer.content))
            request = pages.next(page)
            if request is not None and self._stops is not None and self._stops(page.to_json()):
                request = None
            if request is not None and request.number > parameters.max_pages:
                log.warning("Stopped after %s pages, the most that are allowed.", parameters.max_pages)
                break
        return {
            **_facts(answer, elapsed_ms=elapsed_ms),
            "body": collected,
            "pages": page.number,
            "complete": request is None,
        }

    def _read_page(self, answer: Answer, pages: Pages, *, number: int) -> Page:
        body = read_body(answer, reading="json")
        return Page(
            number=number,
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=body,
            items=pages.items(body, number=number),
            url=answer.url,
        )

    def _check_total(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise StepError(
                f"The pages together are larger than {self._max_response_bytes} B. Ask for fewer, or raise "
                "[flowforge] http_max_response_bytes.",
                code="http-response-too-large",
                retryable=False,
            )

    def _ask(self, session: GuardedSession, parameters: HttpParameters, page: PageRequest) -> Answer:
        """Send one request; once more with a new token when the service refused one that was kept."""
        answer = self._ask_once(session, parameters, page)
        if answer.status == 401 and self._access.tokens is not None and self._access.tokens.drop_refused():
            answer = self._ask_once(session, parameters, page)
        if not _is_success(answer.status, parameters.success_statuses):
            raise explain_status(
                parameters.method,
                answer.status,
                url=answer.url,
                headers=answer.headers,
                body=read_error_body(answer),
                elapsed_ms=answer.elapsed_ms,
            )
        return answer

    def _ask_once(self, session: GuardedSession, parameters: HttpParameters, page: PageRequest) -> Answer:
        if self._stopped.is_set():
            raise _stopped()
        request = self._request(parameters, page)
        token = None
        if self._access.tokens is not None:
            token = self._access.tokens.token(session)
            self._access.secrets.add(token)
        own = {str(name).lower() for name in request.headers}
        return session.send(
            request,
            sign=lambda prepared: self._access.sign(prepared, token=token, own=own),
            follow_redirects=parameters.follow_redirects,
            max_redirects=parameters.max_redirects,
        )

    def _request(self, parameters: HttpParameters, page: PageRequest) -> requests.Request:
        changes = dict(page.changes)
        if parameters.page_in == "body" and changes:
            parameters = _with_body(parameters, changes)
            changes = {}
        body = encode_body(parameters)
        headers = join_values(parameters.headers)
        present = {name.lower() for name in headers}
        if body.content_type and "content-type" not in present:
            headers["Content-Type"] = body.content_type
        if self._key_of is not None and parameters.idempotency and parameters.method in _WITH_KEY:
            key_name = parameters.idempotency_header
            if key_name.lower() not in present:
                headers[key_name] = self._key_of(page.number)
        # The next link holds all of the query that the service wants.
        query = [(pair.name, pair.value) for pair in parameters.query if pair.name not in changes]
        query = [] if page.url else [*query, *((name, str(value)) for name, value in changes.items())]
        url = _address(page.url or parameters.url, access=self._access)
        return requests.Request(parameters.method, url, headers=headers, params=query, data=body.content)

    @contextmanager
    def _open(self, parameters: HttpParameters) -> Iterator[GuardedSession]:
        self._left = self._max_response_bytes
        with GuardedSession(
            rules=self._rules,
            max_response_bytes=self._max_response_bytes,
            timeouts=Timeouts(
                connect_s=parameters.connect_timeout_s,
                read_s=parameters.read_timeout_s,
                total_s=parameters.total_timeout_s,
            ),
            **self._access.session_options(verify=parameters.verify_tls, proxy=parameters.proxy),
        ) as self._session:
            yield self._session

    @contextmanager
    def _hidden_secrets(self) -> Iterator[None]:
        try:
            yield
        except StepError as error:
            error.message = self._access.secrets.hide(error.message)
            error.args = (error.message,)
            error.detail = self._access.secrets.hide(error.detail)
            raise


def _facts(answer: Answer, *, elapsed_ms: int) -> dict[str, Any]:
    return {
        "status": answer.status,
        "headers": {name.lower(): value for name, value in answer.headers.items()},
        "body": None,
        "url": answer.url,
        "elapsed_ms": elapsed_ms,
    }


def _with_body(parameters: HttpParameters, changes: dict[str, Any]) -> HttpParameters:
    body = copy.copy(parameters.body) if parameters.body is not None else {}
    if not isinstance(body, dict):
        raise StepError(
            "The parameter of the page goes into a JSON object, and the body is none. Use the query instead.",
            code="http-body",
            retryable=False,
        )
    return parameters.model_copy(update={"body": {**body, **changes}})


def _address(url: str, *, access: Access) -> str:
    """Return the full address; with a connection it stays on its host, where its secrets belong."""
    base_url = access.base_url
    if base_url is None:
        return url
    if "://" not in url.partition("?")[0]:
        url = f"{base_url.rstrip('/')}/{url.lstrip('/')}" if url else base_url
    # What counts is the host that is called. Readers of addresses differ about some of them: a backslash ends
    # the host for urllib3, but not for urlsplit.
    if _called_origin(url) != _called_origin(base_url):
        raise StepError(
            f"{url!r} is not on the host of connection {access.connection_id!r}, whose credentials would go "
            "there. Use a path, or leave the connection out.",
            code="http-other-host",
            retryable=False,
        )
    return url


def _called_origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port that requests connects to for an address."""
    try:
        return origin_of(str(requests.Request("GET", url).prepare().url))
    except (requests.RequestException, ValueError) as error:
        raise StepError(
            f"{url!r} is not an address that can be called. Write a path, or https:// and a host.",
            code="http-address",
            detail={"url": url},
            retryable=False,
        ) from error


def _stopped() -> StepError:
    return StepError("The request was stopped.", code="step-stopped")


def _is_success(status: int, rules: Sequence[str]) -> bool:
    for rule in rules:
        low, _, high = rule.replace("xx", "00").partition("-")
        last = int(high) if high else int(low) + (99 if rule.endswith("xx") else 0)
        if int(low) <= status <= last:
            return True
    return False
