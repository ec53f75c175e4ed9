"""
What tests of a node type need, without a running Airflow: for packages that add node types.

::

    from flowforge_provider.testing import find_faults, run_step

    def test_the_class_is_complete():
        assert find_faults(Greet) == []

    def test_it_greets():
        result = run_step(Greet, {"name": "{{ trigger.body.name }}"}, trigger={"body": {"name": "Ada"}})
        assert result.output == {"text": "Hello, Ada!"}
"""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowforge_provider.nodes.spec import NodeType

__all__ = ["StepRun", "find_faults", "run_step"]


class StepRun(NamedTuple):
    """
    How a step has ended.

    :param port: the port that it leaves by; of several, their ids joined by commas
    :param output: JSON that it hands on
    :param parameters: its parameters as JSON, expressions filled in
    """

    port: str
    output: Any
    parameters: dict[str, Any]


def run_step(
    node_type: type[NodeType],
    parameters: Mapping[str, Any],
    *,
    trigger: Mapping[str, Any] | None = None,
    steps: Mapping[str, Any] | None = None,
    variables: Mapping[str, Any] | None = None,
    try_number: int = 1,
) -> StepRun:
    """
    Fill in a node's expressions and run its operator in this process.

    Connections come from where Airflow finds them without a database: ``AIRFLOW_CONN_<ID>``.

    :param node_type: the class
    :param parameters: as in a graph
    :param trigger: what expressions see as ``trigger``: ``{"body": …}``
    :param steps: node id -> output of the steps before it
    :param variables: what expressions see as ``vars``
    :param try_number: number of the try, from 1
    :raises StepError: the step failed, or its output is not JSON
    :raises ExpressionError: an expression cannot be evaluated
    :raises pydantic.ValidationError: a parameter is wrong
    """
    from flowforge_provider.nodes.parameters import render_parameters
    from flowforge_provider.operators.output import to_json
    from flowforge_provider.operators.ports import SUCCESS, PortOutput
    from flowforge_provider.settings import max_output_bytes

    operator = _operator_class(node_type)(task_id="step", parameters=dict(parameters))
    run = SimpleNamespace(dag_id="test", run_id="test", conf={}, run_type="manual")
    data = {
        "trigger": {"type": "manual", "body": None, "headers": {}, "query": {}, **(trigger or {})},
        "steps": dict(steps or {}),
        "run": {"id": run.run_id, "workflow_id": run.dag_id, "try_number": try_number},
        "workflow": {"id": run.dag_id, "name": "Test", "revision": None, "timezone": "UTC"},
        "vars": dict(variables or {}),
    }
    rendered = render_parameters(operator.parameters_model(), operator.parameters, data)
    ti = SimpleNamespace(task_id="step", map_index=-1, try_number=try_number, max_tries=0)
    result = operator.run(rendered, {"dag_run": run, "task": operator, "ti": ti})
    port, output = (
        (",".join(result.ports), result.output) if isinstance(result, PortOutput) else (SUCCESS, result)
    )
    return StepRun(port, to_json(output, max_bytes=max_output_bytes()), rendered.model_dump(mode="json"))


def find_faults(node_type: type[NodeType]) -> list[str]:
    """
    Return what a node type lacks to be good in the palette, the form, the checks and at run time.

    :param node_type: the class; need not be installed
    :return: sentences that say what to do; empty when nothing is missing
    """
    from flowforge_provider.nodes.registry import Registry

    try:
        Registry([node_type])
    except ValueError as error:
        return [str(error)]
    return [*_model_faults(node_type), *_example_faults(node_type), *_operator_faults(node_type)]


def _model_faults(node_type: type[NodeType]) -> Iterator[str]:
    for name, field in node_type.parameters.model_fields.items():
        if not field.title:
            yield f"Parameter {name} has no title; the form shows it as the label."
        if not field.description:
            yield f"Parameter {name} has no description; the form shows it as help."
    junk: tuple[Any, ...] = (None, 1, "x", [], {})
    for value in junk:
        error = _error_of_methods(node_type, dict.fromkeys(node_type.parameters.model_fields, value))
        if error is not None:
            yield f"ports_for or check raises {error!r}; they must put up with any JSON as parameters."


def _error_of_methods(node_type: type[NodeType], parameters: Mapping[str, Any]) -> Exception | None:
    try:
        node_type.ports_for(parameters)
        list(node_type.check(parameters, upstream=["a"]))
    except Exception as error:
        return error
    return None


def _example_faults(node_type: type[NodeType]) -> Iterator[str]:
    from pydantic import ValidationError

    from flowforge_provider.exceptions import ExpressionError
    from flowforge_provider.nodes.parameters import render_parameters

    example = node_type.example
    if "parameters" not in example:
        yield 'The example lacks "parameters".'
        return
    try:
        render_parameters(node_type.parameters, example["parameters"], example.get("data", {}))
    except (ValidationError, ExpressionError) as error:
        yield f"The example does not fit the parameters: {error}"
    for problem in node_type.check(example["parameters"], upstream=["a"]):
        if problem.severity == "error":
            yield f"The example has an error in {problem.field or 'its parameters'}: {problem.message}"


def _operator_faults(node_type: type[NodeType]) -> Iterator[str]:
    if node_type.kind == "note":
        return
    try:
        operator_class = _operator_class(node_type)
    except (ImportError, AttributeError) as error:
        yield f"The operator {node_type.operator} cannot be imported: {error}"
        return
    if node_type.kind != "action":
        return
    given, taken = node_type.parameters.model_fields, operator_class.parameters_model().model_fields
    # Not the same model: the compiler shares the parameters of a loop out among its two ends.
    if given and not given.keys() & taken.keys():
        yield f"{node_type.operator} does not take {node_type.parameters.__name__} as its parameters."


def _operator_class(node_type: type[NodeType]) -> Any:
    module, _, name = node_type.operator.partition(":")
    return getattr(import_module(module), name)
