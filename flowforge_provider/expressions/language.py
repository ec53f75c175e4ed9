"""What the language offers, as JSON for editors and for the documentation."""

from __future__ import annotations

from typing import Any

from flowforge_provider.expressions import library  # noqa: F401 - fills the lists of operations
from flowforge_provider.expressions.limits import DEFAULT_LIMITS
from flowforge_provider.expressions.operations import FILTERS, FUNCTIONS, TESTS, Operation

NAMES: tuple[dict[str, str], ...] = (
    {"name": "trigger", "doc": "What started the run; the data it brought is trigger.body."},
    {"name": "steps", "doc": "Outputs of the steps before this one: steps.<node id>."},
    {"name": "run", "doc": "This run and this try of the step."},
    {"name": "workflow", "doc": "This workflow."},
    {"name": "vars", "doc": "The workflow's variables: vars.<name>."},
)
KNOWN_NAMES = frozenset(entry["name"] for entry in NAMES)
# What only the steps in the body of a loop see.
LOOP_NAMES: tuple[dict[str, str], ...] = (
    {"name": "item", "doc": "The present item of the loop."},
    {"name": "item_index", "doc": "Place of the present item in the loop's list, from 0."},
)
# No other data may take these names.
RESERVED_NAMES = frozenset(entry["name"] for entry in LOOP_NAMES)
# Fields of the names whose fields are always the same.
KNOWN_FIELDS: dict[str, tuple[str, ...]] = {
    "trigger": (
        "type",
        "id",
        "node",
        "received_at",
        "scheduled_at",
        "delivery_id",
        "deliveries",
        "method",
        "path",
        "body",
        "headers",
        "query",
        "parent",
    ),
    "run": ("id", "workflow_id", "started_at", "scheduled_at", "try_number", "url"),
    "workflow": ("id", "name", "revision", "timezone"),
}


def describe_language() -> dict[str, Any]:
    """
    Return what expressions may use, as plain JSON.

    :return: ``names`` (data), ``filters``, ``tests`` and ``functions`` (each with name, signature, doc,
        group, example and result), ``operators``, ``literals``, and ``limits``
    """
    return {
        "names": [{**entry, "fields": list(KNOWN_FIELDS.get(entry["name"], ()))} for entry in NAMES],
        "loop_names": [{**entry, "fields": []} for entry in LOOP_NAMES],
        "filters": _describe(FILTERS),
        "tests": _describe(TESTS),
        "functions": _describe(FUNCTIONS),
        "operators": [
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "**",
            "~",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "and",
            "or",
            "not",
            "in",
            "not in",
            "is",
            "is not",
            "if … else …",
            "|",
            "[from:to]",
        ],
        "literals": ["'text'", '"text"', "1", "1.5", "true", "false", "null", "[1, 2]", "{'a': 1}"],
        "limits": {
            "time_s": DEFAULT_LIMITS.time_s,
            "output_chars": DEFAULT_LIMITS.output_chars,
            "list_items": DEFAULT_LIMITS.list_items,
            "template_chars": DEFAULT_LIMITS.template_chars,
            "expression_chars": DEFAULT_LIMITS.expression_chars,
        },
    }


def _describe(table: dict[str, Operation]) -> list[dict[str, Any]]:
    own = {operation.name: operation for operation in table.values()}
    return [
        {
            "name": operation.name,
            "signature": operation.signature,
            "group": operation.group,
            "doc": operation.doc,
            "aliases": list(operation.aliases),
            "parameters": [parameter.name for parameter in operation.parameters],
            "example": operation.example[0],
            "result": operation.example[1],
        }
        for operation in sorted(own.values(), key=lambda item: (item.group, item.name))
    ]
