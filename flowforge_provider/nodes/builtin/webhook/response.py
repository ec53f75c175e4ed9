"""Parameters of ``webhook``: what callers are answered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import Parameters


class ResponseParameters(Parameters):
    """What callers are answered; orders 400 to 499."""

    respond: Literal["at_once", "when_finished", "respond_step"] = Field(
        default="at_once",
        title="Answer",
        description="At once: 202 with the execution's id. When the workflow has finished: 200 with its "
        "result, or 500. By a Respond step: the status, headers and body that it sets.",
        json_schema_extra=widget(
            "select",
            order=410,
            group="Answer",
            group_ru="Ответ",
            options={
                "at_once": "At once",
                "when_finished": "When the workflow has finished",
                "respond_step": "By a Respond step",
            },
            options_ru={
                "at_once": "Сразу",
                "when_finished": "Когда процесс завершится",
                "respond_step": "Шагом «Ответ»",
            },
            label_ru="Ответ",
            help_ru="Сразу: 202 и id выполнения. Когда процесс завершится: 200 и его результат либо 500. "
            "Шагом «Ответ»: заданные им статус, заголовки и тело.",
        ),
    )
    respond_limit_s: int = Field(
        default=30,
        ge=1,
        le=120,
        title="Longest wait",
        description="How long a caller waits; after that it gets 202 with the execution's id, and the "
        "workflow goes on. Proxies in front of Airflow must wait as long.",
        json_schema_extra=widget(
            "duration",
            order=420,
            group="Answer",
            visible_when={"respond": ["when_finished", "respond_step"]},
            label_ru="Ждать не дольше",
            help_ru="Как долго ждёт вызывающий; затем он получит 202 и id выполнения, а процесс "
            "продолжится. Прокси перед Airflow должны ждать не меньше.",
        ),
    )
