"""A step by itself: what its operator finds in place of the steps before it, and who may say what it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from flowforge_provider.exceptions import StepError
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.operators.step_context import build_step, operator_class
from flowforge_provider.operators.step_test import StepTestOperator
from flowforge_provider.runs.sealed import seal, unseal
from flowforge_provider.step_tests.document import TestDocument


def make_context(conf: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
    pushed: dict[str, Any] = {}

    def push(*, key: str, value: Any) -> None:
        pushed[key] = value

    ti = SimpleNamespace(xcom_push=push, start_date=None, try_number=1)
    run = SimpleNamespace(
        dag_id="flowforge.step-test",
        run_id="test__1",
        run_after=None,
        logical_date=None,
        start_date=None,
        conf=conf,
    )
    return {"ti": ti, "dag_run": run}, pushed


def make_test(node_type: str, parameters: dict[str, Any], **fields: Any) -> TestDocument:
    found = get_registry().get(node_type, 1)
    return TestDocument(
        **{
            "workflow_id": "orders",
            "workflow_name": "Orders",
            "timezone": "UTC",
            "variables": {"rate": 3},
            "node_id": "step",
            "operator": found.operator,
            "parameters": parameters,
            "timeout_s": 10,
            "before": {"step": ["start"], "start": []},
            "triggers": {"start": "manual"},
            "data": {"trigger": {"type": "manual", "id": "start", "body": {"q": 2}}, "steps": {}},
            **fields,
        }
    )


def told(expression: str, **fields: Any) -> Any:
    """Return what an expression gives in a tested step."""
    field = {"name": "told", "value": "{{ " + expression + " }}"}
    operations = [{"operation": "set_fields", "fields": [field]}]
    return run(make_test("transform", {"input": {}, "operations": operations}, **fields))["told"]


def run(test: TestDocument) -> Any:
    context, _ = make_context()
    operator, inner = build_step(test, context)
    return operator.finish(operator.begin(inner)).output


STEPS = {
    "before": {"step": ["left", "right"], "left": ["start"], "right": ["start"], "start": []},
    "data": {"trigger": {"type": "manual", "body": {}}, "steps": {"left": {"a": 1}, "right": [2, 3]}},
}


def test_expressions_see_the_sample_data_and_their_own_workflow() -> None:
    assert told("trigger.body.q * vars.rate") == 6
    assert told("workflow.id ~ ' ' ~ workflow.name") == "orders Orders"
    assert told("run.workflow_id") == "orders"
    assert told("steps.left.a + steps.right[1]", **STEPS) == 4
    assert told("steps | length", **STEPS) == 2


def test_steps_that_take_what_leads_to_them_find_it() -> None:
    assert run(make_test("merge", {}, **STEPS)) == {"left": {"a": 1}, "right": [2, 3]}
    limit = {"operations": [{"operation": "limit", "count": 1}]}
    one = {**STEPS, "before": {"step": ["right"], "right": ["start"], "start": []}}
    assert run(make_test("transform", limit, **one)) == [2]
    # Of a trigger it is the payload.
    data = {"trigger": {"type": "manual", "body": [7, 8]}, "steps": {}}
    assert run(make_test("transform", limit, data=data)) == [7]


def test_a_step_in_a_loop_has_an_item() -> None:
    loop = {
        "loop": "each",
        "before": {"step": ["each"], "each": ["start"], "start": []},
        "data": {"trigger": {}, "steps": {}, "item": {"id": 5}, "item_index": 2},
    }
    assert told("[item.id, item_index, steps.each.id]", **loop) == [5, 2, 5]


def test_a_branch_tells_its_port() -> None:
    condition = {"mode": "expression", "expression": "{{ trigger.body.q > 1 }}"}
    context, _ = make_context()
    operator, inner = build_step(make_test("if", {"conditions": condition}), context)
    assert operator.finish(operator.begin(inner)).ports == ("true",)


def execute(test: TestDocument, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, dict[str, Any]]:
    monkeypatch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-the-tests-alone-" * 3)
    value = test.model_dump(mode="json")
    sealed = seal(value, purpose="step-test", dag_id="flowforge.step-test", run_id="test__1")
    context, pushed = make_context({"flowforge_step_test": sealed})
    return StepTestOperator(task_id="step"), {"context": context, "pushed": pushed}


def test_input_output_and_error_are_recorded_as_those_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    field = {"name": "password", "value": "{{ trigger.body.q }}x"}
    parameters = {"input": {}, "operations": [{"operation": "set_fields", "fields": [field]}]}
    operator, made = execute(make_test("transform", parameters), monkeypatch)
    assert operator.execute(made["context"]) == {"password": "2x"}
    assert made["pushed"]["flowforge_ports"] == ["success"]
    # Names that sound secret are masked, as in a run.
    assert made["pushed"]["flowforge_input"]["operations"][0]["fields"][0]["value"] == "***"

    wrong = make_test("transform", {"input": "{{ trigger.body.nothing.at_all }}", "operations": []})
    operator, made = execute(wrong, monkeypatch)
    with pytest.raises(AirflowFailException, match="nothing"):
        operator.execute(made["context"])
    assert made["pushed"]["flowforge_error"]["code"] == "expression-value"
    assert "flowforge_ports" not in made["pushed"]


def test_only_what_flowforge_has_signed_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    operator, made = execute(make_test("merge", {}), monkeypatch)
    context = made["context"]
    sealed = context["dag_run"].conf["flowforge_step_test"]
    for conf in (
        None,
        {},
        {"flowforge_step_test": {**sealed, "json": sealed["json"].replace("orders", "others")}},
        {"flowforge_step_test": {"json": sealed["json"]}},
    ):
        context["dag_run"].conf = conf
        with pytest.raises(StepError) as raised:
            operator.execute(context)
        assert raised.value.error_code == "conf-not-sealed"
    # Nor what was signed for another run.
    with pytest.raises(StepError):
        unseal(sealed, purpose="step-test", dag_id="flowforge.step-test", run_id="test__2")


def test_only_steps_of_flowforge_can_be_tested() -> None:
    for name in ("manual", "nothing"):
        with pytest.raises(StepError) as raised:
            operator_class(name, 1)
        assert raised.value.error_code == "step-not-testable"
