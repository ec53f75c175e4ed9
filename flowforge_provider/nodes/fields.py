"""Field types that several parameters models share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.graph.ids import WORKFLOW_ID_PATTERN
from flowforge_provider.nodes.templated import OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def widget(
    name: str | None = None,
    *,
    label_ru: str = "",
    help_ru: str = "",
    order: int | None = None,
    options: dict[str, str] | None = None,
    options_ru: dict[str, str] | None = None,
    visible_when: Mapping[str, str | bool | int | Sequence[str | bool | int]] | None = None,
    group: str = "",
    group_ru: str = "",
    suggestions: str = "",
    language: str | None = None,
    conn_types: list[str] | None = None,
    literal: bool = False,
    advanced: bool = False,
    generate: str | None = None,
) -> dict[str, Any]:
    """
    Return what a field tells the form, for ``Field(json_schema_extra=…)``.

    :param name: widget that edits the field; by default the form picks one from the JSON Schema: select,
        textarea, expression, key-value, code, sql, jq, connection, cron, timezone, and: markdown (text with a
        preview), datetime (ISO 8601 text, in the workflow's time zone when it names none), duration (a number
        of seconds), color (an enum as swatches)
    :param label_ru: label in Russian; the field's ``title`` is the English one
    :param help_ru: help in Russian; the field's ``description`` is the English one
    :param order: place in the form, lower first; the order of the model when absent
    :param options: labels of a choice: value -> label; the form shows the value itself where one is missing
    :param options_ru: the same in Russian
    :param visible_when: other fields and the value or values they must have, all of them, for the field to be
        shown; ``../name`` names a field of the object around this one
    :param group: heading of the section that holds the field, such as "Authentication"; a section is closed
        until something in it was changed
    :param group_ru: the heading in Russian; it is enough to give it once for each section
    :param suggestions: route of the API that lists what a text field offers, such as
        ``/api/connections/{connection_id}/tables?schema={schema}``; names in braces are fields beside it
        or around it. The answer holds one list, of texts or of objects with value, label and description
    :param language: language of a code field: json, sql, jq
    :param conn_types: connection types that a connection field offers
    :param literal: whether ``{{`` is ordinary text in this field, so that no check warns about it
    :param advanced: whether the form puts the field under "More options"
    :param generate: the field is an id that the form makes up for a new row of a list, and does not show:
        this word and a number that no other row has
    """
    extra = {
        "x-widget": "suggestions" if suggestions else name,
        "x-label-ru": label_ru,
        "x-help-ru": help_ru,
        "x-order": order,
        "x-option-labels": options,
        "x-option-labels-ru": options_ru,
        "x-visible-when": dict(visible_when or {}),
        "x-group": group,
        "x-group-ru": group_ru,
        "x-suggestions": suggestions,
        "x-language": language,
        "x-conn-types": conn_types,
        "x-advanced": advanced,
        "x-literal": literal,
        "x-generate": generate,
    }
    # An order of 0 is one; everything else that is empty was not given.
    return {key: value for key, value in extra.items() if value or (value is order and order is not None)}


def _refuse_expression(value: str) -> str:
    if OPEN in value:
        raise PydanticCustomError(
            "expression-not-allowed", "This field takes no expressions. Write the value itself."
        )
    return value


def _check_connection_id(value: str) -> str:
    if not re.fullmatch(r"[\w.-]*", value):
        raise PydanticCustomError(
            "wrong-parameter", "A connection id holds letters, digits, dots, hyphens and underscores only."
        )
    return value


# Data must not choose which secret is used, so a connection is always named by the graph itself.
ConnectionId = Annotated[
    str, Field(max_length=250), AfterValidator(_refuse_expression), AfterValidator(_check_connection_id)
]


def _require_connection(value: str) -> str:
    if not value:
        raise PydanticCustomError(
            "missing-connection", "No connection is chosen. Pick one, or create it in Airflow."
        )
    return value


def _check_workflow_id(value: str) -> str:
    if value and not re.fullmatch(WORKFLOW_ID_PATTERN, value):
        raise PydanticCustomError(
            "wrong-parameter",
            "A workflow id holds lower-case letters, digits, hyphens and underscores only.",
        )
    return value


# Which workflow is started is part of the graph: whoever publishes it is asked for the right to start it.
WorkflowId = Annotated[
    str, Field(max_length=200), AfterValidator(_refuse_expression), AfterValidator(_check_workflow_id)
]


def _check_cron(value: str) -> str:
    from flowforge_provider.nodes.schedule import check_cron

    problem = check_cron(value)
    if problem:
        # The text may hold braces, so it travels as a value and not as the template of the message.
        raise PydanticCustomError("bad-cron", "{problem}", {"problem": problem})
    return value


def _check_timezone(value: str) -> str:
    from flowforge_provider.nodes.schedule import check_timezone

    problem = check_timezone(value) if value else None
    if problem:
        raise PydanticCustomError("bad-timezone", "{problem}", {"problem": problem})
    return value


RequiredConnectionId = Annotated[ConnectionId, AfterValidator(_require_connection)]
CronExpression = Annotated[str, Field(max_length=200), AfterValidator(_check_cron)]
# Empty means: the time zone of the workflow's settings.
TimezoneName = Annotated[str, Field(max_length=100), AfterValidator(_check_timezone)]
