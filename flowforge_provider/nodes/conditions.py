"""
Conditions built without code: a value, an operator, another value; joined by all or any, in groups.

``condition_check.py`` decides whether they hold. Values are filled in before that, but a value that is not
there is no error until some operator needs it: only so can a condition ask whether it exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError, core_schema

from flowforge_provider.exceptions import ExpressionValueError
from flowforge_provider.nodes.condition_operators import OPERATORS, OperatorId, ValueType, describe_operators
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.templated import Templated, TemplatedMarker, holds_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic import GetCoreSchemaHandler, ValidationInfo, ValidatorFunctionWrapHandler

MAX_CONDITIONS = 100
MAX_GROUP_DEPTH = 5


class Unavailable:
    """
    A value whose expression has failed; the error is told when the value is needed.

    :param error: why there is no value
    """

    def __init__(self, error: ExpressionValueError) -> None:
        self.error = error

    @property
    def is_missing(self) -> bool:
        """Return whether a name or a field is not there, as opposed to an operation that went wrong."""
        from flowforge_provider.expressions.values import MissingValueError

        return isinstance(self.error, MissingValueError)


class _LaterMarker(TemplatedMarker):
    """As ``Templated``, but an expression that fails becomes an ``Unavailable``."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_wrap_validator_function(
            self._validate_later,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_write),
        )

    def _validate_later(self, value: Any, handler: Any, info: core_schema.ValidationInfo) -> Any:
        try:
            return self._validate(value, handler, info)
        except ExpressionValueError as error:
            return Unavailable(error)


def _write(value: Any) -> Any:
    return {"unavailable": value.error.message} if isinstance(value, Unavailable) else value


# Any JSON, or a template; an Unavailable where the template fails.
LaterValue = Annotated[Any, _LaterMarker()]


class _Comparison(BaseModel):
    """What conditions of all kinds share: the type, the operator and the right side."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    type: ValueType = Field(
        default="text",
        title="Type",
        description="Type that the value must have; any for all of them.",
        json_schema_extra=widget(
            label_ru="Тип",
            help_ru="Тип, который должно иметь значение; any — любой.",
            options={item["id"]: item["label"] for item in describe_operators()["types"]},
            options_ru={item["id"]: item["label_ru"] for item in describe_operators()["types"]},
        ),
    )
    operator: OperatorId = Field(
        default="equals",
        title="Operator",
        description="How the value is compared.",
        json_schema_extra=widget(
            label_ru="Оператор",
            help_ru="Как сравнивать значение.",
            options={id_: item.label for id_, item in OPERATORS.items()},
            options_ru={id_: item.label_ru for id_, item in OPERATORS.items()},
        ),
    )
    right: LaterValue = Field(
        default=None,
        title="Compare with",
        description="Value on the right side; operators such as exists need none.",
        json_schema_extra=widget(
            "expression",
            label_ru="С чем сравнить",
            help_ru="Значение справа; операторам вроде «существует» оно не нужно.",
        ),
    )
    ignore_case: bool = Field(
        default=False,
        title="Ignore case",
        description="Capitals and small letters are the same.",
        json_schema_extra=widget(label_ru="Без учёта регистра", help_ru="Заглавные и строчные буквы равны."),
    )

    @field_validator("operator")
    @classmethod
    def _check_operator(cls, operator: OperatorId, info: ValidationInfo) -> OperatorId:
        type_ = info.data.get("type")
        if type_ is not None and type_ not in OPERATORS[operator].types:
            raise PydanticCustomError(
                "wrong-parameter",
                '"{label}" cannot be used on the type {type}. Choose another operator or type.',
                {"label": OPERATORS[operator].label, "type": type_},
            )
        return operator

    @field_validator("right", mode="wrap")
    @classmethod
    def _read_right(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Read what was typed as the type asks for it; what an expression yields is taken as it is."""
        if holds_template(value) or "operator" not in info.data or "type" not in info.data:
            return handler(value)
        from flowforge_provider.nodes.condition_values import read_literal

        operator = OPERATORS[info.data["operator"]]
        return read_literal(handler(value), right=operator.right, type_=info.data["type"])


class Condition(_Comparison):
    """One condition on a value."""

    left: LaterValue = Field(
        default="",
        title="Value",
        description="Value to look at, usually an expression.",
        examples=["{{ trigger.body.total }}"],
        json_schema_extra=widget(
            "expression", label_ru="Значение", help_ru="Что проверить; обычно выражение."
        ),
    )


class FieldCondition(_Comparison):
    """One condition on a field of an item of a list."""

    field: str = Field(
        default="",
        max_length=500,
        title="Field",
        description="Field of the item; dots lead inside: customer.city. Empty: the item itself.",
        examples=["customer.city"],
        json_schema_extra=widget(
            label_ru="Поле",
            help_ru="Поле элемента; точки ведут внутрь: customer.city. Пусто: сам элемент.",
        ),
    )


def _match_field() -> Any:
    return Field(
        default="all",
        title="Match",
        description="Whether all conditions must hold, or one is enough.",
        json_schema_extra=widget(
            label_ru="Совпадение",
            help_ru="Должны выполняться все условия или достаточно одного.",
            options={"all": "All", "any": "Any"},
            options_ru={"all": "Все", "any": "Любое"},
        ),
    )


def _conditions_field() -> Any:
    return Field(
        default_factory=list,
        max_length=MAX_CONDITIONS,
        title="Conditions",
        description="Looked at in this order, before the groups, until the answer is clear.",
        json_schema_extra=widget(
            label_ru="Условия", help_ru="Проверяются по порядку, до групп, пока ответ не станет ясен."
        ),
    )


