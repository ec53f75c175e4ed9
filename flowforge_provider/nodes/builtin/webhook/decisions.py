"""Parameters of ``webhook``: which deliveries start a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from flowforge_provider.nodes.conditions import Conditions, conditions_widget, find_gaps
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated, holds_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FILTER = {"x-group": "Filter", "x-group-ru": "Фильтр"}
_DEDUPLICATION = "De-duplication"


class DecisionParameters(Parameters):
    """Which deliveries start a run; orders 250 to 299."""

    filter: Conditions = Field(
        default_factory=Conditions,
        title="Only when",
        description="What must hold for a delivery to start a run. Others are answered with 200 and "
        "recorded as skipped. Without a condition, all deliveries start one.",
        json_schema_extra=conditions_widget(
            order=250,
            label_ru="Только если",
            help_ru="Что должно выполняться, чтобы запрос запустил процесс. Остальные получают ответ 200 и "
            "записываются как пропущенные. Без условий запускают все.",
        )
        | _FILTER,
    )
    deduplication: Literal["sender", "idempotency_key", "expression", "off"] = Field(
        default="sender",
        title="Recognise repeated deliveries",
        description="A delivery that was accepted before is answered like the first one and not run again.",
        json_schema_extra=widget(
            "select",
            order=260,
            group=_DEDUPLICATION,
            group_ru="Повторы",
            options={
                "sender": "By the sender's id or Idempotency-Key",
                "idempotency_key": "By Idempotency-Key only",
                "expression": "By an expression",
                "off": "No",
            },
            options_ru={
                "sender": "По id отправителя или Idempotency-Key",
                "idempotency_key": "Только по Idempotency-Key",
                "expression": "По выражению",
                "off": "Нет",
            },
            label_ru="Распознавать повторы",
            help_ru="Запрос, принятый раньше, получает ответ первого и не запускается снова.",
        ),
    )
    dedup_key: Templated[Any] = Field(
        default="",
        title="Key",
        description="Expression over trigger that is the same when a delivery is sent again. "
        "A delivery for which it yields null or an empty text is always a new one.",
        examples=["{{ trigger.body.event.id }}"],
        json_schema_extra=widget(
            "expression",
            order=261,
            group=_DEDUPLICATION,
            visible_when={"deduplication": "expression"},
            label_ru="Ключ",
            help_ru="Выражение над trigger, одинаковое у повторов. Если оно даёт null или пустой текст, "
            "запрос всегда новый.",
        ),
    )
    dedup_window_s: int = Field(
        default=86400,
        ge=1,
        le=31 * 86400,
        title="Remember for",
        description="Time after which the same key is a new delivery again.",
        json_schema_extra=widget(
            "duration",
            order=262,
            group=_DEDUPLICATION,
            visible_when={"deduplication": ["sender", "idempotency_key", "expression"]},
            label_ru="Помнить",
            help_ru="Через какое время тот же ключ снова считается новым.",
        ),
    )


def check_decisions(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    """
    Yield what is left open in the expressions that are evaluated at the front door.

    :param parameters: the node's parameters as saved; may be incomplete or wrong
    """
    conditions = parameters.get("filter") or {}
    for path, message in find_gaps(Conditions, conditions):
        # Without any condition, all deliveries start a run.
        if path:
            yield ParameterProblem(code="missing-condition", message=message, field=f"filter.{path}")
    if parameters.get("deduplication") == "expression" and not holds_template(parameters.get("dedup_key")):
        yield ParameterProblem(
            code="missing-dedup-key",
            message="No expression tells a repeated delivery. Write one, such as {{ trigger.body.id }}.",
            field="dedup_key",
        )
    for field in ("filter", "dedup_key", "rate_key", "group_key", "concurrency_key"):
        yield from _check_names(field, parameters.get(field))


def _check_names(field: str, value: Any) -> Iterator[ParameterProblem]:
    if not holds_template(value):
        return
    from flowforge_provider.expressions import references

    others = sorted(references(value).names - {"trigger"})
    if others:
        yield ParameterProblem(
            code="unknown-name",
            message=(
                f"This is evaluated before there is a run, so it knows trigger only, not {', '.join(others)}."
            ),
            field=field,
        )
