"""Tell in the user's words what pydantic found wrong with a document or with a node's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.graph import codes
from flowforge_provider.graph.ids import NODE_ID_PATTERN, WORKFLOW_ID_PATTERN
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

_FORMS = {
    WORKFLOW_ID_PATTERN: "lower-case letters, digits, hyphens and underscores, not beginning with - or _",
    NODE_ID_PATTERN: "lower-case letters, digits and underscores, at most 63, beginning with a letter",
    r"^([1-5]xx|[1-5][0-9]{2}(-[1-5][0-9]{2})?)$": "a status such as 404, 2xx or 200-299",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "letters, digits and underscores, beginning with a letter",
    r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$": "the name of an HTTP header, for example X-Token",
}


def shape_issues(error: ValidationError, document: dict[str, Any]) -> list[Issue]:
    """
    Return one issue for each thing that pydantic found wrong with a document.

    :param error: what ``Graph.model_validate`` raised
    :param document: the document that it was given
    """
    return [
        shape_issue(detail["loc"], describe_error(detail), document)
        for detail in error.errors(include_url=False)
    ]


def describe_error(detail: ErrorDetails) -> str:
    """Return what is wrong with one value and what to do, without naming the place."""
    kind = detail["type"]
    if kind in _ADVICE:
        return _ADVICE[kind]
    context = detail.get("ctx", {})
    if kind in {"literal_error", "enum"}:
        return f"It must be {context.get('expected', 'one of the listed values')}."
    if kind == "string_pattern_mismatch":
        words = _FORMS.get(context.get("pattern", ""))
        return (
            f"It must be {words}."
            if words
            else f"It does not have the expected form ({context.get('pattern')})."
        )
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"It {message}." if message.startswith("should") else _sentence(message)


def shape_issue(location: tuple[int | str, ...], advice: str, document: dict[str, Any]) -> Issue:
    """
    Return the issue about one place of a document.

    :param location: path from the document's root: ("nodes", 0, "parameters", "url")
    :param advice: what is wrong there and what to do
    :param document: the document, from which nodes and edges get their names
    """
    kind = location[0] if len(location) > 1 and isinstance(location[1], int) else None
    if kind not in {"nodes", "edges"}:
        path = ".".join(str(item) for item in location)
        return Issue(
            code=codes.SHAPE, message=f"The document: {_subject(path)} is wrong. {advice}", field=path or None
        )
    index, rest = int(location[1]), ".".join(str(item) for item in location[2:])
    part = _part(document, str(kind), index)
    node_id = part.get("id") if kind == "nodes" and isinstance(part.get("id"), str) else None
    edge_id = _edge_id(part) if kind == "edges" else None
    if kind == "nodes":
        name = f'Node "{node_id}"' if node_id else f"Node number {index + 1}"
    else:
        name = f"Edge {edge_id}" if edge_id else f"Edge number {index + 1}"
    return Issue(
        code=codes.SHAPE,
        message=f"{name}: {_subject(rest)} is wrong. {advice}",
        node_id=node_id,
        edge_id=edge_id,
        field=rest or f"{kind}.{index}",
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _subject(path: str) -> str:
    shown = path if len(path) <= 100 else f"{path[:99]}…"
    return f'field "{shown}"' if path else "it"


def _part(document: dict[str, Any], name: str, index: int) -> dict[str, Any]:
    parts: Sequence[Any] = document.get(name) or []
    part = parts[index] if isinstance(parts, list) and index < len(parts) else None
    return part if isinstance(part, dict) else {}


def _edge_id(part: dict[str, Any]) -> str | None:
    source, target = part.get("source"), part.get("target")
    if isinstance(source, str) and isinstance(target, str):
        return f"{source}.{part.get('source_port', 'success')}->{target}"
    return None
