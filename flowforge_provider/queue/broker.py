"""
The Celery broker and its workers: how many messages wait, who takes them.

Asked at most every few seconds, by one caller at a time, with short timeouts. A broker that is away is
something to tell, never an error: Airflow's database knows all that matters.
"""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

__all__ = ["Broker", "Worker", "executor_name", "read_broker", "uses_celery"]

KEPT_S = 5.0
_TIMEOUT_S = 1.5
_LONGEST_S = 10.0
# Kombu keeps messages of a priority in a list of its own (kombu.transport.redis).
_PRIORITY_SEPARATOR = "\x06\x16"
_PRIORITY_STEPS = (3, 6, 9)
_CREDENTIALS = re.compile(r"://[^@/\s]*@")


@dataclass(frozen=True)
class Worker:
    """A worker that answered in time."""

    name: str
    active: int
    reserved: int
    concurrency: int | None
    queues: list[str]


@dataclass(frozen=True)
class Broker:
    """
    What the broker said.

    :param status: ok, unreachable, or unsupported for brokers other than Redis
    :param depths: queue -> messages that no worker has taken
    """

    status: str
    error: str | None = None
    depths: dict[str, int] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)
    checked_at: datetime = field(default_factory=lambda: datetime.now(tz=timezone.utc))


def executor_name() -> str:
    """Return the executor or executors as configured."""
    from airflow.configuration import conf

    return conf.get("core", "executor", fallback="LocalExecutor")


def uses_celery() -> bool:
    """Return whether Celery is one of the executors."""
    return "celery" in executor_name().lower()


_lock = threading.Lock()
_kept: tuple[float, Broker] | None = None


def read_broker() -> Broker | None:
    """
    Return what the broker said some seconds ago at most; None when Celery is no executor.

    Blocks for a few seconds at worst; never raises.
    """
    global _kept  # noqa: PLW0603 - one a process is the point
    if not uses_celery():
        return None
    kept = _kept
    if kept is not None and time.monotonic() - kept[0] <= KEPT_S:
        return kept[1]
    # Who has an old answer does not wait for a new one that another caller is asking for.
    if not _lock.acquire(timeout=0 if kept is not None else _LONGEST_S):
        return kept[1] if kept is not None else Broker("unreachable", error="It is still being asked.")
    try:
        if _kept is None or time.monotonic() - _kept[0] > KEPT_S:
            _kept = (time.monotonic(), ask_broker())
        return _kept[1]
    finally:
        _lock.release()


def ask_broker() -> Broker:
    """Ask the broker and the workers now."""
    from airflow.configuration import conf

    url = conf.get("celery", "broker_url", fallback="")
    try:
        workers = _ask_workers()
    except Exception as exc:
        return Broker("unreachable", error=_tell(exc))
    names = {conf.get("operators", "default_queue", fallback="default")}
    names |= {queue for worker in workers for queue in worker.queues}
    if not url.startswith(("redis://", "rediss://", "unix://")):
        return Broker("unsupported", error="Depths are known of Redis brokers only.", workers=workers)
    try:
        depths = _ask_redis(url, sorted(names))
    except Exception as exc:
        return Broker("unreachable", error=_tell(exc), workers=workers)
    return Broker("ok", depths=depths, workers=workers)


def _ask_redis(url: str, names: list[str]) -> dict[str, int]:
    import redis

    client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
    try:
        pipeline = client.pipeline(transaction=False)
        for name in names:
            pipeline.llen(name)
            for step in _PRIORITY_STEPS:
                pipeline.llen(f"{name}{_PRIORITY_SEPARATOR}{step}")
        lengths = pipeline.execute()
    finally:
        client.close()
    width = 1 + len(_PRIORITY_STEPS)
    return {name: sum(lengths[place * width : (place + 1) * width]) for place, name in enumerate(names)}


def _ask_workers() -> list[Worker]:
    from airflow.providers.celery.executors.celery_executor_utils import app

    # Without a bound, kombu would try for ever to reach a broker that is away.
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=_TIMEOUT_S)
        inspect = app.control.inspect(timeout=_TIMEOUT_S, connection=connection)
        stats: dict[str, Any] = inspect.stats() or {}
        if not stats:
            return []
        active: dict[str, Any] = inspect.active() or {}
        reserved: dict[str, Any] = inspect.reserved() or {}
        queues: dict[str, Any] = inspect.active_queues() or {}
    return [
        Worker(
            name=name,
            active=len(active.get(name) or ()),
            reserved=len(reserved.get(name) or ()),
            concurrency=((stats[name] or {}).get("pool") or {}).get("max-concurrency"),
            queues=sorted(queue["name"] for queue in queues.get(name) or ()),
        )
        for name in sorted(stats)
    ]


def _tell(exc: Exception) -> str:
    """Return an error without the credentials that a broker's address may hold."""
    return _CREDENTIALS.sub("://***@", f"{type(exc).__name__}: {exc}")[:500]
