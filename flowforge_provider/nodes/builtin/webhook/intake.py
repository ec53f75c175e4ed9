"""Parameters of ``webhook``: what is received, and where."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import Parameters

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


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
