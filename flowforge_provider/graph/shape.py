"""Tell in the user's words what pydantic found wrong with a document or with a node's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.graph import codes
from flowforge_provider.graph.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_ADVICE = {
    "missing": "It is required. Give it a value.",
    "extra_forbidden": "It is not part of this format. Remove it, or check its spelling.",
    "string_type": "It must be a string.",
    "int_type": "It must be a whole number.",
    "int_parsing": "It must be a whole number.",
    "int_from_float": "It must be a whole number.",
    "float_type": "It must be a number.",
    "float_parsing": "It must be a number.",
    "bool_type": "It must be true or false.",
    "bool_parsing": "It must be true or false.",
    "list_type": "It must be a list.",
    "dict_type": "It must be an object.",
    "model_type": "It must be an object.",
    "string_too_short": "It must not be empty.",
}


def shape_issues(error: ValidationError, document: dict[str, Any]) -> list[Issue]:
    """
    Return one issue for each thing that pydantic found wrong with a document.

    :param error: what ``Graph.model_validate`` raised
    :param document: the document that it was given
    """
    return [_shape_issue(detail, document) for detail in error.errors(include_url=False)]


def describe_error(detail: ErrorDetails) -> str:
    """Return what is wrong with one value and what to do, without naming the place."""
    kind = detail["type"]
    if kind in _ADVICE:
        return _ADVICE[kind]
    context = detail.get("ctx", {})
    if kind in {"literal_error", "enum"}:
        return f"It must be {context.get('expected', 'one of the listed values')}."
    if kind == "string_pattern_mismatch":
        return f"It does not have the expected form ({context.get('pattern')})."
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"It {message}." if message.startswith("should") else _sentence(message)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _shape_issue(detail: ErrorDetails, document: dict[str, Any]) -> Issue:
    location = list(detail["loc"])
    advice = describe_error(detail)
    if len(location) >= 2 and location[0] in {"nodes", "edges"} and isinstance(location[1], int):
        part = _part(document, location[0], location[1])
        rest = ".".join(str(item) for item in location[2:])
        if location[0] == "nodes":
            node_id = part.get("id")
            name = f'Node "{node_id}"' if isinstance(node_id, str) else f"Node number {location[1] + 1}"
            return Issue(
                code=codes.SHAPE,
                message=f"{name}: {_subject(rest)} is wrong. {advice}"
                if rest
                else f"{name} is wrong. {advice}",
                node_id=node_id if isinstance(node_id, str) else None,
                field=rest or f"nodes.{location[1]}",
            )
        edge_id = _edge_id(part)
        name = f"Edge {edge_id}" if edge_id else f"Edge number {location[1] + 1}"
        return Issue(
            code=codes.SHAPE,
            message=f"{name}: {_subject(rest)} is wrong. {advice}" if rest else f"{name} is wrong. {advice}",
            edge_id=edge_id,
            field=rest or f"edges.{location[1]}",
        )
    path = ".".join(str(item) for item in location)
    return Issue(
        code=codes.SHAPE, message=f"The document: {_subject(path)} is wrong. {advice}", field=path or None
    )


def _subject(path: str) -> str:
    return f'field "{path}"' if path else "it"


def _part(document: dict[str, Any], name: str, index: int) -> dict[str, Any]:
    parts: Sequence[Any] = document.get(name) or []
    part = parts[index] if isinstance(parts, list) and index < len(parts) else None
    return part if isinstance(part, dict) else {}


def _edge_id(part: dict[str, Any]) -> str | None:
    source, target = part.get("source"), part.get("target")
    if isinstance(source, str) and isinstance(target, str):
        return f"{source}.{part.get('source_port', 'success')}->{target}"
    return None
