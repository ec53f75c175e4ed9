"""
Requests to addresses that people or data have chosen: guarded, bounded in time and size, and stoppable.

Every step that calls an address out of a graph does so through :class:`GuardedSession`, or
:func:`fetch_file`.
"""

from __future__ import annotations

import threading
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions
from requests.exceptions import RequestException
from requests.utils import select_proxy

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.addresses import AddressRules
from flowforge_provider.hooks.http_errors import explain_failure, explain_status
from flowforge_provider.hooks.http_files import file_of_answer
from flowforge_provider.hooks.sockets import WatchedAdapter, check_name

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from requests.structures import CaseInsensitiveDict

    from flowforge_provider.files import File

__all__ = ["Answer", "GuardedSession", "Timeouts", "address_rules", "fetch_file", "origin_of"]

DEFAULT_MAX_REDIRECTS = 10
_KEEPS_BODY = frozenset({307, 308})
_OF_A_BODY = ("Content-Length", "Content-Type", "Transfer-Encoding", "Content-Encoding")


class Timeouts(NamedTuple):
    """
    How long to wait, in seconds.

    :param connect_s: for a connection, at each address that the host has
    :param read_s: for each part of the answer
    :param total_s: for the whole, from the first connection to the last byte
    """

    connect_s: float = 10
    read_s: float = 30
    total_s: float = 300


class Answer(NamedTuple):
    """
    A whole answer.

    :param headers: by name, upper and lower case alike
    :param content: bytes of the body, decompressed
    :param url: where it came from, after redirects
    :param elapsed_ms: milliseconds from the first byte sent to the end of the answer, redirects included
    """

    status: int
    headers: CaseInsensitiveDict[str]
    content: bytes
    url: str
    elapsed_ms: int


def address_rules() -> AddressRules:
    """Return the rules that ``[flowforge]`` sets."""
    from flowforge_provider.settings import http_allowed_networks, http_denied_networks

    return AddressRules(allowed=http_allowed_networks(), denied=http_denied_networks())


def fetch_file(
    url: str,
    *,
    max_bytes: int,
    timeouts: Timeouts | None = None,
    started: Callable[[GuardedSession], None] | None = None,
) -> File:
    """
    Fetch a file from an address that a graph or its data names.

    :param url: address with http or https; redirects are followed, and each one is checked
    :param max_bytes: bytes that the file may have, decompressed
    :param started: gets the session, whose ``stop`` ends the transfer from a signal handler
    :raises StepError: the address is refused, the answer's status is not 2xx, or it is too large
    """
    with GuardedSession(rules=address_rules(), max_response_bytes=max_bytes, timeouts=timeouts) as session:
        if started is not None:
            started(session)
        answer = session.send(requests.Request("GET", url))
    if not 200 <= answer.status < 300:
        raise explain_status("GET", answer.status, url=answer.url, headers=answer.headers)
    return file_of_answer(answer.content, headers=answer.headers, url=answer.url)