def _groups_field() -> Any:
    return Field(
        default_factory=list,
        max_length=MAX_CONDITIONS,
        title="Groups",
        description="Groups of conditions, each of which counts as one.",
        json_schema_extra=widget(label_ru="Группы", help_ru="Группы условий; каждая считается за одно."),
    )


class ConditionGroup(BaseModel):
    """Conditions and further groups, of which all or one must hold."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    match: Literal["all", "any"] = _match_field()
    conditions: list[Condition] = _conditions_field()
    groups: list[ConditionGroup] = _groups_field()


class FieldConditionGroup(BaseModel):
    """As ``ConditionGroup``, on fields of an item."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    match: Literal["all", "any"] = _match_field()
    conditions: list[FieldCondition] = _conditions_field()
    groups: list[FieldConditionGroup] = _groups_field()


def _convert_field() -> Any:
    return Field(
        default=False,
        title="Convert types",
        description=(
            "Read values as the type that a condition asks for: texts as numbers, and so on. A value that is "
            "missing or null then fulfils no condition but the negative ones. When off, a value of another "
            "type is an error."
        ),
        json_schema_extra=widget(
            label_ru="Преобразовывать типы",
            help_ru=(
                "Читать значения как тип условия: текст как число и так далее. Отсутствующее значение или "
                "null выполняет только отрицательные условия. Если выключено, значение другого типа — ошибка."
            ),
        ),
    )


class Conditions(ConditionGroup):
    """
    Conditions of a step: rows and groups, or one expression.

    Use it as a field with ``json_schema_extra=conditions_widget(…)``.
    """

    mode: Literal["rules", "expression"] = Field(
        default="rules",
        title="Kind",
        description="Conditions built row by row, or one expression that yields true or false.",
        json_schema_extra=widget(
            label_ru="Вид",
            help_ru="Условия по строкам или одно выражение со значением true или false.",
            options={"rules": "Conditions", "expression": "Expression"},
            options_ru={"rules": "Условия", "expression": "Выражение"},
        ),
    )
    expression: Templated[Any] = Field(
        default="",
        title="Expression",
        description="Yields true or false.",
        examples=["{{ trigger.body.total > 100 and trigger.body.country == 'DE' }}"],
        json_schema_extra=widget(
            "expression",
            visible_when={"mode": "expression"},
            label_ru="Выражение",
            help_ru="Даёт true или false.",
        ),
    )
    convert: bool = _convert_field()

    @field_validator("groups")
    @classmethod
    def _check_depth(cls, groups: list[ConditionGroup]) -> list[ConditionGroup]:
        return check_depth(groups)


class FieldConditions(FieldConditionGroup):
    """Conditions on the items of a list, for filters. Use it with ``conditions_widget``."""

    convert: bool = _convert_field()

    @field_validator("groups")
    @classmethod
    def _check_depth(cls, groups: list[FieldConditionGroup]) -> list[FieldConditionGroup]:
        return check_depth(groups)


def check_depth(groups: list[Any]) -> list[Any]:
    """
    Return the groups, when they are not nested too deeply to be read.

    :raises PydanticCustomError: deeper than ``MAX_GROUP_DEPTH``
    """
    level, depth = groups, 0
    while level:
        depth += 1
        if depth > MAX_GROUP_DEPTH:
            raise PydanticCustomError(
                "wrong-parameter",
                "Groups are nested more than {depth} deep. Flatten them, or write an expression.",
                {"depth": MAX_GROUP_DEPTH},
            )
        level = [inner for group in level for inner in group.groups]
    return groups


def conditions_widget(
    *,
    label_ru: str,
    help_ru: str,
    order: int | None = None,
    visible_when: dict[str, str | list[str]] | None = None,
) -> dict[str, Any]:
    """Return what a field of type ``Conditions`` or ``FieldConditions`` tells the form; see ``widget``."""
    return {
        **widget("conditions", label_ru=label_ru, help_ru=help_ru, order=order, visible_when=visible_when),
        "x-conditions": describe_operators(),
    }


def find_gaps(model: type[Conditions | FieldConditions], value: Any) -> Iterator[tuple[str, str]]:
    """
    Yield what is left open in conditions that are well-formed, as pairs (path inside them, message).

    :param model: the model of the conditions
    :param value: the conditions as saved; nothing is said about what is malformed
    """
    try:
        conditions: Conditions | FieldConditions = model.model_validate(value)
    except ValidationError:
        return
    if isinstance(conditions, Conditions) and conditions.mode == "expression":
        if conditions.expression in (None, ""):
            yield "expression", "The expression is empty. Write one that yields true or false."
        elif isinstance(conditions.expression, str) and not holds_template(conditions.expression):
            yield "expression", "This is a plain text. Write an expression: {{ trigger.body.total > 100 }}."
    elif not conditions.conditions and not conditions.groups:
        yield "", "There is no condition. Add one."
    else:
        yield from _gaps_in_group(conditions, "")


def _gaps_in_group(group: ConditionGroup | FieldConditionGroup, path: str) -> Iterator[tuple[str, str]]:
    if not group.conditions and not group.groups:
        yield path.rstrip("."), "The group is empty. Add a condition, or remove the group."
    for index, condition in enumerate(group.conditions):
        if isinstance(condition, Condition) and condition.left in ("", None):
            place = f"{path}conditions.{index}.left"
            yield place, "The value is empty. Choose a value to look at: {{ trigger.body.total }}."
    groups: Sequence[ConditionGroup | FieldConditionGroup] = group.groups
    for index, inner in enumerate(groups):
        yield from _gaps_in_group(inner, f"{path}groups.{index}.")
