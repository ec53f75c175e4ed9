"""The trigger of a workflow that runs on a schedule."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.fields import CronExpression, TimezoneName, widget
from flowforge_provider.nodes.spec import SUCCESS, NodeType, Parameters


class CronParameters(Parameters):
    """Parameters of ``cron``."""

    expression: CronExpression = Field(
        title="Schedule",
        description="Minute, hour, day of month, month, day of week; or a preset such as @daily.",
        examples=["0 9 * * 1-5"],
        json_schema_extra=widget(
            "cron",
            order=10,
            label_ru="Расписание",
            help_ru="Минута, час, день месяца, месяц, день недели; или готовое, например @daily.",
        ),
    )
    timezone: TimezoneName = Field(
        default="",
        title="Time zone",
        description="IANA time zone of the schedule; the workflow's own time zone when empty.",
        examples=["Europe/Moscow"],
        json_schema_extra=widget(
            "timezone",
            order=20,
            label_ru="Часовой пояс",
            help_ru="Часовой пояс расписания; если пусто, берётся пояс рабочего процесса.",
        ),
    )


class CronTrigger(NodeType):
    """Runs start on a schedule."""

    type = "cron"
    kind = "trigger"
    title = "Schedule"
    title_ru = "Расписание"
    group = "Triggers"
    icon = "calendar-clock"
    summary = "Starts on a schedule."
    summary_ru = "Запускается по расписанию."
    subtitle = "{expression} {timezone}"
    help = (
        "Starts the workflow at the moments that a cron expression names, in the given time zone. "
        "Moments that passed while the workflow was not published, or Airflow was down, are not made up "
        "for.\n\n"
        "`trigger.scheduled_at` is the moment for which the run was planned."
    )
    help_ru = (
        "Запускает рабочий процесс в моменты, заданные выражением cron, в указанном часовом поясе. "
        "Моменты, прошедшие, пока процесс не был опубликован или Airflow не работал, не навёрстываются."
        "\n\n"
        "`trigger.scheduled_at` — момент, на который был назначен запуск."
    )
    keywords: ClassVar[tuple[str, ...]] = ("cron", "timer", "interval", "daily", "таймер", "крон")
    parameters = CronParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"expression": "0 9 * * 1-5", "timezone": "Europe/Moscow"},
        "data": {},
    }
