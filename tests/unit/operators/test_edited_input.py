"""An edited input in place of what a step's own expressions give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flowforge_provider.exceptions import ExpressionError, StepError
from flowforge_provider.operators.edited_input import edited_input, render_edited
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.runs.sealed import seal

DATA: dict[str, Any] = {
    "trigger": {"body": {"id": 7, "key": "s3cret"}},
    "steps": {},
    "run": {},
    "workflow": {},
    "vars": {},
}


@pytest.fixture
def operator() -> HttpOperator:
    return HttpOperator(
        task_id="ask",
        url="https://shop.test/{{ trigger.body.id }}",
        headers=[
            {"name": "X-Api-Key", "value": "{{ trigger.body.key }}"},
            {"name": "Accept", "value": "*/*"},
        ],
    )


def test_what_is_left_out_is_filled_in_as_ever(operator: HttpOperator) -> None:
    rendered = render_edited(operator, DATA, {"method": "POST"})
    assert (rendered.method, rendered.url) == ("POST", "https://shop.test/7")  # type: ignore[attr-defined]


def test_expressions_in_it_are_texts(operator: HttpOperator) -> None:
    rendered = render_edited(operator, DATA, {"url": "https://shop.test/{{ trigger.body.key }}"})
    url = rendered.url  # type: ignore[attr-defined]
    assert url == "https://shop.test/{{ trigger.body.key }}"
    assert type(url) is str


def test_a_hidden_value_stands_for_the_steps_own(operator: HttpOperator) -> None:
    headers = [{"name": "Accept", "value": "text/html"}, {"name": "X-Api-Key", "value": "***"}]
    rendered = render_edited(operator, DATA, {"headers": headers})
    found = {header.name: header.value for header in rendered.headers}  # type: ignore[attr-defined]
    assert found == {"Accept": "text/html", "X-Api-Key": "s3cret"}


def test_an_expression_that_failed_is_mended_by_editing_it_away(operator: HttpOperator) -> None:
    data = {**DATA, "trigger": {"body": {"key": "k"}}}
    with pytest.raises(ExpressionError):
        render_edited(operator, data, {"method": "POST"})
    rendered = render_edited(operator, data, {"url": "https://shop.test/8"})
    assert rendered.url == "https://shop.test/8"  # type: ignore[attr-defined]


def test_it_is_checked_like_any_other_parameters(operator: HttpOperator) -> None:
    with pytest.raises(StepError) as raised:
        render_edited(operator, DATA, {"method": "FETCH"})
    assert raised.value.error_code == "wrong-parameter"


def context_of(conf: Any, *, task_id: str = "ask", run_id: str = "rerun__1") -> Any:
    run = SimpleNamespace(dag_id="orders", run_id=run_id, conf=conf)
    return {"dag_run": run, "ti": SimpleNamespace(task_id=task_id)}


def test_it_is_for_one_task_of_one_run_and_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-the-tests-alone-" * 3)
    value = {"url": "https://shop.test/8", "timeout": 1e22}
    sealed = seal(value, purpose="input:ask", dag_id="orders", run_id="rerun__1")
    conf = {"flowforge_rerun": {"of": "x", "task_id": "ask", "input": sealed}}
    assert edited_input(context_of(conf)) == value
    assert edited_input(context_of(conf, task_id="other")) is None
    assert edited_input(context_of({})) is None
    assert edited_input(context_of(None)) is None
    moved = {"flowforge_rerun": {**conf["flowforge_rerun"], "task_id": "other"}}
    for context in (
        context_of(conf, run_id="rerun__2"),
        context_of(moved, task_id="other"),
        context_of({"flowforge_rerun": {"task_id": "ask", "input": value}}),
    ):
        with pytest.raises(StepError) as raised:
            edited_input(context)
        assert raised.value.error_code == "conf-not-sealed"
