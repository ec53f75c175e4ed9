"""Send an email through Resend, with its own SDK."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
import resend
from airflow.sdk import BaseHook
from resend.exceptions import ResendError
from resend.http_client import HTTPClient

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.addresses import AddressRules
from flowforge_provider.hooks.resend_errors import explain_no_answer, explain_refusal
from flowforge_provider.hooks.sockets import WatchedAdapter
from flowforge_provider.nodes.addresses import Address, parse_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowforge_provider.hooks.mail import Mail

API_URL = "https://api.resend.com"
_DEFAULT_TIMEOUT_S = 30.0
_MAX_ANSWER_BYTES = 1_000_000
# Whoever may edit connections chooses the address.
_ANYWHERE = AddressRules(trusted=True)
# The SDK keeps its key and its address in module variables.
_SDK = threading.Lock()


class ResendHook(BaseHook):
    """
    Reach Resend by an Airflow connection: the password is the API key, the host another base address.

    :param resend_conn_id: id of a connection of type resend
    :param connection: the connection itself, where it comes from elsewhere
    """

    conn_name_attr = "resend_conn_id"
    default_conn_name = "resend_default"
    conn_type = "resend"
    hook_name = "Resend"

    def __init__(self, resend_conn_id: str = default_conn_name, *, connection: Any = None) -> None:
        super().__init__()
        self.resend_conn_id = resend_conn_id
        self._connection = connection
        self._client = _Client()

    def stop(self) -> None:
        """End the request that is under way; may be called from a signal handler."""
        self._client.stop()

    def test_connection(self) -> tuple[bool, str]:
        """Return whether Resend takes the key, and what to tell people."""
        try:
            with self._sdk():
                resend.Domains.list()
        except StepError as error:
            return False, error.message
        except ResendError as error:
            if error.error_type == "restricted_api_key":
                return True, "Resend knows the key; it may only send emails."
            return False, self._explain(error).message
        return True, "Resend takes the key."

    def send(self, mail: Mail, *, key: str) -> dict[str, Any]:
        """
        Send the email and return {provider, id, message_id, accepted, rejected, scheduled_at, response}.

        :param mail: the email
        :param key: idempotency key: Resend sends one email for all requests of 24 hours that carry it
        :raises StepError: no answer, or a refusal
        """
        with self._sdk():
            params = self._params(mail)
            try:
                sent = resend.Emails.send(params, {"idempotency_key": key})  # type: ignore[arg-type]
            except ResendError as error:
                raise self._explain(error) from error
        return {
            "provider": "resend",
            "id": str(sent["id"]),
            "message_id": None,
            "accepted": mail.recipients,
            "rejected": [],
            "scheduled_at": params.get("scheduled_at"),
            "response": "",
        }

    def _conn(self) -> Any:
        if self._connection is not None:
            return self._connection
        return self.get_connection(self.resend_conn_id)

    @contextmanager
    def _sdk(self) -> Iterator[None]:
        """Point the SDK to the connection's service for the time of a block."""
        conn = self._conn()
        if not conn.password:
            raise StepError(
                f'Connection "{self.resend_conn_id}" has no API key. Put it into the password.',
                code="resend-key",
                retryable=False,
            )
        self._client.timeout_s = float(conn.extra_dejson.get("timeout") or _DEFAULT_TIMEOUT_S)
        with _SDK:
            before = resend.api_key, resend.api_url, resend.default_http_client
            resend.api_key, resend.api_url = conn.password, _base_url(conn)
            resend.default_http_client = self._client
            try:
                yield
            finally:
                resend.api_key, resend.api_url, resend.default_http_client = before
                self._client.close()

    def _params(self, mail: Mail) -> dict[str, Any]:
        """Return the email as Resend's API takes it (https://resend.com/docs/api-reference/emails)."""
        if not mail.to:
            raise StepError(
                'Resend needs a recipient in "To". Add one.', code="no-recipient", retryable=False
            )
        params: dict[str, Any] = {
            "from": str(mail.sender or self._default_sender()),
            "to": [str(address) for address in mail.to],
            "subject": mail.subject,
            "text": mail.text,
        }
        for name, addresses in (("cc", mail.cc), ("bcc", mail.bcc), ("reply_to", mail.reply_to)):
            if addresses:
                params[name] = [str(address) for address in addresses]
        if mail.html is not None:
            params["html"] = mail.html
        if mail.headers:
            params["headers"] = dict(mail.headers)
        if mail.tags:
            params["tags"] = [{"name": name, "value": value} for name, value in mail.tags]
        if mail.attachments:
            params["attachments"] = [
                {
                    "filename": attached.file.filename,
                    "content": attached.base64,
                    "content_type": attached.file.content_type,
                    **({"content_id": attached.content_id} if attached.content_id else {}),
                }
                for attached in mail.attachments
            ]
        if mail.scheduled_at is not None:
            params["scheduled_at"] = mail.scheduled_at_utc
        return params

    def _default_sender(self) -> Address:
        given = self._conn().extra_dejson.get("from_email")
        try:
            return parse_address(str(given or ""))
        except ValueError as error:
            raise StepError(
                'The email has no sender. Fill in "From", or the from email of the connection.',
                code="no-sender",
                retryable=False,
            ) from error

    def _explain(self, error: ResendError) -> StepError:
        if self._client.error is not None:
            return explain_no_answer(
                self._client.error, timeout_s=self._client.timeout_s, was_stopped=self._client.was_stopped
            )
        return explain_refusal(error)


class _Client(HTTPClient):
    """The SDK's way to the network: one try, no redirects, bounded answers, and it can be cut."""

    def __init__(self) -> None:
        self.timeout_s = _DEFAULT_TIMEOUT_S
        self.max_answer_bytes = _MAX_ANSWER_BYTES
        self.error: Exception | None = None
        self.was_stopped = False
        self._adapter = WatchedAdapter(rules=_ANYWHERE)

    def stop(self) -> None:
        self.was_stopped = True
        self._adapter.cut()

    def close(self) -> None:
        self._adapter.close()

    def request(  # noqa: PLR0917 (the SDK's signature)
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        json: Any = None,
        files: dict[str, Any] | None = None,  # noqa: ARG002 (for other calls than ours)
        data: dict[str, str] | None = None,  # noqa: ARG002
    ) -> tuple[bytes, int, Mapping[str, str]]:
        self.error = None
        try:
            with requests.Session() as session:
                session.mount("http://", self._adapter)
                session.mount("https://", self._adapter)
                # Without this, requests would send what a .netrc file of the worker holds.
                session.auth = lambda request: request
                response = session.request(
                    method.upper(),
                    url,
                    headers=dict(headers),
                    json=json,
                    timeout=self.timeout_s,
                    allow_redirects=False,
                    stream=True,
                )
                content = b""
                for part in response.iter_content(65_536):
                    content += part
                    if len(content) > self.max_answer_bytes:
                        raise requests.RequestException("the answer is too large")
                return content, response.status_code, response.headers
        except Exception as error:
            # The SDK keeps the text of it alone.
            self.error = error
            raise


def _base_url(conn: Any) -> str:
    if not conn.host:
        return API_URL
    host = str(conn.host).rstrip("/")
    if "://" not in host:
        host = f"{conn.schema or 'https'}://{host}"
    return f"{host}:{conn.port}" if conn.port else host
