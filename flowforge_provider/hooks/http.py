"""Send one HTTP request the way workflows need it: bounded, guarded, with errors that people can act on."""

from __future__ import annotations

import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions
from requests.exceptions import RequestException
from requests.structures import CaseInsensitiveDict

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.http_body import encode_body, join_values, read_body
from flowforge_provider.hooks.http_errors import explain_failure, explain_status
from flowforge_provider.hooks.sockets import WatchedAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowforge_provider.nodes.builtin.http import HttpParameters

MAX_REDIRECTS = 10
_KEEPS_BODY = frozenset({307, 308})


class HttpClient:
    """
    Send requests, with an Airflow connection or without.

    :param connection_id: Airflow connection of type http
    :param max_response_bytes: bytes of an answer's body, decompressed
    :param denied_networks: networks in CIDR form that must not be reached
    """

    def __init__(
        self, *, connection_id: str | None, max_response_bytes: int, denied_networks: Sequence[str] = ()
    ) -> None:
        self.max_response_bytes = max_response_bytes
        self._adapter = WatchedAdapter(denied_networks=denied_networks)
        self._connection_id = connection_id
        self._stopped = False

    def stop(self) -> None:
        """End the request that is under way; may be called from a signal handler."""
        self._stopped = True
        self._adapter.cut()

    def send(self, parameters: HttpParameters) -> dict[str, Any]:
        """
        Send the request and return {status, headers, body, url, elapsed_ms}.

        :param parameters: without expressions
        :raises StepError: no answer, an answer that is too large, or a status that is no success
        """
        session, base_url = self._session()
        url = _address(parameters.url, base_url=base_url, connection_id=self._connection_id)
        with session, self._errors(url, timeout_s=parameters.timeout_s):
            started = time.monotonic()
            with self._answer(session, parameters, url=url) as response:
                content = self._content(response)
            elapsed_ms = round((time.monotonic() - started) * 1000)
        answer = {
            "status": response.status_code,
            "headers": {name.lower(): value for name, value in response.headers.items()},
            "body": read_body(content, content_type=response.headers.get("Content-Type", "")),
            "url": response.url,
            "elapsed_ms": elapsed_ms,
        }
        if not _is_success(response.status_code, parameters.success_statuses):
            raise explain_status(parameters.method, answer)
        return answer

    def _session(self) -> tuple[requests.Session, str | None]:
        if self._connection_id is None:
            session = requests.Session()
            # Without this, requests would send what a .netrc file of the worker holds.
            session.auth = lambda request: request
            base_url = None
        else:
            from airflow.providers.http.hooks.http import HttpHook

            hook = HttpHook(http_conn_id=self._connection_id)
            session = hook.get_conn()
            base_url = hook.base_url
        session.mount("http://", self._adapter)
        session.mount("https://", self._adapter)
        return session, base_url

    @contextmanager
    def _answer(
        self, session: requests.Session, parameters: HttpParameters, *, url: str
    ) -> Iterator[requests.Response]:
        """Send the request and follow redirects; connection headers and credentials stay with their host."""
        body, content_type = encode_body(parameters.body_type, parameters.body)
        own_headers = join_values(parameters.headers)
        if content_type and "content-type" not in {name.lower() for name in own_headers}:
            own_headers["Content-Type"] = content_type
        request = requests.Request(
            parameters.method,
            url,
            headers=own_headers,
            params=[(pair.name, pair.value) for pair in parameters.query],
            data=body,
        )
        prepared = session.prepare_request(request)
        verify = session.verify if parameters.verify_tls else False
        options = session.merge_environment_settings(
            prepared.url or url, session.proxies, True, verify, session.cert
        )
        origin = _origin(prepared.url or url)
        for _ in range(MAX_REDIRECTS + 1):
            with warnings.catch_warnings():
                # Whoever switched the check off knows.
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
                response = session.send(
                    prepared, timeout=parameters.timeout_s, allow_redirects=False, **options
                )
            target = session.get_redirect_target(response) if parameters.follow_redirects else None
            if target is None:
                try:
                    yield response
                finally:
                    response.close()
                return
            response.close()
            prepared = _redirected(session, prepared, response, target)
            if _origin(prepared.url or "") != origin:
                prepared.headers = CaseInsensitiveDict(
                    {
                        name: value
                        for name, value in prepared.headers.items()
                        if name in own_headers and name.lower() != "authorization"
                    }
                )
        raise StepError(
            f"{url} answered with more than {MAX_REDIRECTS} redirects. Check the address.",
            code="http-redirects",
        )

    def _content(self, response: requests.Response) -> bytes:
        content = bytearray()
        for part in response.iter_content(65_536):
            content += part
            if len(content) > self.max_response_bytes:
                raise StepError(
                    f"The answer of {response.url} is larger than {self.max_response_bytes} B. Ask for less, "
                    "or raise [flowforge] http_max_response_bytes.",
                    code="http-response-too-large",
                    detail={"status": response.status_code, "url": response.url},
                    retryable=False,
                )
        return bytes(content)

    @contextmanager
    def _errors(self, url: str, *, timeout_s: float) -> Iterator[None]:
        try:
            yield
        except StepError:
            raise
        except (RequestException, OSError, UnicodeError, ValueError) as error:
            if self._stopped:
                raise StepError("The request was stopped.", code="step-stopped") from error
            raise explain_failure(error, url=url, timeout_s=timeout_s) from error


def _address(url: str, *, base_url: str | None, connection_id: str | None) -> str:
    """Return the full address; with a connection it stays on its host, where its secrets belong."""
    if base_url is None:
        return url
    if "://" not in url.partition("?")[0]:
        return f"{base_url.rstrip('/')}/{url.lstrip('/')}" if url else base_url
    if _origin(url) != _origin(base_url):
        raise StepError(
            f"{url!r} is not on the host of connection {connection_id!r}, whose credentials would go there. "
            "Use a path, or leave the connection out.",
            code="http-other-host",
            retryable=False,
        )
    return url


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or default


def _redirected(
    session: requests.Session,
    prepared: requests.PreparedRequest,
    response: requests.Response,
    target: str,
) -> requests.PreparedRequest:
    following = prepared.copy()
    following.url = None
    following.prepare_url(urljoin(response.url, target), None)
    session.rebuild_method(following, response)
    if response.status_code not in _KEEPS_BODY:
        following.body = None
        for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
            following.headers.pop(name, None)
    following.headers.pop("Cookie", None)
    return following


def _is_success(status: int, rules: Sequence[str]) -> bool:
    for rule in rules:
        low, _, high = rule.replace("xx", "00").partition("-")
        last = int(high) if high else int(low) + (99 if rule.endswith("xx") else 0)
        if int(low) <= status <= last:
            return True
    return False
