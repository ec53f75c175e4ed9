"""The step that waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import TimezoneName, widget
from flowforge_provider.nodes.moments import parse_moment, parse_time
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DURATION: dict[str, str | list[str]] = {"mode": "duration"}
_MOMENT: dict[str, str | list[str]] = {"mode": "moment"}
_TIME_OF_DAY: dict[str, str | list[str]] = {"mode": "time_of_day"}


def _check_moment(text: str) -> str:
    if text:
        try:
            parse_moment(text, timezone_name="UTC")
        except ValueError as error:
            raise PydanticCustomError("wrong-parameter", "{problem}.", {"problem": str(error)}) from error
    return text


def _check_time(text: str) -> str:
    try:
        parse_time(text)
    except ValueError as error:
        raise PydanticCustomError("wrong-parameter", "{problem}.", {"problem": str(error)}) from error
    return text


class WaitParameters(Parameters):
    """Parameters of ``wait``."""

    mode: Literal["duration", "moment", "time_of_day"] = Field(
        default="duration",
        title="Wait",
        description="For a time, until a moment, or until a time of day.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={
                "duration": "For a time",
                "moment": "Until a moment",
                "time_of_day": "Until a time of day",
            },
            options_ru={
                "duration": "Заданное время",
                "moment": "До момента",
                "time_of_day": "До времени суток",
            },
            label_ru="Ждать",
            help_ru="Заданное время, до момента или до времени суток.",
        ),
    )
    amount: Templated[Annotated[float, Field(ge=0, allow_inf_nan=False)]] = Field(
        default=5,
        title="Amount",
        description="How many of the units below to wait.",
        examples=["{{ trigger.body.delay_minutes }}"],
        json_schema_extra=widget(
            order=20, visible_when=_DURATION, label_ru="Сколько", help_ru="Сколько единиц времени ждать."
        ),
    )
    unit: Literal["seconds", "minutes", "hours", "days"] = Field(
        default="minutes",
        title="Unit",
        description="Unit of the amount. A day is 24 hours.",
        json_schema_extra=widget(
            "select",
            order=30,
            visible_when=_DURATION,
            options={"seconds": "Seconds", "minutes": "Minutes", "hours": "Hours", "days": "Days"},
            options_ru={"seconds": "Секунды", "minutes": "Минуты", "hours": "Часы", "days": "Дни"},
            label_ru="Единица",
            help_ru="Единица времени. День — это 24 часа.",
        ),
    )
    until: Templated[Annotated[Text, Field(max_length=100), AfterValidator(_check_moment)]] = Field(
        default="",
        title="Moment",
        description="ISO 8601. Without an offset it is in the time zone below.",
        examples=["2026-12-31T18:00", "{{ trigger.body.due | date_add(days=-1) }}"],
        json_schema_extra=widget(
            order=40,
            visible_when=_MOMENT,
            label_ru="Момент",
            help_ru="ISO 8601. Без смещения — в часовом поясе, заданном ниже.",
        ),
    )
    past: Literal["continue", "fail"] = Field(
        default="continue",
        title="When it has passed",
        description="What a moment in the past means.",
        json_schema_extra=widget(
            "select",
            order=50,
            visible_when=_MOMENT,
            options={"continue": "Go on at once", "fail": "Fail the step"},
            options_ru={"continue": "Продолжить сразу", "fail": "Ошибка шага"},
            label_ru="Если он прошёл",
            help_ru="Что делать, если момент уже в прошлом.",
        ),
    )
    time: Templated[Annotated[Text, Field(max_length=20), AfterValidator(_check_time)]] = Field(
        default="09:00",
        title="Time of day",
        description="Hours and minutes. The step goes on when clocks show this time next.",
        examples=["09:00"],
        json_schema_extra=widget(
            order=60,
            visible_when=_TIME_OF_DAY,
            label_ru="Время суток",
            help_ru="Часы и минуты. Шаг продолжится, когда часы в следующий раз покажут это время.",
        ),
    )
    weekdays: list[
        Annotated[
            Weekday,
            Field(
                json_schema_extra=widget(
                    options={
                        "mon": "Monday",
                        "tue": "Tuesday",
                        "wed": "Wednesday",
                        "thu": "Thursday",
                        "fri": "Friday",
                        "sat": "Saturday",
                        "sun": "Sunday",
                    },
                    options_ru={
                        "mon": "Понедельник",
                        "tue": "Вторник",
                        "wed": "Среда",
                        "thu": "Четверг",
                        "fri": "Пятница",
                        "sat": "Суббота",
                        "sun": "Воскресенье",
                    },
                )
            ),
        ]
    ] = Field(
        default_factory=list,
        max_length=7,
        title="Days of the week",
        description="Only on these days; every day when empty.",
        json_schema_extra=widget(
            order=70,
            visible_when=_TIME_OF_DAY,
            label_ru="Дни недели",
            help_ru="Только в эти дни; если пусто — в любой день.",
        ),
    )
    timezone: TimezoneName = Field(
        default="",
        title="Time zone",
        description="IANA time zone of the moment or the time of day; the workflow's own when empty.",
        examples=["Europe/Moscow"],
        json_schema_extra=widget(
            "timezone",
            order=80,
            visible_when={"mode": ["moment", "time_of_day"]},
            label_ru="Часовой пояс",
            help_ru="Часовой пояс момента или времени суток; если пусто, берётся пояс рабочего процесса.",
        ),
    )


class Wait(NodeType):
    """Waits without holding a worker."""

    type = "wait"
    title = "Wait"
    title_ru = "Ожидание"
    group = "Logic"
    icon = "hourglass"
    summary = "Waits for a time, until a moment or until a time of day."
    summary_ru = "Ждёт заданное время, до момента или до времени суток."
    help = (
        "While the step waits it holds no worker: Airflow's triggerer wakes it, to the second. A triggerer "
        "must be running; while none is, the step waits longer, and goes on when one is back. Waits of less "
        "than five seconds are too short to hand over, and are slept through.\n\n"
        "- A moment in the past goes on at once, or fails the step.\n"
        "- The node's timeout counts the wait, too. The longest wait is set by "
        "`[flowforge] max_wait_s`.\n"
        "- A try after a crash waits for what is left, not from the start.\n\n"
        "The output tells `waited_s`, `started_at` and `ended_at`."
    )
    help_ru = (
        "Пока шаг ждёт, он не занимает исполнителя: его с точностью до секунды будит triggerer Airflow. "
        "Triggerer должен работать; пока его нет, шаг ждёт дольше и продолжится, когда он появится. Ожидание "
        "короче пяти секунд передавать нет смысла: его шаг проводит у исполнителя.\n\n"
        "- Момент в прошлом — продолжить сразу или ошибка шага.\n"
        "- Ограничение времени узла учитывает и ожидание. Самое долгое ожидание задаёт "
        "`[flowforge] max_wait_s`.\n"
        "- Попытка после сбоя ждёт оставшееся время, а не с начала.\n\n"
        "В результате: `waited_s`, `started_at` и `ended_at`."
    )
    keywords: ClassVar[tuple[str, ...]] = ("sleep", "delay", "pause", "timer", "until", "пауза", "задержка")
    parameters = WaitParameters
    untestable = "A wait does nothing but wait. Test the steps after it."
    untestable_ru = "Ожидание только ждёт. Проверьте шаги после него."
    operator = "flowforge_provider.operators.wait:WaitOperator"
    default_retry = Retry(retries=2, delay_s=5)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"mode": "moment", "until": "{{ trigger.body.due | date_add(days=-1) }}"},
        "data": {"trigger": {"body": {"due": "2026-12-31T18:00:00Z"}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["waited_s", "started_at", "ended_at"],
        "properties": {
            "waited_s": {"type": "number", "description": "Seconds from the start of the wait to its end."},
            "started_at": {"type": "string", "description": "When the wait began, ISO 8601."},
            "ended_at": {"type": "string", "description": "When it ended, ISO 8601."},
        },
    }

    @classmethod
    def defers(cls, parameters: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """Wait in the triggerer."""
        return True

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for the moment where one is waited for."""
        if parameters.get("mode") == "moment" and not parameters.get("until"):
            yield ParameterProblem(
                code="missing-parameter",
                message="The moment to wait for is missing. Write one, such as 2026-12-31T18:00.",
                field="until",
            )
