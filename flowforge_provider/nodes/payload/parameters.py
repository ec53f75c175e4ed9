"""Parameters of triggers whose runs begin with a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.payload.checking import check_schema
from flowforge_provider.nodes.payload.fields import PayloadField
from flowforge_provider.nodes.payload.schema import USUAL_INPUT
from flowforge_provider.nodes.payload.texts import TextError, parse_text
from flowforge_provider.nodes.spec import ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MAX_FIELDS", "FormParameters", "PayloadParameters", "check_payload_parameters"]

MAX_FIELDS = 100
_SCHEMA_EXAMPLE = {
    "type": "object",
    "properties": {"email": {"type": "string", "format": "email", "title": "Your email"}},
    "required": ["email"],
}


def _fields_widget() -> dict[str, Any]:
    return widget(
        order=20,
        visible_when={"payload_input": "fields"},
        label_ru="Поля",
        help_ru="Что заполняют, сверху вниз.",
    )


class FormParameters(Parameters):
    """The fields of a form, as a list or as a JSON Schema."""

    payload_input: Literal["fields", "schema"] = Field(
        default="fields",
        title="Described by",
        description="A list of fields, or a JSON Schema for those who have one.",
        json_schema_extra=widget(
            "select",
            order=15,
            options={"fields": "A list of fields", "schema": "A JSON Schema"},
            options_ru={"fields": "Список полей", "schema": "JSON Schema"},
            label_ru="Чем описана",
            help_ru="Списком полей или схемой JSON Schema, если она есть.",
        ),
    )
    fields: list[PayloadField] = Field(
        default_factory=list,
        max_length=MAX_FIELDS,
        title="Fields",
        description="What is filled in, from top to bottom.",
        json_schema_extra=_fields_widget(),
    )
    payload_schema: Any = Field(
        default_factory=dict,
        title="JSON Schema",
        description=(
            "Draft 2020-12, of an object. Each property is a field: title and description are shown, "
            "the rest is checked."
        ),
        examples=[_SCHEMA_EXAMPLE],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=25,
            visible_when={"payload_input": "schema"},
            label_ru="JSON Schema",
            help_ru=(
                "Версия 2020-12, для объекта. Каждое свойство — поле: title и description показываются, "
                "остальное проверяется."
            ),
        ),
    )


class PayloadParameters(FormParameters):
    """What a payload has to be: anything, or what a form asks for."""

    payload_input: Literal["any", "fields", "schema"] = Field(  # type: ignore[assignment]
        default="any",
        title="Payload",
        description="Any JSON, or what a form asks for: the run dialog shows it, and the API checks by it.",
        json_schema_extra=widget(
            "select",
            order=5,
            options={
                "any": "Any JSON",
                "fields": "A form: a list of fields",
                "schema": "A form: a JSON Schema",
            },
            options_ru={
                "any": "Любой JSON",
                "fields": "Форма: список полей",
                "schema": "Форма: JSON Schema",
            },
            label_ru="Данные",
            help_ru="Любой JSON или форма: её показывает окно запуска, и по ней проверяет API.",
        ),
    )


def check_payload_parameters(
    parameters: Mapping[str, Any], *, trigger_type: str
) -> Iterator[ParameterProblem]:
    """
    Look at what belongs together: names, choices, bounds, defaults, the schema.

    :param parameters: as saved; may be incomplete or wrong
    """
    chosen = parameters.get("payload_input", USUAL_INPUT[trigger_type])
    if chosen == "schema":
        yield from _check_schema(parameters.get("payload_schema"))
    elif chosen == "fields":
        yield from _check_fields(parameters.get("fields"))


def _check_schema(schema: Any) -> Iterator[ParameterProblem]:
    if schema in (None, {}):
        yield ParameterProblem(
            code="missing-parameter",
            message="The JSON Schema is empty. Write one, or choose the list of fields.",
            field="payload_schema",
        )
        return
    problem = check_schema(schema)
    if problem:
        yield ParameterProblem(code="bad-json-schema", message=problem, field="payload_schema")


def _check_fields(fields: Any) -> Iterator[ParameterProblem]:
    if not isinstance(fields, list) or not fields:
        yield ParameterProblem(
            code="no-fields", message="The form has no fields. Add one.", field="fields", severity="warning"
        )
        return
    seen: set[str] = set()
    for index, field in enumerate(fields):
        if not isinstance(field, dict):
            continue
        name, place = field.get("name"), f"fields.{index}"
        if isinstance(name, str):
            if name in seen:
                yield ParameterProblem(
                    code="wrong-parameter",
                    message=f'Two fields of the form are called "{name[:100]}". Rename one.',
                    field=f"{place}.name",
                )
            seen.add(name)
        if field.get("type") in ("select", "multi_select") and not field.get("options"):
            yield ParameterProblem(
                code="missing-parameter",
                message="A choice needs something to choose from. Add choices.",
                field=f"{place}.options",
            )
        low, high = field.get("minimum"), field.get("maximum")
        if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
            yield ParameterProblem(
                code="wrong-parameter",
                message=f"No number is at least {low} and at most {high}. Exchange the bounds.",
                field=f"{place}.maximum",
            )
        if _is_bad_default(field):
            yield ParameterProblem(
                code="wrong-parameter",
                message="The default is not what the field takes. Write it as people would type it.",
                field=f"{place}.default",
            )


def _is_bad_default(field: Mapping[str, Any]) -> bool:
    from pydantic import ValidationError

    from flowforge_provider.nodes.payload.checking import find_faults
    from flowforge_provider.nodes.payload.schema import to_schema

    if not field.get("default") or str(field.get("type", "")).startswith("file"):
        return False
    try:
        known = PayloadField.model_validate(dict(field))
        parts = known.default.split(",") if known.type == "multi_select" else [known.default]
        value = parse_text(
            known.type, [part.strip() for part in parts if part.strip()], options=known.options
        )
    except ValidationError:
        return False  # The model itself says what is wrong.
    except TextError:
        return True
    return bool(find_faults({known.name: value}, to_schema([known])))
