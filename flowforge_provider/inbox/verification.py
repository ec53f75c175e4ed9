"""
Whether a webhook may start a workflow: by the publication that is live, and by the token of its connection.

What was read once is used again, so that the usual delivery costs no query of its own. A delivery is never
refused on the word of such a memory: then everything is read anew. And it is never accepted on the word of an
outdated publication: the writer compares ``seq`` in the transaction that accepts.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.inbox.errors import WebhookTokenError
from flowforge_provider.runs.published import PublishedWorkflow, read_published

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

    from flowforge_provider.nodes.builtin.webhook import WebhookParameters
    from flowforge_provider.runs.database import Database

__all__ = ["Verified", "WebhookVerifier"]

log = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds for which a token that was replaced in its connection still opens the door.
_TOKEN_LIFETIME_S = 5.0
_MEMORY_SIZE = 1000


@dataclass(frozen=True)
class Verified:
    """
    A sender that may start the workflow.

    :param token_header: lower-case name of the header that carried the token; None without one
    """

    published: PublishedWorkflow
    token_header: str | None


@dataclass(frozen=True)
class _Door:
    """How one publication of a workflow is entered."""

    published: PublishedWorkflow
    header: str | None
    connection_id: str


class WebhookVerifier:
    """
    Verify senders without blocking the event loop.

    :param database: where workflows are
    :param executor: few threads, which bound how many lookups run at once
    :param read_token: connection id -> token; None when there is no such connection
    """

    def __init__(
        self,
        *,
        database: Database,
        executor: Executor,
        read_token: Callable[[str], str | None] | None = None,
    ) -> None:
        self._database = database
        self._executor = executor
        self._read_token = read_token or read_connection_password
        self._doors: dict[str, _Door] = {}
        self._tokens: dict[str, tuple[str | None, float]] = {}
        self._lock = threading.Lock()

    async def verify(
        self, workflow_id: str, headers: Mapping[bytes, bytes], *, fresh: bool = False
    ) -> Verified | None:
        """
        Return what the sender may start; None when the token is wrong or missing.

        :param headers: lower-case name -> value
        :param fresh: read everything anew
        :raises NotFoundError: no such workflow is published with a webhook; code ``webhook-not-found``
        :raises WebhookTokenError: the workflow asks for a token that cannot be read here
        """
        if not fresh:
            door = self._doors.get(workflow_id)
            if door is not None:
                token = self._remembered_token(door)
                if door.header is None or (token and _matches(headers, door.header, token)):
                    return Verified(door.published, door.header)
        door = await self._in_thread(lambda: self._read_door(workflow_id))
        if door.header is None:
            return Verified(door.published, None)
        if not headers.get(door.header.encode("latin-1")):
            return None
        token = self._remembered_token(door)
        if not token or not _matches(headers, door.header, token):
            connection_id = door.connection_id
            token = await self._in_thread(lambda: self._read_token(connection_id))
            if not token:
                error = WebhookTokenError(
                    f'The token of workflow "{workflow_id}" cannot be read: '
                    f'connection "{connection_id}" does not exist or has no password.'
                )
                # Senders are not told the connection's id; who runs this Airflow needs it.
                log.warning("Webhook refused: %s", error)
                raise error
            self._remember_token(connection_id, token)
        return Verified(door.published, door.header) if _matches(headers, door.header, token) else None

    def forget(self, workflow_id: str) -> None:
        """Read the workflow's publication anew at its next delivery."""
        with self._lock:
            self._doors.pop(workflow_id, None)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _read_door(self, workflow_id: str) -> _Door:
        self.forget(workflow_id)
        try:
            with self._database.session("read") as session:
                published = read_published(workflow_id, session)
        except (NotFoundError, ConflictError) as exc:
            log.debug("Webhook refused: %s", exc)
            raise _no_webhook(workflow_id) from exc
        if published.trigger_type != "webhook":
            raise _no_webhook(workflow_id)
        parameters = _parameters(published)
        with_token = parameters.authentication == "header_token"
        door = _Door(
            published=published,
            header=parameters.header_name.lower() if with_token else None,
            connection_id=parameters.connection_id,
        )
        with self._lock:
            if len(self._doors) >= _MEMORY_SIZE:
                self._doors.clear()
            self._doors[workflow_id] = door
        return door

    def _remembered_token(self, door: _Door) -> str | None:
        token, until = self._tokens.get(door.connection_id, (None, 0.0))
        return token if time.monotonic() < until else None

    def _remember_token(self, connection_id: str, token: str) -> None:
        with self._lock:
            if len(self._tokens) >= _MEMORY_SIZE:
                self._tokens.clear()
            self._tokens[connection_id] = (token, time.monotonic() + _TOKEN_LIFETIME_S)


def read_connection_password(connection_id: str) -> str | None:
    """
    Return the password of an Airflow connection, from whichever secrets backend has it; None when there is
    none.

    :param connection_id: its id
    """
    from airflow.models.connection import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    if not connection_id:
        return None
    try:
        connection: Any = Connection.get_connection_from_secrets(connection_id)
    except AirflowNotFoundException:
        return None
    password: str | None = connection.password
    return password or None


def _parameters(published: PublishedWorkflow) -> WebhookParameters:
    from flowforge_provider.nodes.builtin.webhook import WebhookParameters

    return WebhookParameters.model_validate(dict(published.trigger_parameters))


def _matches(headers: Mapping[bytes, bytes], name: str, token: str) -> bool:
    given = headers.get(name.encode("latin-1"))
    return given is not None and hmac.compare_digest(given, token.encode("utf-8"))


def _no_webhook(workflow_id: str) -> NotFoundError:
    # The same answer for all reasons: strangers need not learn which workflows there are.
    return NotFoundError(
        f'No published workflow "{workflow_id[:250]}" has a webhook.', code="webhook-not-found"
    )
