"""What outside packages test their node types with."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import Field, ValidationError

from flowforge_provider.exceptions import ExpressionValueError, StepError
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.nodes.spec import NodeType, Parameters
from flowforge_provider.nodes.templated import Templated
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.ports import PortOutput
from flowforge_provider.testing import find_faults, run_step


class CountParameters(Parameters):
    number: Templated[int] = Field(title="Number", description="What to count.")


class Count(NodeType):
    type = "acme.count"
    title = "Count"
    group = "Acme"
    icon = "hash"
    summary = "Counts."
    help = "Counts."
    parameters = CountParameters
    operator = "tests.unit.test_testing:CountOperator"
    example: ClassVar[dict[str, Any]] = {"parameters": {"number": 1}}


class CountOperator(FlowForgeOperator):
    @classmethod
    def parameters_model(cls) -> type[CountParameters]:
        return CountParameters

    def run(self, parameters: CountParameters, context: Any) -> Any:
        if parameters.number < 0:
            raise StepError("Below zero.", code="acme-below-zero")
        if parameters.number == 0:
            return PortOutput("zero", None)
        return {"next": parameters.number + 1, "try": context["ti"].try_number}


@pytest.mark.parametrize("node_type", get_registry().all(), ids=lambda item: item.type)
def test_our_own_node_types_have_no_faults(node_type: type[NodeType]) -> None:
    assert find_faults(node_type) == []


def test_a_step_runs_with_its_expressions_filled_in() -> None:
    result = run_step(
        Count, {"number": "{{ steps.a.n + trigger.body }}"}, trigger={"body": 2}, steps={"a": {"n": 3}}
    )
    assert result == ("success", {"next": 6, "try": 1}, {"number": 5})


def test_a_step_tells_its_port() -> None:
    assert run_step(Count, {"number": 0}).port == "zero"


def test_failures_are_those_of_a_run() -> None:
    with pytest.raises(StepError, match="Below zero"):
        run_step(Count, {"number": -1})
    with pytest.raises(ExpressionValueError):
        run_step(Count, {"number": "{{ steps.nobody.n }}"})
    with pytest.raises(ValidationError):
        run_step(Count, {"number": "many"})


class Untitled(Parameters):
    a: int = 1


def broken(**attributes: Any) -> type[NodeType]:
    return type("Broken", (Count,), attributes)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"type": "Acme Count"}, "is not lower-case words"),
        ({"parameters": Untitled, "example": {"parameters": {}}}, "Parameter a has no title"),
        ({"parameters": Untitled, "example": {"parameters": {}}}, "does not take Untitled"),
        ({"example": {}}, 'lacks "parameters"'),
        ({"example": {"parameters": {"number": "many"}}}, "does not fit the parameters"),
        ({"operator": "acme.nowhere:Operator"}, "cannot be imported"),
        ({"ports_for": classmethod(lambda _cls, given: given["x"])}, "put up with any JSON"),
    ],
)
def test_faults_are_told(attributes: dict[str, Any], told: str) -> None:
    assert any(told in fault for fault in find_faults(broken(**attributes)))
