"""Check the input that somebody has edited before running an execution again from a step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.shape import describe_error
from flowforge_provider.nodes.describe import parameters_schema
from flowforge_provider.nodes.parameters import dotted
from flowforge_provider.nodes.registry import get_registry
from flowforge_provider.nodes.templated import TEMPLATE_FOUND, verbatim
from flowforge_provider.runs.masking import HIDDEN, mask
from flowforge_provider.runs.steps import INPUT_KEY, read_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from flowforge_provider.graph.models import Node
    from flowforge_provider.nodes.spec import NodeType, Parameters

__all__ = ["check_edited_input", "editable_input"]


def editable_input(task_id: str, *, run_pk: int, session: Session) -> dict[str, Any] | None:
    """
    Return the input that a step had, with secrets masked; None where there is none, or not all of it.

    :param run_pk: the Dag run's ``id``
    """
    for _, _, value in read_values([task_id], INPUT_KEY, run_pk=run_pk, map_index=-1, session=session):
        if isinstance(value, dict) and value.get("truncated") is not True:
            found: dict[str, Any] = mask(value)
            return found
    return None


def check_edited_input(
    node: Node, edited: Any, *, original: Mapping[str, Any] | None
) -> tuple[dict[str, Any] | None, list[Issue]]:
    """
    Return the parameters that were really changed, and everything that is wrong with them.

    :param node: the step as its revision has it
    :param edited: what was sent
    :param original: the masked input of the earlier execution; a value that is equal to it was not changed
    :return: the first is None where nothing was changed
    """
    if not isinstance(edited, dict):
        return None, [_issue(node, "", "It must be an object from the names of parameters to their values.")]
    known = original or {}
    changed = {
        name: value for name, value in edited.items() if name not in known or not _same(value, known[name])
    }
    if not changed:
        return None, []
    node_type = get_registry().find(node.type, node.type_version)
    if node_type is None:
        return None, [_issue(node, "", f'The node type "{node.type}" is not installed here.')]
    model = _model_of(node_type)
    issues = list(_model_issues(node, model, changed))
    issues += _hidden_issues(node, changed, known)
    issues += _connection_issues(node, model, changed, known)
    if not issues:
        issues += [
            _issue(node, problem.field, problem.message, code=problem.code)
            for problem in node_type.check({**node.parameters, **changed}, upstream=())
            if problem.severity == "error" and problem.field.partition(".")[0] in changed
        ]
    return changed, issues


def _model_of(node_type: type[NodeType]) -> type[Parameters]:
    from flowforge_provider.nodes.builtin.for_each import ForEach, ItemsParameters

    # A loop begins with the task that makes its batches.
    return ItemsParameters if issubclass(node_type, ForEach) else node_type.parameters


def _model_issues(node: Node, model: type[Parameters], changed: Mapping[str, Any]) -> Iterator[Issue]:
    try:
        model.model_validate({**node.parameters, **verbatim(dict(changed))}, context={"find": True})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            # What the step's own expressions give is checked when they are filled in.
            is_own = detail["loc"] and str(detail["loc"][0]) not in changed
            if detail["type"] != TEMPLATE_FOUND and not is_own and detail["input"] != HIDDEN:
                yield _issue(node, dotted(detail["loc"]), describe_error(detail))


def _hidden_issues(node: Node, changed: Any, known: Any, path: str = "") -> Iterator[Issue]:
    """Yield where a hidden value stands that hides nothing."""
    if changed == HIDDEN and known != HIDDEN:
        yield _issue(
            node,
            path,
            f"{HIDDEN} stands for a value that the earlier execution hides, and here it hides none. Enter "
            "the value.",
            code="rerun-hidden-value",
        )
    elif isinstance(changed, dict):
        for key, item in changed.items():
            below = known.get(key) if isinstance(known, dict) else None
            yield from _hidden_issues(node, item, below, f"{path}.{key}" if path else str(key))
    elif isinstance(changed, list):
        for index, item in enumerate(changed):
            yield from _hidden_issues(node, item, _counterpart(known, index, item), f"{path}.{index}")


def _counterpart(known: Any, index: int, item: Any) -> Any:
    if not isinstance(known, list):
        return None
    if isinstance(item, dict) and isinstance(item.get("name"), str):
        named = (each for each in known if isinstance(each, dict) and each.get("name") == item["name"])
        return next(named, None)
    return known[index] if index < len(known) else None


def _connection_issues(
    node: Node, model: type[Parameters], changed: Mapping[str, Any], known: Mapping[str, Any]
) -> Iterator[Issue]:
    """Yield where another connection is named: which ones a workflow uses is its publisher's choice."""
    names = set(_connection_fields(parameters_schema(model)))
    usual = {value for _, value in _values_of(names, [node.parameters, dict(known)])}
    for path, value in _values_of(names, dict(changed)):
        if value not in usual and value not in ("", None):
            yield _issue(
                node,
                path,
                "The connection is the workflow's own and cannot be exchanged here. Edit the workflow, and "
                "run again on the latest revision.",
                code="rerun-connection",
            )


def _connection_fields(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, field in (schema.get("properties") or {}).items():
            if isinstance(field, dict) and ("x-conn-types" in field or field.get("x-widget") == "connection"):
                yield name
        for value in schema.values():
            yield from _connection_fields(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _connection_fields(value)


def _values_of(names: set[str], value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{key}" if path else str(key)
            if key in names and isinstance(item, str):
                yield below, item
            else:
                yield from _values_of(names, item, below)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values_of(names, item, f"{path}.{index}" if path else str(index))


def _same(left: Any, right: Any) -> bool:
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _issue(node: Node, path: str, message: str, *, code: str = "wrong-parameter") -> Issue:
    where = f"input.{path}" if path else "input"
    return Issue(code=code, message=f'Node "{node.label}", {where}: {message}', node_id=node.id, field=where)
