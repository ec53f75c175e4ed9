"""Parameters of ``webhook``: what is received, and where."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import Parameters

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Origin = Annotated[
    str, StringConstraints(pattern=r"^(\*|[a-z][a-z0-9+.-]*://[a-z0-9.\[\]:_-]+)$", max_length=300)
]


def _check_schema(value: Any) -> Any:
    from flowforge_provider.json_schema import find_schema_fault

    fault = find_schema_fault(value)
    if fault is None:
        return value
    raise PydanticCustomError(
        "bad-json-schema",
        "The JSON Schema is wrong at {place}: {fault}. Correct it.",
        {"place": fault.pointer or "its top", "fault": fault.message},
    )


class IntakeParameters(Parameters):
    """What is received, and where; orders 10 to 99, and 200 to 299."""

    methods: list[Method] = Field(
        default=["POST"],
        min_length=1,
        title="Methods",
        description="HTTP methods that start a run.",
        json_schema_extra=widget(
            order=20, label_ru="Методы", help_ru="Методы HTTP, которые запускают процесс."
        ),
    )
    path: Annotated[
        str, StringConstraints(pattern=r"^([A-Za-z0-9_.~-]+(/[A-Za-z0-9_.~-]+)*)?$", max_length=200)
    ] = Field(
        default="",
        title="Path",
        description="What follows the workflow's id in the address; empty for nothing. "
        "Several webhooks of one workflow are told apart by it.",
        examples=["orders/new"],
        json_schema_extra=widget(
            order=30,
            advanced=True,
            label_ru="Путь",
            help_ru="Что стоит в адресе после id процесса; пусто — ничего. "
            "По пути различаются несколько вебхуков одного процесса.",
        ),
    )
    sample_payload: Any = Field(
        default_factory=dict,
        title="Sample body",
        description="JSON used for previews and as the default of a manual run.",
        examples=[{"id": 7, "quantity": 2}],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=90,
            label_ru="Пример тела запроса",
            help_ru="JSON для предпросмотра и как начальные данные ручного запуска.",
        ),
    )
    max_body_bytes: Annotated[int, Field(ge=0, le=1_000_000_000)] = Field(
        default=0,
        title="Largest body",
        description="Bytes that a body may have; 0 for what this installation allows (1 MiB unless changed). "
        "More is refused with 413.",
        examples=[65536],
        json_schema_extra=widget(
            order=210,
            group="Body",
            group_ru="Тело запроса",
            label_ru="Наибольшее тело",
            help_ru="Сколько байт может быть в теле; 0 — сколько разрешено в этой установке (1 МиБ, если не "
            "изменено). Больше — ответ 413.",
        ),
    )
    body_schema: Annotated[Any, AfterValidator(_check_schema)] = Field(
        default_factory=dict,
        title="JSON Schema",
        description="JSON Schema (2020-12) that bodies must match; with {} they all do. Others are refused "
        "with 422 and the list of all faults. Values of forms are text.",
        examples=[{"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}],
        json_schema_extra=widget(
            "code",
            language="json",
            literal=True,
            order=220,
            group="Body",
            label_ru="JSON Schema",
            help_ru="JSON Schema (2020-12), которой должно соответствовать тело; с {} подходит любое. Другие "
            "получат ответ 422 со списком всех ошибок. Значения форм — текст.",
        ),
    )
    allowed_origins: list[Origin] = Field(
        default_factory=list,
        max_length=50,
        title="Allowed sites",
        description="Web sites whose pages may call this webhook from the browser (CORS); * for all. "
        "Without any, browsers keep the answer from the page.",
        examples=[["https://shop.example.com"]],
        json_schema_extra=widget(
            order=240,
            group="Browsers",
            group_ru="Браузеры",
            label_ru="Разрешённые сайты",
            help_ru="Сайты, страницы которых могут вызывать этот вебхук из браузера (CORS); * — все. "
            "Если список пуст, браузер не отдаст ответ странице.",
        ),
    )
