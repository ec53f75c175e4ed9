"""A Celery broker that is away is told, without its credentials, and is not asked by everybody."""

from __future__ import annotations

import pytest

from flowforge_provider.queue import broker
from flowforge_provider.queue.broker import Broker, Worker


@pytest.fixture(autouse=True)
def _celery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "redis://:secret@127.0.0.1:1/0")
    monkeypatch.setattr(broker, "_kept", None)


def test_without_celery_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    assert broker.read_broker() is None


def test_a_broker_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "_ask_workers", lambda: [Worker("w1", 1, 2, 8, ["default", "slow"])])
    found = broker.read_broker()
    assert found is not None
    assert (found.status, found.depths) == ("unreachable", {})
    assert "Error" in str(found.error)
    assert [worker.name for worker in found.workers] == ["w1"]


def test_credentials_are_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> list[Worker]:
        raise ConnectionError("redis://:secret@127.0.0.1:1/0 refused")

    monkeypatch.setattr(broker, "_ask_workers", fail)
    found = broker.read_broker()
    assert found is not None
    assert (found.status, "secret" in str(found.error)) == ("unreachable", False)


def test_many_callers_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask() -> Broker:
        asked.append(1)
        return Broker("ok", depths={"default": 3})

    monkeypatch.setattr(broker, "ask_broker", ask)
    assert broker.read_broker() is broker.read_broker()
    assert len(asked) == 1


def test_another_kind_of_broker_has_workers_and_no_depths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "amqp://guest@127.0.0.1:1//")
    monkeypatch.setattr(broker, "_ask_workers", list)
    found = broker.read_broker()
    assert found is not None
    assert found.status == "unsupported"
