"""The trigger of a workflow that runs on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.fields import CronExpression, TimezoneName, widget
from flowforge_provider.nodes.spec import SUCCESS, NodeType, ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST_EXPRESSIONS = 20
_LONGEST_JITTER_S = 3600
_GROUP = "When it fires"
_GROUP_RU = "Когда срабатывает"


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
    further_expressions: list[CronExpression] = Field(
        default_factory=list,
        max_length=_MOST_EXPRESSIONS - 1,
        title="Further schedules",
        description="Cron expressions beside the first one; a run starts whenever one of them fires.",
        examples=[["0 12 * * 6"]],
        json_schema_extra=widget(
            order=15,
            label_ru="Ещё расписания",
            help_ru="Выражения cron помимо первого; запуск происходит, когда срабатывает любое из них.",
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
    start_at: str = Field(
        default="",
        max_length=40,
        title="Start",
        description="No run is for a moment before this one; at once when empty.",
        examples=["2026-03-01T00:00"],
        json_schema_extra=widget(
            "datetime",
            order=30,
            label_ru="Начало",
            help_ru="До этого момента расписание не срабатывает; если пусто, работает сразу.",
            group=_GROUP,
            group_ru=_GROUP_RU,
        ),
    )
    end_at: str = Field(
        default="",
        max_length=40,
        title="End",
        description="No run is for a moment after this one, or after this day; never ends when empty.",
        examples=["2026-12-31"],
        json_schema_extra=widget(
            "datetime",
            order=40,
            label_ru="Конец",
            help_ru="После этого момента или дня расписание не срабатывает; если пусто, не кончается.",
            group=_GROUP,
            group_ru=_GROUP_RU,
        ),
    )
    jitter_s: int = Field(
        default=0,
        ge=0,
        le=_LONGEST_JITTER_S,
        title="Jitter (seconds)",
        description=(
            "A run begins up to so many seconds after its moment, so that workflows of one schedule do not "
            "start all at once. The delay of a moment is always the same."
        ),
        json_schema_extra=widget(
            order=50,
            label_ru="Разброс (секунды)",
            help_ru=(
                "Запуск начинается позже своего момента не более чем на столько секунд, чтобы процессы с "
                "одним расписанием не стартовали разом. Задержка одного момента всегда одинакова."
            ),
            group=_GROUP,
            group_ru=_GROUP_RU,
        ),
    )
    catch_up: bool = Field(
        default=False,
        title="Make up for missed moments",
        description=(
            "Whether every moment that passed while Airflow was down, or since the start above, is run. "
            "Otherwise only the newest of them is. What passes while the schedule is switched off is lost."
        ),
        json_schema_extra=widget(
            order=60,
            label_ru="Навёрстывать пропущенное",
            help_ru=(
                "Выполнять ли каждый момент, который прошёл, пока Airflow не работал, или начиная с даты "
                "выше. Иначе выполняется только последний. Прошедшее при выключенном расписании не "
                "навёрстывается."
            ),
            group=_GROUP,
            group_ru=_GROUP_RU,
        ),
    )
    no_overlap: bool = Field(
        default=False,
        title="No overlap",
        description=(
            "Skip a scheduled run while an earlier run of this workflow, however started, is still running."
        ),
        json_schema_extra=widget(
            order=70,
            label_ru="Без наложения",
            help_ru=(
                "Пропускать запуск по расписанию, пока ещё идёт более ранний запуск этого процесса, чем бы "
                "он ни был вызван."
            ),
            group=_GROUP,
            group_ru=_GROUP_RU,
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
        "Starts the workflow at the moments that cron expressions name, in the given time zone. Airflow's "
        "own scheduler does it.\n\n"
        "- Where clocks are changed, each moment still comes once: 2:30 on the night without it is run an "
        "hour later, and on the night that has it twice, the second time.\n"
        "- After Airflow was down, the newest missed moment is run; with *Make up for missed moments*, each "
        "of them is.\n"
        "- With *No overlap*, a run that finds an earlier one running does nothing, and says so. It needs "
        "room: more than one active run in the workflow's settings.\n"
        "- The switch in the toolbar turns the schedules of a published workflow off and on. Its webhooks "
        "and starts by hand go on, and what passed meanwhile is not made up for.\n\n"
        "`trigger.scheduled_at` is the moment for which the run was planned, without the jitter."
    )
    help_ru = (
        "Запускает рабочий процесс в моменты, заданные выражениями cron, в указанном часовом поясе. Это "
        "делает сам планировщик Airflow.\n\n"
        "- При переводе часов каждый момент наступает один раз: 2:30 в ночь, когда его нет, — часом позже, а "
        "в ночь, когда оно бывает дважды, — во второй раз.\n"
        "- После простоя Airflow выполняется последний пропущенный момент; с включённым «Навёрстывать "
        "пропущенное» — каждый.\n"
        "- С включённым «Без наложения» запуск, заставший более ранний, ничего не делает и сообщает об этом. "
        "В настройках процесса должно быть разрешено больше одного одновременного запуска.\n"
        "- Переключатель на панели выключает и включает расписания опубликованного процесса. Вебхуки и "
        "ручной запуск продолжают работать, прошедшее за это время не навёрстывается.\n\n"
        "`trigger.scheduled_at` — момент, на который был назначен запуск, без разброса."
    )
    keywords: ClassVar[tuple[str, ...]] = ("cron", "timer", "interval", "daily", "таймер", "крон")
    parameters = CronParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"expression": "0 9 * * 1-5", "timezone": "Europe/Moscow"},
        "data": {},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Read the start and the end, and compare them."""
        from flowforge_provider.nodes.schedule import check_timezone
        from flowforge_provider.nodes.schedules import Schedule

        named = parameters.get("timezone")
        zone = named if isinstance(named, str) and named and check_timezone(named) is None else "UTC"
        start, end = (
            text if isinstance(text := parameters.get(field), str) else "" for field in ("start_at", "end_at")
        )
        schedule = Schedule(node="", crons=(), timezone=zone, start=start, end=end)
        moments = []
        for field, name in (("start_at", "first"), ("end_at", "last")):
            try:
                moments.append(getattr(schedule, name))
            except ValueError as error:  # noqa: PERF203 - each has a message of its own
                yield ParameterProblem(code="bad-moment", message=f"{error}.", field=field)
        first, last = moments if len(moments) == 2 else (None, None)
        if first is not None and last is not None and last < first:
            yield ParameterProblem(
                code="end-before-start",
                message="The schedule ends before it begins, so it never fires. Correct one of the two.",
                field="end_at",
            )
