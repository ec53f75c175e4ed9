"""One field of a form that starts a run, in words that need no JSON Schema."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flowforge_provider.nodes.fields import widget

FieldType = Literal[
    "text",
    "long_text",
    "number",
    "integer",
    "boolean",
    "select",
    "multi_select",
    "date",
    "datetime",
    "email",
    "url",
    "file",
    "files",
    "json",
]
_CHOICES = {"type": ["select", "multi_select"]}
_NUMBERS = {"type": ["number", "integer"]}
_TEXTS = {"type": ["text", "long_text"]}


class PayloadField(BaseModel):
    """One field of a form that starts a run."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")] = Field(
        title="Name",
        description="Steps read the value as trigger.body.<name>: letters, digits, underscores.",
        examples=["email"],
        json_schema_extra=widget(
            label_ru="Имя",
            help_ru="Шаги читают значение как trigger.body.<имя>. Буквы, цифры, подчёркивания.",
        ),
    )
    label: Annotated[str, Field(max_length=200)] = Field(
        default="",
        title="Label",
        description="What people see; the name when empty.",
        examples=["Your email"],
        json_schema_extra=widget(
            literal=True, label_ru="Подпись", help_ru="Что видят люди; если пусто — имя."
        ),
    )
    type: FieldType = Field(
        default="text",
        title="Type",
        description="What is filled in.",
        json_schema_extra=widget(
            "select",
            options={
                "text": "Text",
                "long_text": "Long text",
                "number": "Number",
                "integer": "Whole number",
                "boolean": "Yes or no",
                "select": "Choice",
                "multi_select": "Several choices",
                "date": "Date",
                "datetime": "Date and time",
                "email": "Email",
                "url": "Web address",
                "file": "File",
                "files": "Several files",
                "json": "JSON",
            },
            options_ru={
                "text": "Текст",
                "long_text": "Длинный текст",
                "number": "Число",
                "integer": "Целое число",
                "boolean": "Да или нет",
                "select": "Выбор",
                "multi_select": "Несколько вариантов",
                "date": "Дата",
                "datetime": "Дата и время",
                "email": "Почта",
                "url": "Веб-адрес",
                "file": "Файл",
                "files": "Несколько файлов",
                "json": "JSON",
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
            visible_when=_CHOICES, literal=True, label_ru="Варианты", help_ru="Из чего можно выбрать."
        ),
    )
    required: bool = Field(
        default=False,
        title="Required",
        description="Without it the form is not taken.",
        json_schema_extra=widget(label_ru="Обязательно", help_ru="Без него форма не принимается."),
    )
    help: Annotated[str, Field(max_length=1000)] = Field(
        default="",
        title="Hint",
        description="A line below the field.",
        examples=["We answer to this address."],
        json_schema_extra=widget(literal=True, label_ru="Подсказка", help_ru="Строка под полем."),
    )
    default: Annotated[str, Field(max_length=20_000)] = Field(
        default="",
        title="Default",
        description=(
            "What the field starts with, as it would be typed: 5, yes, 2026-03-01. "
            "Several choices are parted by commas."
        ),
        json_schema_extra=widget(
            visible_when={"type": [kind for kind in get_args(FieldType) if not kind.startswith("file")]},
            literal=True,
            label_ru="По умолчанию",
            help_ru=(
                "С чего поле начинается, так, как это ввели бы: 5, да, 2026-03-01. Несколько вариантов — "
                "через запятую."
            ),
        ),
    )
    minimum: float | None = Field(
        default=None,
        allow_inf_nan=False,
        title="At least",
        description="Smallest number.",
        json_schema_extra=widget(visible_when=_NUMBERS, label_ru="Не меньше", help_ru="Наименьшее число."),
    )
    maximum: float | None = Field(
        default=None,
        allow_inf_nan=False,
        title="At most",
        description="Largest number.",
        json_schema_extra=widget(visible_when=_NUMBERS, label_ru="Не больше", help_ru="Наибольшее число."),
    )
    max_length: int | None = Field(
        default=None,
        ge=1,
        le=100_000,
        title="Characters at most",
        description="Longest text.",
        json_schema_extra=widget(
            visible_when=_TEXTS, label_ru="Знаков не больше", help_ru="Самый длинный текст."
        ),
    )
