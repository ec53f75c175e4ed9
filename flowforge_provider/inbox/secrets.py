"""Secrets of webhooks: Airflow connections from any secrets backend, remembered for seconds."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor

__all__ = ["Secret", "Secrets", "read_secret"]

# Seconds for which a secret that was replaced in its connection still opens the door.
LIFETIME_S = 5.0
_MEMORY_SIZE = 1000


@dataclass(frozen=True)
class Secret:
    """
    What a connection holds.

    :param values: the secrets that count at present, the newest first: the password, and the one before it
        while it is being replaced (``previous_secret`` in the connection's extra fields)
    :param login: the connection's login
    :param extra: the connection's extra fields
    """

    values: tuple[str, ...]
    login: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


class Secrets:
    """
    Read secrets without blocking the event loop.

    :param executor: few threads, which bound how many lookups run at once
    :param read: connection id -> secret; None when there is no such connection
    """

    def __init__(self, *, executor: Executor, read: Callable[[str], Secret | None] | None = None) -> None:
        self._executor = executor
        self._read = read or read_secret
        self._memory: OrderedDict[str, tuple[Secret | None, float]] = OrderedDict()
        self._lock = threading.Lock()

    def remembered(self, connection_id: str) -> Secret | None:
        """Return what was read within the last seconds; None when nothing was."""
        secret, until = self._memory.get(connection_id, (None, 0.0))
        return secret if time.monotonic() < until else None

    async def read(self, connection_id: str) -> Secret | None:
        """Read a secret anew; None when there is no such connection."""
        loop = asyncio.get_running_loop()
        secret = await loop.run_in_executor(self._executor, self._read, connection_id)
        if secret is not None:
            with self._lock:
                self._memory[connection_id] = (secret, time.monotonic() + LIFETIME_S)
                while len(self._memory) > _MEMORY_SIZE:
                    self._memory.popitem(last=False)
        return secret


def read_secret(connection_id: str) -> Secret | None:
    """
    Return what an Airflow connection holds; None when there is no such connection.

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
    extra = connection.extra_dejson
    extra = extra if isinstance(extra, dict) else {}
    previous = extra.get("previous_secret")
    values = (connection.password, previous if isinstance(previous, str) else None)
    return Secret(tuple(value for value in values if value), login=connection.login or None, extra=extra)
