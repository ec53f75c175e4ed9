"""Parameters of ``webhook``: how fast deliveries become runs."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import Parameters
from flowforge_provider.nodes.templated import Templated

GROUP = "Flow control"
_GROUP_RU = "Управление потоком"
_MONTH_S = 31 * 86400
_LIMITED: dict[str, str | list[str]] = {"rate_limiting": ["reject", "spread"]}
_DEBOUNCED: dict[str, str | list[str]] = {"grouping": "debounce"}
_BATCHED: dict[str, str | list[str]] = {"grouping": "batch"}
_GROUPED: dict[str, str | list[str]] = {"grouping": ["debounce", "batch"]}


class FlowParameters(Parameters):
    """How fast deliveries become runs; orders 300 to 399."""

    rate_limiting: Literal["off", "reject", "spread"] = Field(
        default="off",
        title="Rate limit",
        description="Take no more than a number of deliveries in a period. What comes on top is refused with "
        "429 and Retry-After, or accepted and run later.",
        json_schema_extra=widget(
            "select",
            order=310,
            group=GROUP,
            group_ru=_GROUP_RU,
            options={"off": "None", "reject": "Refuse with 429", "spread": "Run later"},
            options_ru={"off": "Нет", "reject": "Отказать с кодом 429", "spread": "Запустить позже"},
            label_ru="Ограничение частоты",
            help_ru="Принимать не больше заданного числа запросов за период. Лишние получают отказ 429 с "
            "Retry-After или принимаются и выполняются позже.",
        ),
    )
    rate_limit: int = Field(
        default=60,
        ge=1,
        le=1_000_000,
        title="Deliveries",
        description="So many pass at once; after that one each period divided by this number.",
        json_schema_extra=widget(
            order=311,
            group=GROUP,
            visible_when=_LIMITED,
            label_ru="Запросов",
            help_ru="Столько проходит сразу; дальше по одному за период, делённый на это число.",
        ),
    )
    rate_period_s: int = Field(
        default=60,
        ge=1,
        le=_MONTH_S,
        title="Period",
        description="Time in which so many pass on the average.",
        json_schema_extra=widget(
            "duration",
            order=312,
            group=GROUP,
            visible_when=_LIMITED,
            label_ru="Период",
            help_ru="Время, за которое в среднем проходит столько запросов.",
        ),
    )
    rate_key: Templated[Any] = Field(
        default="",
        title="Count per",
        description="Expression over trigger: each of its values has a limit of its own. "
        "Empty: all deliveries are counted together.",
        examples=["{{ trigger.body.customer_id }}"],
        json_schema_extra=widget(
            "expression",
            order=313,
            group=GROUP,
            visible_when=_LIMITED,
            label_ru="Считать отдельно для",
            help_ru="Выражение над trigger: у каждого его значения свой предел. Пусто: все запросы вместе.",
        ),
    )
    grouping: Literal["off", "debounce", "batch"] = Field(
        default="off",
        title="Put together",
        description="Debounce: after a quiet time the last delivery becomes the run, and those before it are "
        "skipped. Batch: deliveries are collected into one run, whose trigger.body is the list of bodies. "
        "Give the sample body as a list then.",
        json_schema_extra=widget(
            "select",
            order=320,
            group=GROUP,
            options={"off": "No: a run for each", "debounce": "Debounce: the last one", "batch": "Batch"},
            options_ru={
                "off": "Нет: запуск для каждого",
                "debounce": "Только последний из серии",
                "batch": "Пачкой",
            },
            label_ru="Объединять",
            help_ru="Последний из серии: после тишины запускается последний запрос, прежние пропускаются. "
            "Пачкой: запросы собираются в один запуск, его trigger.body — список тел, "
            "поэтому и пример тела задайте списком.",
        ),
    )
    group_key: Templated[Any] = Field(
        default="",
        title="Together per",
        description="Expression over trigger: deliveries with the same value are put together. "
        "Empty: all deliveries.",
        examples=["{{ trigger.body.order_id }}"],
        json_schema_extra=widget(
            "expression",
            order=321,
            group=GROUP,
            visible_when=_GROUPED,
            label_ru="Объединять по",
            help_ru="Выражение над trigger: объединяются запросы с одинаковым значением. Пусто: все.",
        ),
    )
    debounce_quiet_s: int = Field(
        default=10,
        ge=1,
        le=86400,
        title="Quiet time",
        description="Time without another delivery after which the last one becomes the run.",
        json_schema_extra=widget(
            "duration",
            order=322,
            group=GROUP,
            visible_when=_DEBOUNCED,
            label_ru="Тишина",
            help_ru="Сколько ждать без новых запросов перед запуском последнего.",
        ),
    )
    debounce_longest_s: int = Field(
        default=0,
        ge=0,
        le=_MONTH_S,
        title="Longest wait",
        description="Time after the first delivery at which the last one becomes the run even when more "
        "arrive; 0 for no end.",
        json_schema_extra=widget(
            "duration",
            order=323,
            group=GROUP,
            visible_when=_DEBOUNCED,
            label_ru="Ждать не дольше",
            help_ru="Через какое время после первого запроса запустить последний, даже если приходят "
            "новые; 0 — без предела.",
        ),
    )
    batch_size: int = Field(
        default=100,
        ge=1,
        le=1000,
        title="Largest batch",
        description="Number of deliveries at which a batch starts its run; also at 4 MiB of bodies.",
        json_schema_extra=widget(
            order=324,
            group=GROUP,
            visible_when=_BATCHED,
            label_ru="Размер пачки",
            help_ru="При скольких запросах пачка запускается; также при 4 МиБ тел.",
        ),
    )
    batch_wait_s: int = Field(
        default=60,
        ge=1,
        le=86400,
        title="Longest wait",
        description="Time after its first delivery at which a batch starts its run, however small it is.",
        json_schema_extra=widget(
            "duration",
            order=325,
            group=GROUP,
            visible_when=_BATCHED,
            label_ru="Ждать не дольше",
            help_ru="Через какое время после первого запроса пачка запускается, даже неполная.",
        ),
    )
    limit_concurrency: bool = Field(
        default=False,
        title="Limit running executions",
        description="Deliveries wait in their order while as many executions as allowed have not finished. "
        "For the whole workflow, see Concurrency in its settings.",
        json_schema_extra=widget(
            order=330,
            group=GROUP,
            label_ru="Ограничить одновременные запуски",
            help_ru="Запросы ждут по порядку, пока не завершено разрешённое число запусков. "
            "Для всего процесса — в его настройках.",
        ),
    )
    concurrency_limit: int = Field(
        default=1,
        ge=1,
        le=1000,
        title="Running at once",
        description="Number of executions that may be unfinished at the same time.",
        json_schema_extra=widget(
            order=331,
            group=GROUP,
            visible_when={"limit_concurrency": True},
            label_ru="Одновременно",
            help_ru="Сколько запусков могут быть незавершёнными одновременно.",
        ),
    )
    concurrency_key: Templated[Any] = Field(
        default="",
        title="For each",
        description="Expression over trigger: each of its values has a limit of its own. "
        "Empty: all executions of this trigger.",
        examples=["{{ trigger.body.customer_id }}"],
        json_schema_extra=widget(
            "expression",
            order=332,
            group=GROUP,
            visible_when={"limit_concurrency": True},
            label_ru="Для каждого",
            help_ru="Выражение над trigger: у каждого его значения свой предел. "
            "Пусто: все запуски этого триггера.",
        ),
    )
