"""Send one HTTP request the way workflows need it: bounded, guarded, with errors that people can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.guarded import GuardedSession, Timeouts, origin_of
from flowforge_provider.hooks.http_body import encode_body, join_values, read_body
from flowforge_provider.hooks.http_errors import explain_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.hooks.addresses import AddressRules
    from flowforge_provider.nodes.builtin.http import HttpParameters


class HttpClient:
    """
    Send requests, with an Airflow connection or without.

    :param connection_id: Airflow connection of type http
    :param max_response_bytes: bytes of an answer's body, decompressed
    :param rules: what may be called; what ``[flowforge]`` sets when omitted
    """

    def __init__(
        self, *, connection_id: str | None, max_response_bytes: int, rules: AddressRules | None = None
    ) -> None:
        self._max_response_bytes = max_response_bytes
        self._rules = rules
        self._connection_id = connection_id
        self._session: GuardedSession | None = None
        self._stopped = False

    def stop(self) -> None:
        """End the request that is under way; may be called from a signal handler."""
        self._stopped = True
        if self._session is not None:
            self._session.stop()

    def send(self, parameters: HttpParameters) -> dict[str, Any]:
        """
        Send the request and return {status, headers, body, url, elapsed_ms}.

        :param parameters: without expressions
        :raises StepError: no answer, an answer that is too large, or a status that is no success
        """
        options, base_url, sign = self._access()
        if not parameters.verify_tls:
            options["verify"] = False
        url = _address(parameters.url, base_url=base_url, connection_id=self._connection_id)
        with GuardedSession(
            rules=self._rules,
            max_response_bytes=self._max_response_bytes,
            timeouts=Timeouts(read_s=parameters.timeout_s),
            **options,
        ) as self._session:
            if self._stopped:
                raise StepError("The request was stopped.", code="step-stopped")
            answer = self._session.send(
                _request(parameters, url=url), sign=sign, follow_redirects=parameters.follow_redirects
            )
        body = read_body(answer.content, content_type=answer.headers.get("Content-Type", ""))
        if not _is_success(answer.status, parameters.success_statuses):
            raise explain_status(
                parameters.method,
                answer.status,
                url=answer.url,
                headers=answer.headers,
                body=body,
                elapsed_ms=answer.elapsed_ms,
            )
        return {
            "status": answer.status,
            "headers": {name.lower(): value for name, value in answer.headers.items()},
            "body": body,
            "url": answer.url,
            "elapsed_ms": answer.elapsed_ms,
        }

    def _access(
        self,
    ) -> tuple[dict[str, Any], str | None, Callable[[requests.PreparedRequest], None] | None]:
        """Return what the connection says: options of the session, base address, and how to sign requests."""
        if self._connection_id is None:
            return {}, None, None
        from airflow.providers.http.hooks.http import HttpHook

        hook = HttpHook(http_conn_id=self._connection_id)
        session = hook.get_conn()
        given = {
            name: value
            for name, value in session.headers.items()
            if requests.utils.default_headers().get(name) != value
        }

        def sign(prepared: requests.PreparedRequest) -> None:
            for name, value in given.items():
                prepared.headers.setdefault(name, value)
            if callable(session.auth) and "Authorization" not in prepared.headers:
                session.auth(prepared)

        options = {"proxies": session.proxies, "verify": session.verify, "cert": session.cert}
        return options, hook.base_url, sign


def _request(parameters: HttpParameters, *, url: str) -> requests.Request:
    body, content_type = encode_body(parameters.body_type, parameters.body)
    headers = join_values(parameters.headers)
    if content_type and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = content_type
    return requests.Request(
        parameters.method,
        url,
        headers=headers,
        params=[(pair.name, pair.value) for pair in parameters.query],
        data=body,
    )


def _address(url: str, *, base_url: str | None, connection_id: str | None) -> str:
    """Return the full address; with a connection it stays on its host, where its secrets belong."""
    if base_url is None:
        return url
    if "://" not in url.partition("?")[0]:
        return f"{base_url.rstrip('/')}/{url.lstrip('/')}" if url else base_url
    if origin_of(url) != origin_of(base_url):
        raise StepError(
            f"{url!r} is not on the host of connection {connection_id!r}, whose credentials would go there. "
            "Use a path, or leave the connection out.",
            code="http-other-host",
            retryable=False,
        )
    return url


def _is_success(status: int, rules: Sequence[str]) -> bool:
    for rule in rules:
        low, _, high = rule.replace("xx", "00").partition("-")
        last = int(high) if high else int(low) + (99 if rule.endswith("xx") else 0)
        if int(low) <= status <= last:
            return True
    return False
