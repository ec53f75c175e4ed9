"""The step in which ways come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowforge_provider.nodes.conditions import LaterValue
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowforge_provider.nodes.spec import TriggerRule

_TWO_LISTS: dict[str, str | list[str]] = {"mode": ["join", "position"]}


class MergeKey(BaseModel):
    """A pair of fields that must be equal."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    left: str = Field(
        min_length=1,
        max_length=500,
        title="Left field",
        description="Field of the rows of the left list; dots lead inside: customer.id.",
        examples=["customer_id"],
        json_schema_extra=widget(
            label_ru="Поле слева", help_ru="Поле строк левого списка; точки ведут внутрь: customer.id."
        ),
    )
    right: str = Field(
        default="",
        max_length=500,
        title="Right field",
        description="Field of the rows of the right list; the same as on the left when empty.",
        examples=["id"],
        json_schema_extra=widget(
            label_ru="Поле справа", help_ru="Поле строк правого списка; если пусто — такое же, как слева."
        ),
    )


class MergeParameters(Parameters):
    """Parameters of ``merge``."""

    mode: Literal["all", "first", "append", "join", "position"] = Field(
        default="all",
        title="Kind",
        description="What becomes of the steps before.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={
                "all": "Wait for all",
                "first": "First one that is done",
                "append": "Append lists",
                "join": "Join two lists by key",
                "position": "Join two lists by position",
            },
            options_ru={
                "all": "Дождаться всех",
                "first": "Первый готовый",
                "append": "Соединить списки подряд",
                "join": "Соединить два списка по ключу",
                "position": "Соединить два списка по порядку",
            },
            label_ru="Вид",
            help_ru="Что делать с предыдущими шагами.",
        ),
    )
    lists: list[LaterValue] = Field(
        default_factory=list,
        max_length=100,
        title="Lists",
        description=(
            "Lists to append, in this order; a value that is no list is one item, one that is not there is "
            "left "
            "out. Empty: the outputs of the steps before, in the order of their ids."
        ),
        examples=["{{ steps.load.rows }}"],
        json_schema_extra=widget(
            order=20,
            visible_when={"mode": "append"},
            label_ru="Списки",
            help_ru=(
                "Списки по порядку; значение не-список — один элемент, отсутствующее пропускается. Если "
                "пусто: "
                "результаты предыдущих шагов в порядке идентификаторов."
            ),
        ),
    )
    left: LaterValue = Field(
        default=None,
        title="Left list",
        description="List of objects; an empty list when its step was skipped.",
        examples=["{{ steps.load_orders.rows }}"],
        json_schema_extra=widget(
            "expression",
            order=30,
            visible_when=_TWO_LISTS,
            label_ru="Левый список",
            help_ru="Список объектов; пустой, если его шаг пропущен.",
        ),
    )
    right: LaterValue = Field(
        default=None,
        title="Right list",
        description="List of objects; an empty list when its step was skipped.",
        examples=["{{ steps.load_customers.rows }}"],
        json_schema_extra=widget(
            "expression",
            order=40,
            visible_when=_TWO_LISTS,
            label_ru="Правый список",
            help_ru="Список объектов; пустой, если его шаг пропущен.",
        ),
    )
    keys: list[MergeKey] = Field(
        default_factory=list,
        max_length=20,
        title="Keys",
        description="Fields that must be equal for two rows to belong together. null equals nothing.",
        json_schema_extra=widget(
            order=50,
            visible_when={"mode": "join"},
            label_ru="Ключи",
            help_ru="Поля, которые должны совпасть, чтобы строки подошли друг другу. null ничему не равен.",
        ),
    )
    rows: Literal["inner", "left", "right", "full"] = Field(
        default="inner",
        title="Keep",
        description="Which rows are kept when they have no counterpart.",
        json_schema_extra=widget(
            "select",
            order=60,
            visible_when=_TWO_LISTS,
            options={
                "inner": "Pairs only",
                "left": "All of the left list",
                "right": "All of the right list",
                "full": "All of both lists",
            },
            options_ru={
                "inner": "Только пары",
                "left": "Все из левого списка",
                "right": "Все из правого списка",
                "full": "Все из обоих списков",
            },
            label_ru="Оставить",
            help_ru="Какие строки без пары остаются.",
        ),
    )
    clash: Literal["suffix", "left", "right"] = Field(
        default="suffix",
        title="Same names",
        description="What happens to fields that both rows have.",
        json_schema_extra=widget(
            "select",
            order=70,
            visible_when=_TWO_LISTS,
            options={
                "suffix": "Keep both, the right one as name_right",
                "left": "Keep the left one",
                "right": "Keep the right one",
            },
            options_ru={
                "suffix": "Оставить оба, правое как имя_right",
                "left": "Оставить левое",
                "right": "Оставить правое",
            },
            label_ru="Одинаковые имена",
            help_ru="Что делать с полями, которые есть в обеих строках.",
        ),
    )
    convert: bool = Field(
        default=False,
        title="Convert types",
        description='Compare a text as the number that it holds: "5" equals 5.',
        json_schema_extra=widget(
            order=80,
            visible_when={"mode": "join"},
            label_ru="Преобразовывать типы",
            help_ru="Сравнивать текст как число, которое в нём записано: «5» равно 5.",
        ),
    )


