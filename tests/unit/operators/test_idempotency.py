"""One key for all tries of a step."""

from __future__ import annotations

import uuid
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.idempotency import idempotency_key

if TYPE_CHECKING:
    import pytest


def key(
    *, dag: str = "d", run: str = "r", task: str = "t", index: int = -1, try_number: int = 1, **kw: Any
) -> str:
    context: Any = {
        "dag_run": SimpleNamespace(dag_id=dag, run_id=run),
        "ti": SimpleNamespace(task_id=task, map_index=index, try_number=try_number),
    }
    return idempotency_key(context, **kw)


def test_all_tries_share_it() -> None:
    assert key(try_number=1) == key(try_number=2)
    assert str(uuid.UUID(key())) == key()


def test_everything_else_has_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [key(), key(dag="e"), key(run="s"), key(task="u"), key(index=0), key(part="page-2")]
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://staging.example")
    keys.append(key())
    assert len(set(keys)) == len(keys)


def test_names_cannot_run_into_each_other() -> None:
    assert key(dag="a", run="bc") != key(dag="ab", run="c")
