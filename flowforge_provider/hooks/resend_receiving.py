"""Fetch an email that Resend has received, with its own SDK."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import requests
import resend
from airflow.sdk.exceptions import AirflowNotFoundException
from resend.exceptions import ResendError

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File
from flowforge_provider.hooks.addresses import AddressRules
from flowforge_provider.hooks.resend import ResendHook
from flowforge_provider.hooks.sockets import WatchedAdapter

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ResendReceiver"]

_PAGE = 100
_CHUNK_BYTES = 65_536


class ResendReceiver(ResendHook):
    """
    Fetch received emails, in the process that takes deliveries in.

    :param resend_conn_id: id of a connection of type resend
    :param max_answer_bytes: bytes that the description of one email may have, its text included
    """

    def __init__(self, resend_conn_id: str, *, max_answer_bytes: int) -> None:
        super().__init__(resend_conn_id)
        self._client.max_answer_bytes = max_answer_bytes

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """
        Return a connection from any secrets backend of this process.

        :raises StepError: there is none of that id
        """
        from airflow.models.connection import Connection

        try:
            return Connection.get_connection_from_secrets(conn_id)
        except AirflowNotFoundException as error:
            raise StepError(
                f'There is no connection "{conn_id}". Create it in Airflow, or choose another one.',
                code="missing-connection",
            ) from error

    def fetch(self, email_id: str, *, max_attachments: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """
        Return an email, and its attachments with the addresses where they can be had for an hour.

        :param max_attachments: largest number of attachments
        :raises StepError: no answer, or a refusal
        """
        with self._sdk():
            try:
                # Images stay files, instead of Base64 inside the HTML.
                email: Any = resend.Emails.Receiving.get(email_id, {"html_format": "cid"})
                attachments: list[dict[str, Any]] = []
                page: Any = {"has_more": bool(email.get("attachments"))}
                while page["has_more"] and len(attachments) < max_attachments:
                    params: Any = {"limit": _PAGE}
                    if attachments:
                        params["after"] = attachments[-1]["id"]
                    page = resend.Emails.Receiving.Attachments.list(email_id, params)
                    attachments += page["data"]
                    if not page["data"]:
                        break
            except ResendError as error:
                raise self._explain(error) from error
        return dict(email), attachments[:max_attachments]

    def download(self, attachment: Mapping[str, Any], *, max_bytes: int) -> File | None:
        """
        Return an attachment; None when it is larger than allowed.

        :param attachment: as ``fetch`` returns it
        :raises StepError: it cannot be had at present
        """
        if int(attachment.get("size") or 0) > max_bytes:
            return None
        content = bytearray()
        # The address comes from Resend, and carries its own permission.
        adapter = WatchedAdapter(rules=AddressRules(trusted=True))
        try:
            with closing(adapter), requests.Session() as session:
                session.mount("http://", adapter)
                session.mount("https://", adapter)
                session.auth = lambda request: request
                with session.get(
                    str(attachment["download_url"]), timeout=self._client.timeout_s, stream=True
                ) as response:
                    response.raise_for_status()
                    for part in response.iter_content(_CHUNK_BYTES):
                        content += part
                        if len(content) > max_bytes:
                            return None
        except (requests.RequestException, KeyError) as error:
            raise StepError(
                f"An attachment of the email cannot be fetched from Resend: {type(error).__name__}.",
                code="resend-attachment",
            ) from error
        return File(
            str(attachment.get("filename") or ""),
            str(attachment.get("content_type") or DEFAULT_CONTENT_TYPE),
            bytes(content),
        )