class Merge(NodeType):
    """Brings ways together."""

    type = "merge"
    title = "Merge"
    title_ru = "Слияние"
    group = "Logic"
    icon = "merge"
    summary = "Brings ways together: waits for them, appends or joins their lists."
    summary_ru = "Сводит ветви вместе: ждёт их, соединяет их списки."
    help = (
        "Every step waits for all steps before it, and goes on when at least one of them was not skipped; so "
        "does this one, but for *first*. It hands on:\n\n"
        "- **Wait for all**: an object with the output of each step before, under its id; null for a step "
        "that "
        "was skipped, or that went another way.\n"
        "- **First one that is done**: the output of the first step that succeeds. It goes on at once and "
        "only "
        "once. The other ways run on to their ends, and are not waited for here; what they yield is "
        "ignored, and "
        "when one of them fails before another one succeeds, the run goes on all the same. When several "
        "are done "
        "at that moment, the one whose id is first in the alphabet counts.\n"
        "- **Append lists**: one list.\n"
        "- **Join two lists by key**: pairs of rows as one object, as a database joins tables: a row that "
        "has "
        "several counterparts is there several times.\n"
        "- **Join two lists by position**: the first with the first, and so on.\n\n"
        "A failure of a step before, without an edge from its `error` port, fails the run."
    )
    help_ru = (
        "Каждый шаг ждёт все предыдущие и продолжает, если хотя бы один не пропущен; так делает и этот, "
        "кроме "
        "вида *первый*. Он передаёт дальше:\n\n"
        "- **Дождаться всех**: объект с результатом каждого предыдущего шага под его идентификатором; null "
        "для "
        "шага, который пропущен или пошёл другим путём.\n"
        "- **Первый готовый**: результат первого успешного шага. Продолжает сразу и только один раз. "
        "Остальные "
        "ветви выполняются до конца, но здесь их не ждут; их результаты не учитываются, а если одна из них "
        "завершится ошибкой раньше, чем другая успехом, запуск всё равно продолжится. Если в этот момент "
        "готовы "
        "несколько, учитывается шаг, идентификатор которого первый по алфавиту.\n"
        "- **Соединить списки подряд**: один список.\n"
        "- **Соединить два списка по ключу**: пары строк как один объект, как таблицы в базе данных: "
        "строка с "
        "несколькими парами повторяется.\n"
        "- **Соединить два списка по порядку**: первая с первой и так далее.\n\n"
        "Ошибка предыдущего шага без связи от его порта `error` завершает запуск ошибкой."
    )
    keywords: ClassVar[tuple[str, ...]] = ("join", "combine", "wait", "append", "sync", "union", "объединить")
    parameters = MergeParameters
    operator = "flowforge_provider.operators.merge:MergeOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {
            "mode": "join",
            "left": "{{ steps.load_orders.rows }}",
            "right": "{{ steps.load_customers.rows }}",
            "keys": [{"left": "customer_id", "right": "id"}],
            "rows": "left",
        },
        "data": {
            "steps": {
                "load_orders": {"rows": [{"id": 7, "customer_id": 1}, {"id": 8, "customer_id": 2}]},
                "load_customers": {"rows": [{"id": 1, "name": "Ada"}]},
            }
        },
    }

    @classmethod
    def trigger_rule(cls, parameters: Mapping[str, Any]) -> TriggerRule | None:
        """Start at the first success instead of after all."""
        return "one_success" if parameters.get("mode") == "first" else None

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for the lists and the keys of a join."""
        mode = parameters.get("mode")
        if mode not in ("join", "position"):
            return
        for side in ("left", "right"):
            if parameters.get(side) in (None, ""):
                message = f"The {side} list is missing. Choose it: {{{{ steps.load_orders.rows }}}}."
                yield ParameterProblem("missing-parameter", message, side)
        if mode == "join" and not parameters.get("keys"):
            yield ParameterProblem(
                "missing-parameter", "There is no key. Add the fields that must be equal.", "keys"
            )
