"""The action that makes new data out of old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.jq_program import check_program
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_FIELDS_ONLY: dict[str, str | list[str]] = {"mode": "fields"}
_JQ_ONLY: dict[str, str | list[str]] = {"mode": "jq"}


def _check_field_name(name: str) -> str:
    if any(not part for part in name.split(".")):
        raise PydanticCustomError(
            "wrong-parameter", "A field name is one or more names joined by dots: total, customer.city."
        )
    return name


def _check_program(program: str) -> str:
    if not program.strip():
        return program
    try:
        problem = check_program(program)
    except ImportError:  # jq has no wheel for every platform; the step itself says so when it runs
        return program
    if problem:
        raise PydanticCustomError(
            "bad-jq", "The jq program cannot be compiled: {problem}.", {"problem": problem}
        )
    return program


class FieldValue(BaseModel):
    """One field of the result."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    name: Annotated[str, AfterValidator(_check_field_name)] = Field(
        min_length=1,
        max_length=200,
        title="Name",
        description="Name of the field; dots make nested objects: customer.city.",
        examples=["total"],
        json_schema_extra=widget(label_ru="Имя", help_ru="Имя поля; точки создают вложенные объекты."),
    )
    value: Templated[Any] = Field(
        default=None,
        title="Value",
        description="Any JSON; expressions are filled in.",
        examples=["{{ steps.get_product.body.price * trigger.body.quantity }}"],
        json_schema_extra=widget(
            "expression", label_ru="Значение", help_ru="Любой JSON; выражения вычисляются."
        ),
    )


class TransformParameters(Parameters):
    """Parameters of ``transform``."""

    mode: Literal["fields", "jq"] = Field(
        default="fields",
        title="Mode",
        description="Set fields one by one, or run a jq program.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={"fields": "Set fields", "jq": "jq program"},
            options_ru={"fields": "Задать поля", "jq": "Программа jq"},
            label_ru="Режим",
            help_ru="Задать поля по одному или выполнить программу jq.",
        ),
    )
    fields: list[FieldValue] = Field(
        default_factory=list,
        max_length=500,
        title="Fields",
        description="Fields of the result, set in this order.",
        json_schema_extra=widget(
            "key-value",
            order=20,
            visible_when=_FIELDS_ONLY,
            label_ru="Поля",
            help_ru="Поля результата, задаются по порядку.",
        ),
    )
    keep_input: bool = Field(
        default=False,
        title="Keep the input",
        description="Start from the input object and add the fields to it.",
        json_schema_extra=widget(
            order=30,
            visible_when=_FIELDS_ONLY,
            label_ru="Сохранить входные данные",
            help_ru="Взять входной объект и добавить к нему поля.",
        ),
    )
    program: Annotated[str, AfterValidator(_check_program)] = Field(
        default="",
        max_length=50_000,
        title="jq program",
        description="Program whose input is the value below; several results become a list.",
        examples=["{total: (.price * .quantity)}"],
        json_schema_extra=widget(
            "jq",
            language="jq",
            literal=True,
            order=40,
            visible_when=_JQ_ONLY,
            label_ru="Программа jq",
            help_ru="Программа, вход которой задан ниже; несколько результатов образуют список.",
        ),
    )
    input: Templated[Any] = Field(
        default=None,
        title="Input",
        description=(
            "Value to start from. When empty, it is the output of the step before this one, "
            "or the body of the trigger when that is the step before."
        ),
        examples=["{{ steps.get_product.body }}"],
        json_schema_extra=widget(
            "expression",
            order=50,
            label_ru="Вход",
            help_ru="С чего начать. Если пусто: результат предыдущего шага или тело запроса триггера.",
        ),
    )


class Transform(NodeType):
    """Makes new data: fields set by expressions, or a jq program."""

    type = "transform"
    title = "Transform"
    title_ru = "Преобразование"
    group = "Data"
    icon = "braces"
    summary = "Sets fields by expressions, or runs a jq program."
    summary_ru = "Задаёт поля выражениями или выполняет программу jq."
    subtitle = "{fields} {program}"
    help = (
        "Makes the object that later steps read as `steps.<id>`.\n\n"
        "- **Fields**: each field gets a value; a value that is one whole expression keeps its type. "
        "Dots in a name make nested objects.\n"
        "- **jq**: the program gets the input; one result is handed on as it is, several become a list."
    )
    help_ru = (
        "Создаёт объект, который следующие шаги читают как `steps.<id>`.\n\n"
        "- **Поля**: каждому полю задаётся значение; значение из одного целого выражения сохраняет свой тип. "
        "Точки в имени создают вложенные объекты.\n"
        "- **jq**: программа получает вход; один результат передаётся как есть, несколько становятся списком."
    )
    keywords: ClassVar[tuple[str, ...]] = ("set", "map", "edit", "fields", "jq", "json", "поля", "данные")
    parameters = TransformParameters
    operator = "flowforge_provider.operators.transform:TransformOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "mode": "fields",
            "fields": [
                {"name": "total", "value": "{{ steps.get_product.body.price * trigger.body.quantity }}"},
                {"name": "customer.city", "value": "{{ trigger.body.city | default('unknown') }}"},
            ],
        },
        "data": {
            "trigger": {"body": {"quantity": 2}},
            "steps": {"get_product": {"body": {"price": 9.5}}},
        },
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:
        """Ask for what the chosen mode needs."""
        if parameters.get("mode", "fields") == "jq":
            if not str(parameters.get("program") or "").strip():
                yield ParameterProblem(
                    code="missing-parameter",
                    message="The jq program is empty. Write one; a single dot hands the input on.",
                    field="program",
                )
        elif not parameters.get("fields") and not parameters.get("keep_input"):
            yield ParameterProblem(
                code="no-fields",
                message="No field is set, so the result is an empty object. Add a field.",
                field="fields",
                severity="warning",
            )
        needs_input = parameters.get("mode", "fields") == "jq" or bool(parameters.get("keep_input"))
        if needs_input and parameters.get("input") is None and len(upstream) > 1:
            yield ParameterProblem(
                code="ambiguous-input",
                message=(
                    f"Several steps lead here ({', '.join(upstream)}), so the input is not clear. "
                    f"Set it, for example to {{{{ steps.{upstream[0]} }}}}."
                ),
                field="input",
            )
