"""The loop: a part of the workflow that runs once for each item of a list."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import ERROR, NodeType, Parameters, Port
from flowforge_provider.nodes.templated import Templated


class ForEachParameters(Parameters):
    """Parameters of ``for_each``."""

    items: Templated[list[Any]] = Field(
        title="Items",
        description="The list to go through, mostly one expression: {{ steps.get_orders.body }}.",
        examples=["{{ trigger.body.orders }}"],
        json_schema_extra=widget(
            "expression",
            order=10,
            label_ru="Элементы",
            help_ru="Список, который нужно обойти; обычно одно выражение: {{ steps.get_orders.body }}.",
        ),
    )
    continue_on_item_error: bool = Field(
        default=False,
        title="Continue on item error",
        description=(
            "Off: the loop fails when an item has failed; no further item is begun. "
            "On: the other items go on, and the failed ones are listed in errors."
        ),
        json_schema_extra=widget(
            order=20,
            label_ru="Продолжать при ошибке элемента",
            help_ru=(
                "Выключено: цикл завершается ошибкой, если не удался один из элементов; новые элементы не "
                "начинаются. Включено: остальные элементы выполняются, а неудачные перечислены в errors."
            ),
        ),
    )
    concurrency: int = Field(
        default=0,
        ge=0,
        le=1000,
        title="Items at once",
        description=(
            "How many items may be in the same step at once; 0 leaves it to Airflow. 1 takes a step's items "
            "one after another."
        ),
        json_schema_extra=widget(
            order=30,
            label_ru="Элементов одновременно",
            help_ru=(
                "Сколько элементов может одновременно выполнять один и тот же шаг; 0 — решает Airflow. "
                "При 1 шаг берёт элементы по одному."
            ),
        ),
    )
    batch_size: int = Field(
        default=0,
        ge=0,
        le=10_000,
        title="Items per task",
        description=(
            "How many items one Airflow task takes, one after another. 0: one per task up to 100 items, then "
            "as many as keep each step at 100 tasks."
        ),
        json_schema_extra=widget(
            order=40,
            advanced=True,
            label_ru="Элементов на задачу",
            help_ru=(
                "Сколько элементов подряд берёт одна задача Airflow. 0: по одному, если их не больше 100; "
                "иначе столько, чтобы на шаг приходилось 100 задач."
            ),
        ),
    )


class ItemsParameters(ForEachParameters):
    """Parameters of the task that makes the batches; the compiler makes them."""

    one_item_per_task: bool = False


class CollectingParameters(Parameters):
    """Parameters of the task that collects the results; the compiler makes them."""

    continue_on_item_error: bool = False
    results_by_step: bool = False


class ForEach(NodeType):
    """Runs a part of the workflow once for each item of a list."""

    type = "for_each"
    title = "For each"
    title_ru = "Для каждого"
    group = "Logic"
    icon = "repeat"
    summary = "Runs the steps at its port item once for each item of a list."
    summary_ru = "Выполняет шаги за портом item для каждого элемента списка."
    subtitle = "{items}"
    help = (
        "All steps that the port `item` leads to are the body of the loop. They run once for each item, and "
        "find it as `item`, its place in the list as `item_index` (from 0). `steps.<id>` of a step in the "
        "body is the output for the same item.\n\n"
        "Connect what goes on afterwards to `done`. There `steps.<id>` of the loop is:\n\n"
        "- `results`: for each item the output of its last step, in the order of the list; `null` where the "
        "item has failed or took a way that ends without a step. Where the body ends in several steps side "
        "by side, each result is an object with the step's id as key.\n"
        "- `errors`: the failed items, each with `index`, `item`, `step` and `error`.\n"
        "- `total`, `succeeded`, `failed`: how many there are of each.\n\n"
        "Items run side by side, each step as an Airflow task. Long lists are split, so that one task takes "
        "several items; each of them still has its own input, output, error and retries. An empty list skips "
        "the body and goes on at `done`.\n\n"
        "A loop cannot stand in the body of another one. Make the inner loop a workflow of its own and start "
        "it by Run workflow, or make one list of all before the loop."
    )
    help_ru = (
        "Все шаги, к которым ведёт порт `item`, — тело цикла. Они выполняются для каждого элемента и видят "
        "его как `item`, а его место в списке как `item_index` (с 0). `steps.<id>` шага из тела — результат "
        "для того же элемента.\n\n"
        "То, что идёт дальше, соедините с `done`. Там `steps.<id>` цикла содержит:\n\n"
        "- `results`: для каждого элемента результат его последнего шага, в порядке списка; `null`, если "
        "элемент не удался или его путь закончился без шага. Если тело заканчивается несколькими шагами "
        "рядом, результат — объект, ключи которого — id шагов.\n"
        "- `errors`: неудачные элементы: `index`, `item`, `step` и `error`.\n"
        "- `total`, `succeeded`, `failed`: сколько их.\n\n"
        "Элементы выполняются параллельно, каждый шаг — задача Airflow. Длинные списки делятся: одна задача "
        "берёт несколько элементов, но у каждого свои вход, результат, ошибка и повторы. Пустой список "
        "пропускает тело и продолжается в `done`.\n\n"
        "Цикл не может стоять в теле другого цикла. Вынесите внутренний цикл в отдельный процесс и "
        "запускайте его шагом «Запуск процесса» или соберите до цикла один общий список."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "loop",
        "map",
        "iterate",
        "list",
        "batch",
        "цикл",
        "список",
        "перебор",
    )
    parameters = ForEachParameters
    ports: ClassVar[tuple[Port, ...]] = (
        Port(
            id="item",
            label="item",
            description="The body begins here: these steps run once for each item.",
            description_ru="Здесь начинается тело цикла: эти шаги выполняются для каждого элемента.",
        ),
        Port(
            id="done",
            label="done",
            description="All items are through; the output holds their results.",
            description_ru="Все элементы пройдены; результат содержит их результаты.",
        ),
        ERROR,
    )
    untestable = (
        "A loop is made of the steps in it. Test one of those with an item, or pin the loop's results "
        "and test what follows."
    )
    untestable_ru = (
        "Цикл состоит из своих шагов. Проверьте один из них на элементе или закрепите результаты "
        "цикла и проверьте то, что дальше."
    )
    operator = "flowforge_provider.operators.for_each:ForEachOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"items": "{{ trigger.body.orders }}", "concurrency": 4},
        "data": {"trigger": {"body": {"orders": [{"id": 7}, {"id": 8}]}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "results": {"type": "array", "description": "Output of the last step of each item, in order."},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "index": {"type": "integer", "description": "Place of the item in the list, from 0."},
                        "item": {"description": "The item."},
                        "step": {"type": "string", "description": "Id of the step that failed."},
                        "error": {"type": "object", "description": "Why: type, code, message, detail."},
                    },
                },
            },
            "total": {"type": "integer", "description": "Number of items."},
            "succeeded": {"type": "integer", "description": "Items that got through."},
            "failed": {"type": "integer", "description": "Items that did not."},
        },
    }