class GuardedSession:
    """
    Send requests to checked addresses, and read bounded answers. A context manager.

    :param rules: what may be called; what ``[flowforge]`` sets when omitted
    :param max_response_bytes: bytes of an answer's body, decompressed
    :param timeouts: of each request
    :param ssl_context: whom to trust, and with which certificate to sign in; the system's ways when omitted
    :param verify: as in requests: whether to verify certificates, or the file with those to trust
    :param cert: as in requests: file of a client certificate, or (certificate, key)
    :param proxies: as in requests: scheme -> url of a proxy; the environment's when empty
    :param proxy_is_trusted: whether an administrator chose the proxy, which may then be in a private network
    """

    def __init__(
        self,
        *,
        max_response_bytes: int,
        rules: AddressRules | None = None,
        timeouts: Timeouts | None = None,
        ssl_context: ssl.SSLContext | None = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
        proxy_is_trusted: bool = True,
    ) -> None:
        self.timeouts = timeouts or Timeouts()
        self._rules = rules or address_rules()
        self._max_response_bytes = max_response_bytes
        self._session = requests.Session()
        # Without this, requests would send what a .netrc file of the worker holds.
        self._session.auth = lambda request: request
        self._session.proxies = dict(proxies or {})
        self._session.verify = verify
        self._session.cert = cert
        self._adapter = WatchedAdapter(
            rules=self._rules,
            proxy_rules=self._rules.for_trusted_proxy() if proxy_is_trusted else self._rules,
            ssl_context=ssl_context,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, self._adapter)
        self._stopped = False
        self._expired = False

    def __enter__(self) -> GuardedSession:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def stop(self) -> None:
        """End the request that is under way, and send no other; may be called from a signal handler."""
        self._stopped = True
        self._adapter.cut()

    def send(
        self,
        request: requests.Request,
        *,
        sign: Callable[[requests.PreparedRequest], None] | None = None,
        follow_redirects: bool = True,
        max_redirects: int = DEFAULT_MAX_REDIRECTS,
    ) -> Answer:
        """
        Send a request, follow redirects and return the answer, whatever its status.

        :param request: its headers go along to another host but for Authorization and Cookie
        :param sign: adds headers and parameters that only the host of the request may see; called for each
            hop there
        :raises StepError: no whole answer, or one that is too large
        """
        url = str(request.url)
        with self._errors(url), self._deadline():
            started = time.monotonic()
            with self._answer(
                request, sign=sign, follow_redirects=follow_redirects, max_redirects=max_redirects
            ) as response:
                content = self._content(response)
            # A connection that was shut down can look like the end of an answer without a length.
            if self._stopped or self._expired:
                raise TimeoutError
            elapsed_ms = round((time.monotonic() - started) * 1000)
        return Answer(response.status_code, response.headers, content, str(response.url), elapsed_ms)

    @contextmanager
    def _answer(
        self,
        request: requests.Request,
        *,
        sign: Callable[[requests.PreparedRequest], None] | None,
        follow_redirects: bool,
        max_redirects: int,
    ) -> Iterator[requests.Response]:
        unsigned = self._session.prepare_request(request)
        start = str(unsigned.url)
        origin = origin_of(start)
        for _ in range(max_redirects + 1):
            signed = unsigned.copy()
            if sign is not None and origin_of(str(unsigned.url)) == origin:
                sign(signed)
            response = self._send(signed)
            target = self._session.get_redirect_target(response) if follow_redirects else None
            if target is None:
                try:
                    yield response
                finally:
                    response.close()
                return
            response.close()
            unsigned = self._redirected(unsigned, response, target)
            if "Cookie" not in unsigned.headers:
                unsigned.prepare_cookies(self._session.cookies)
        raise StepError(
            f"{start} answered with more than {max_redirects} redirects. Check the address.",
            code="http-redirects",
        )

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        url = str(prepared.url)
        options = self._session.merge_environment_settings(
            url, self._session.proxies, True, self._session.verify, self._session.cert
        )
        self._check_proxy(url, options["proxies"])
        with warnings.catch_warnings():
            # Whoever switched the check off knows.
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return self._session.send(
                prepared,
                timeout=(self.timeouts.connect_s, self.timeouts.read_s),
                allow_redirects=False,
                **options,
            )

    def _check_proxy(self, url: str, proxies: Any) -> None:
        """
        Look at the target of a request that goes through a proxy, since the socket shows only the proxy.

        What cannot be resolved here is left to the proxy: in many networks only the proxy can.
        """
        proxy = select_proxy(url, proxies)
        if not proxy:
            return
        scheme = urlsplit(proxy if "://" in proxy else f"http://{proxy}").scheme.lower()
        if scheme not in ("http", "https"):
            raise StepError(
                f"The proxy speaks {scheme}; only http:// and https:// proxies can be used here. Use one.",
                code="http-proxy",
                retryable=False,
            )
        check_name(self._rules, urlsplit(url).hostname or "")

    def _redirected(
        self, prepared: requests.PreparedRequest, response: requests.Response, target: str
    ) -> requests.PreparedRequest:
        following = prepared.copy()
        following.url = None
        following.prepare_url(urljoin(str(response.url), target), None)
        self._session.rebuild_method(following, response)
        if response.status_code not in _KEEPS_BODY:
            following.body = None
            for name in _OF_A_BODY:
                following.headers.pop(name, None)
        if origin_of(str(following.url)) != origin_of(str(prepared.url)):
            for name in ("Authorization", "Cookie", "Proxy-Authorization"):
                following.headers.pop(name, None)
        return following

    def _content(self, response: requests.Response) -> bytes:
        announced = response.headers.get("Content-Length", "")
        if (
            announced.isdecimal()
            and "Content-Encoding" not in response.headers
            and response.request.method != "HEAD"
        ):
            self._check_size(int(announced), response)
        content = bytearray()
        for part in response.iter_content(65_536):
            content += part
            self._check_size(len(content), response)
        return bytes(content)

    def _check_size(self, size: int, response: requests.Response) -> None:
        if size > self._max_response_bytes:
            raise StepError(
                f"The answer of {response.url} is larger than {self._max_response_bytes} B. Ask for less, "
                "or raise [flowforge] http_max_response_bytes.",
                code="http-response-too-large",
                detail={"status": response.status_code, "url": response.url},
                retryable=False,
            )

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """Cut the connection when the whole takes too long, however busy it is."""

        def expire() -> None:
            self._expired = True
            self._adapter.cut()

        timer = threading.Timer(self.timeouts.total_s, expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    @contextmanager
    def _errors(self, url: str) -> Iterator[None]:
        try:
            yield
        except StepError:
            raise
        except (RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError, ValueError) as error:
            if self._stopped:
                raise StepError("The request was stopped.", code="step-stopped") from error
            raise explain_failure(error, url=url, timeouts=self.timeouts, expired=self._expired) from error


def origin_of(url: str) -> tuple[str, str, int | None]:
    """
    Return scheme, host and port of an address: what shares secrets (RFC 6454).

    :raises ValueError: it is no address
    """
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or default
