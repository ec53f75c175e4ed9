"""
Forms that people fill in while a run waits for them.

A form is kept in the shape of Airflow's params, ``name -> {value, description, schema}``, so that Airflow's
own pages draw it as well.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.templated import Templated, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_TEXT = 20_000


class FormField(BaseModel):
    """One field of a form."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")] = Field(
        title="Name",
        description="Name of the value in the output: letters, digits, underscores.",
        examples=["reason"],
        json_schema_extra=widget(
            label_ru="Имя", help_ru="Имя значения в результате: буквы, цифры, подчёркивания."
        ),
    )
    label: Templated[Annotated[Text, Field(max_length=200)]] = Field(
        default="",
        title="Label",
        description="What people see; the name when empty.",
        examples=["Reason"],
        json_schema_extra=widget(label_ru="Подпись", help_ru="Что видят люди; если пусто — имя."),
    )
    type: Literal["text", "long_text", "number", "boolean", "select"] = Field(
        default="text",
        title="Type",
        description="What is filled in.",
        json_schema_extra=widget(
            "select",
            options={
                "text": "Text",
                "long_text": "Long text",
                "number": "Number",
                "boolean": "Yes or no",
                "select": "Choice",
            },
            options_ru={
                "text": "Текст",
                "long_text": "Длинный текст",
                "number": "Число",
                "boolean": "Да или нет",
                "select": "Выбор",
            },
            label_ru="Тип",
            help_ru="Что вводится.",
        ),
    )
    options: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=list,
        max_length=200,
        title="Choices",
        description="What can be chosen.",
        json_schema_extra=widget(
            visible_when={"type": "select"}, label_ru="Варианты", help_ru="Из чего можно выбрать."
        ),
    )
    default: Templated[Any] = Field(
        default=None,
        title="Default",
        description="Value that the form starts with.",
        json_schema_extra=widget(
            "expression", label_ru="По умолчанию", help_ru="Значение, с которого начинается форма."
        ),
    )
    required: bool = Field(
        default=False,
        title="Required",
        description="An approval without it is not taken.",
        json_schema_extra=widget(label_ru="Обязательно", help_ru="Без него одобрение не принимается."),
    )


def to_params(fields: Sequence[FormField]) -> dict[str, dict[str, Any]]:
    """
    Return a form in the shape of Airflow's params.

    :param fields: rendered
    :raises ValueError: a default is not of its field's type
    """
    params = {}
    for field in fields:
        schema = {**_schema(field), "title": field.label or field.name}
        value = _starting_value(field)
        if value is not None:
            value = _read(value, schema, field.name)
        params[field.name] = {"value": value, "description": None, "schema": schema}
    return params


def read_values(params: Mapping[str, Any], values: Mapping[str, Any], *, is_approved: bool) -> dict[str, Any]:
    """
    Return the values of a form that was filled in; those that are missing are the form's own.

    :param params: as ``to_params`` gives them
    :param values: name -> JSON, as a browser sends it
    :param is_approved: whether required fields must be filled in
    :raises ValueError: with all that is wrong, in words for people
    """
    problems = [f'there is no field "{name[:60]}"' for name in values if name not in params]
    read: dict[str, Any] = {}
    for name, param in params.items():
        schema = param["schema"]
        value = values.get(name, param["value"])
        if value is None or value == "":
            read[name] = None
            if is_approved and _is_required(schema):
                problems.append(f'"{schema.get("title") or name}" is missing')
            continue
        try:
            read[name] = _read(value, schema, name)
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("; ".join(problems))
    return read


def describe_param(name: str, param: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a field of a form as a page draws it: {name, label, type, options, value, required}.

    :param param: {value, schema} in the shape of Airflow's params
    """
    schema = param.get("schema") or {}
    kinds = schema.get("type") or "string"
    kinds = kinds if isinstance(kinds, list) else [kinds]
    options = [item for item in schema.get("enum") or [] if item is not None]
    kind = "long_text" if schema.get("format") == "multiline" else "text"
    if options:
        kind = "select"
    elif "boolean" in kinds:
        kind = "boolean"
    elif {"number", "integer"} & set(kinds):
        kind = "number"
    return {
        "name": name,
        "label": str(schema.get("title") or name),
        "type": kind,
        "options": [str(item) for item in options],
        "value": param.get("value"),
        "required": _is_required(schema),
    }


def _schema(field: FormField) -> dict[str, Any]:
    kind = {"number": "number", "boolean": "boolean"}.get(field.type, "string")
    # Null is how Airflow's forms tell fields that may stay empty.
    schema: dict[str, Any] = {
        "type": kind if field.required or kind == "boolean" else [kind, "null"],
    }
    if field.type == "select":
        schema["enum"] = [*field.options, *([] if field.required else [None])]
    elif field.type == "long_text":
        schema["format"] = "multiline"
    if kind == "string" and field.required and field.type != "select":
        schema["minLength"] = 1
    return schema


def _starting_value(field: FormField) -> Any:
    if field.default is None or field.default == "":
        return False if field.type == "boolean" else None
    return field.default


def _is_required(schema: Mapping[str, Any]) -> bool:
    return isinstance(schema.get("type"), str) and schema["type"] != "boolean"


def _read(value: Any, schema: Mapping[str, Any], name: str) -> Any:
    """Return a value as its field's type has it."""
    title = str(schema.get("title") or name)
    kinds = schema.get("type") or []
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not {"boolean", "number", "string"} & set(kinds):
        # A form of another operator, which looks at its values itself.
        return value
    if "boolean" in kinds:
        if isinstance(value, bool):
            return value
        raise ValueError(f'"{title}" takes true or false')
    if "number" in kinds:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if is_number and math.isfinite(value):
            return value
        raise ValueError(f'"{title}" takes a number')
    if not isinstance(value, str):
        raise ValueError(f'"{title}" takes a text')
    if "enum" in schema and value not in schema["enum"]:
        raise ValueError(f'"{title}" takes one of: {", ".join(str(item) for item in schema["enum"] if item)}')
    if len(value) > _MAX_TEXT:
        raise ValueError(f'"{title}" has more than {_MAX_TEXT} characters')
    return value
