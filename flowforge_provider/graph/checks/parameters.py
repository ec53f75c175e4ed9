"""The parameters of each node, against the model of its type."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowforge_provider.graph import codes
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.shape import describe_error
from flowforge_provider.nodes.parameters import dotted, find_field, find_templates, inspect_parameters
from flowforge_provider.nodes.templated import OPEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from flowforge_provider.graph.checks.subject import Subject
    from flowforge_provider.graph.models import Node
    from flowforge_provider.nodes.parameters import Template
    from flowforge_provider.nodes.spec import NodeType

_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
_KINDS = {"missing": codes.MISSING_PARAMETER, "extra_forbidden": codes.UNKNOWN_PARAMETER}


def check_parameters(
    subject: Subject, node: Node, node_type: type[NodeType]
) -> tuple[list[Issue], list[Template]]:
    """
    Return what is wrong with a node's parameters, and the templates that they hold.

    :param subject: the graph that the node is in
    :param node: the node
    :param node_type: its type
    """
    templates, errors = inspect_parameters(node_type.parameters, node.parameters)
    issues = [_from_error(node, node_type, detail) for detail in errors]
    wrong = {issue.field for issue in issues}
    for problem in node_type.check(node.parameters, upstream=subject.preceding[node.id]):
        field = f"parameters.{problem.field}" if problem.field else "parameters"
        if field not in wrong:
            issues.append(
                Issue(
                    code=problem.code,
                    message=f'Node "{node.label}": {problem.message}',
                    severity=problem.severity,
                    node_id=node.id,
                    field=field,
                )
            )
    issues.extend(_useless_templates(node, node_type, templates, wrong))
    return issues, templates


def _from_error(node: Node, node_type: type[NodeType], detail: ErrorDetails) -> Issue:
    path = dotted(detail["loc"])
    name = f'"{_title(node_type, detail["loc"])}"' if path else "the parameters"
    kind = detail["type"]
    code = kind if kind in codes.ALL_CODES else _KINDS.get(kind, codes.WRONG_PARAMETER)
    if kind == "missing":
        text = f"{name} is missing. Give it a value."
    elif kind == "extra_forbidden":
        known = ", ".join(node_type.parameters.model_fields)
        what = f'"{path}" is not a parameter of {node_type.type}. Remove it'
        text = f"{what}, or use one of: {known}." if len(detail["loc"]) == 1 else f"{what}."
    else:
        text = f"{name}: {describe_error(detail)}"
    return Issue(
        code=code,
        message=f'Node "{node.label}": {text}',
        node_id=node.id,
        field=f"parameters.{path}" if path else "parameters",
    )


def _title(node_type: type[NodeType], location: tuple[int | str, ...]) -> str:
    """Return what the form calls a field: its title, and its place inside when it is in a list."""
    field = node_type.parameters.model_fields.get(str(location[0]))
    title = field.title if field is not None and field.title else str(location[0])
    rest = [str(part + 1) if isinstance(part, int) else part for part in location[1:]]
    return " ".join([title, *rest])


def _useless_templates(
    node: Node, node_type: type[NodeType], templates: list[Template], wrong: set[str | None]
) -> Iterator[Issue]:
    """Yield warnings about braces that look like expressions, in places where they are plain text."""
    rendered = {template.path for template in templates}

    def literal(path: str) -> bool:
        field = find_field(node_type.parameters, path)
        return field is not None and _is_literal(field.json_schema_extra)

    for name, field in node_type.parameters.model_fields.items():
        value = node.parameters.get(name)
        if value is None:
            continue
        for template in find_templates(value, name):
            path = f"parameters.{template.path}"
            if template.path not in rendered and path not in wrong and not literal(template.path):
                yield Issue(
                    code=codes.EXPRESSION_NOT_ALLOWED,
                    message=(
                        f'Node "{node.label}": "{field.title or name}" takes no expressions, '
                        "so the braces are used as they are. Write the value itself."
                    ),
                    severity="warning",
                    node_id=node.id,
                    field=path,
                )
        for path, text in _texts(value, f"parameters.{name}"):
            if OPEN not in text and _STATEMENT.search(text) and not literal(path.partition(".")[2]):
                yield Issue(
                    code=codes.EXPRESSION_SYNTAX,
                    message=(
                        f'Node "{node.label}", {path.removeprefix("parameters.")}: statements ({{% … %}}) '
                        "are not part of the language, so they stay as they are. "
                        "For a choice write {{ a if condition else b }}."
                    ),
                    severity="warning",
                    node_id=node.id,
                    field=path,
                )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(item, f"{path}.{key}")


def _is_literal(extra: Any) -> bool:
    return isinstance(extra, dict) and bool(extra.get("x-literal"))
