from __future__ import annotations

import threading

import pytest

from flowforge_provider.api.services import health
from flowforge_provider.checks import Check


@pytest.fixture
def keeper() -> health._Keeper:
    return health._Keeper()


def test_a_report_is_kept_for_some_seconds(keeper: health._Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def checks() -> list[Check]:
        calls.append(1)
        return [Check(code="x", status="error", message="Broken.", fix="Mend it.")]

    monkeypatch.setattr(health, "run_checks", checks)
    report = keeper.read(kept_s=100)
    assert keeper.read(kept_s=100) is report
    assert len(calls) == 1
    assert keeper.read(kept_s=0) is not report
    assert report.problems == [("x", "Broken. Mend it.")]
    assert (report.is_ok("x"), report.is_ok("other")) == (False, None)


def test_nobody_waits_for_checks_that_hang(keeper: health._Keeper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "run_checks", list)
    old = keeper.read(kept_s=0)
    hanging, free = threading.Event(), threading.Event()

    def hang() -> list[Check]:
        hanging.set()
        free.wait(10)
        return []

    monkeypatch.setattr(health, "run_checks", hang)
    first = threading.Thread(target=keeper.read, kwargs={"kept_s": 0})
    first.start()
    assert hanging.wait(10)
    assert keeper.read(kept_s=0) is old
    free.set()
    first.join(10)
    assert keeper.read(kept_s=100) is not old
