"""The front door as a process of its own, and a sender that keeps trying, as real senders do."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from flowforge_provider.dev.components import Component, airflow_command
from flowforge_provider.dev.ports import LOOPBACK, find_free_port
from tests.support.front_door import TOKEN_HEADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowforge_provider.dev.guard import Guard
    from tests.support.airflow import AirflowInstance

__all__ = ["FrontDoorProcess", "Sender", "send_all"]


class FrontDoorProcess:
    """
    ``airflow flowforge front-door`` on a free port of its own.

    :param instance: whose configuration and database it has
    :param workers: processes that it starts
    :param settings: (section, option) -> value; wins over the instance's
    """

    def __init__(
        self,
        instance: AirflowInstance,
        *,
        guard: Guard,
        workers: int = 1,
        settings: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        self.port = find_free_port()
        environment = dict(instance.environment)
        for (section, option), value in (settings or {}).items():
            environment[f"AIRFLOW__{section.upper()}__{option.upper()}"] = value
        self.component = Component(
            name="front-door",
            command=airflow_command(
                *("flowforge", "front-door", "--host", LOOPBACK, "--port", str(self.port)),
                *("--workers", str(workers)),
            ),
            environment=environment,
            log_path=instance.home / "logs" / f"front-door-{self.port}.log",
            guard=guard,
        )

    @property
    def url(self) -> str:
        """Base url, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, *, timeout_s: float = 120) -> None:
        """Start it and wait until it takes deliveries in."""
        self.component.start()
        deadline = time.monotonic() + timeout_s
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            if not self.component.is_running() or time.monotonic() > deadline:
                raise AssertionError(f"The front door did not open.\n{self.component.log_tail()}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a crash would."""
        self.component.kill()

    def stop(self) -> None:
        """Stop it as an administrator would."""
        self.component.stop()


@dataclass
class Sender:
    """
    What a sender knows that sends each delivery until it gets a 2xx.

    :param accepted: number of the delivery -> answer to it
    :param statuses: status -> number of answers with it
    :param unanswered: calls that got no answer at all
    :param without_retry_after: answers 503 that did not say when to come back
    """

    accepted: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    unanswered: int = 0
    without_retry_after: int = 0


async def send_all(
    url: Callable[[], str],
    *,
    count: int,
    callers: int,
    sender: Sender,
    path: str = "/flowforge/api/webhooks/orders",
    timeout_s: float = 240,
) -> None:
    """
    Send deliveries, each with a key of its own, until all are accepted.

    :param url: base url; asked before each call
    :param count: number of deliveries
    :param callers: how many are under way at once
    """
    numbers = iter(range(count))
    deadline = time.monotonic() + timeout_s

    async def call() -> None:
        async with httpx.AsyncClient(timeout=20) as client:
            for number in numbers:
                while number not in sender.accepted:
                    assert time.monotonic() < deadline, f"{len(sender.accepted)} of {count} were accepted"
                    await _send_once(client, f"{url()}{path}", number=number, sender=sender)

    await asyncio.gather(*(call() for _ in range(callers)))


async def _send_once(client: httpx.AsyncClient, url: str, *, number: int, sender: Sender) -> None:
    headers = {**TOKEN_HEADERS, "Idempotency-Key": f"order-{number}"}
    try:
        answer = await client.post(url, json={"number": number}, headers=headers)
    except httpx.TransportError:
        sender.unanswered += 1
        await asyncio.sleep(0.1)
        return
    sender.statuses[answer.status_code] = sender.statuses.get(answer.status_code, 0) + 1
    if answer.is_success:
        sender.accepted[number] = answer.json()
        return
    assert answer.status_code == 503, answer.text
    sender.without_retry_after += "retry-after" not in answer.headers
    await asyncio.sleep(0.2)
