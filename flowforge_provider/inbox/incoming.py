"""One call at the front door, apart from any web framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flowforge_provider.runs.ids import ExecutionId

__all__ = ["Answer", "Evidence", "Incoming", "Wait"]


@dataclass(frozen=True)
class Incoming:
    """
    A call as it came in.

    :param path: what follows the workflow's id in the address, without slashes at either end; mostly empty
    :param url: the address as the sender called it, with its query; some vendors sign it
    :param headers: lower-case name -> value; repeated headers are joined by a comma
    :param query: in the sender's order
    :param client: address of the sender; None when the server does not tell
    :param body: empty until it has been read
    """

    method: str
    workflow_id: str
    path: str
    url: str
    headers: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    client: str | None
    received_at: datetime
    body: bytes = b""


@dataclass(frozen=True)
class Evidence:
    """
    What the check of a sender has found out.

    :param secret_headers: lower-case names of headers whose values are not to be stored
    :param delivery_id: the sender's own name of this delivery, which it repeats when it sends it again
    :param signs_id: nobody else can give the delivery another name
    """

    secret_headers: frozenset[str] = frozenset()
    delivery_id: str | None = None
    signs_id: bool = False


@dataclass(frozen=True)
class Wait:
    """
    What a caller waits for.

    :param for_step: a Respond step is enough; else the end of the run
    :param limit_s: seconds that it waits
    """

    execution: ExecutionId
    for_step: bool
    limit_s: float


@dataclass(frozen=True)
class Answer:
    """
    What the sender is told.

    :param body: JSON, or bytes that are sent as they are
    :param headers: with ``content-type`` where the body is bytes
    :param wait: the sender is told something else if this comes out in time
    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: Wait | None = None
