"""Fields of the operations that shape objects and lists."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.conditions import (
    FieldConditionGroup,
    FieldConditions,
    Unavailable,
    conditions_widget,
)
from flowforge_provider.nodes.jq_program import check_program
from flowforge_provider.nodes.templated import RowTemplated
from flowforge_provider.nodes.transform.labels import shown_for
from flowforge_provider.nodes.transform.parts import Aggregate, FieldName, FieldPath, FieldValue, SortKey


def _check_program(program: str, info: ValidationInfo) -> str:
    # At run time jq itself tells what is wrong, and one process less is started.
    if not program.strip() or (info.context or {}).get("render"):
        return program
    try:
        problem = check_program(program)
    except ImportError:  # jq has no wheel for every platform; the step itself says so when it runs
        return program
    if problem:
        raise PydanticCustomError(
            "bad-jq", "The jq program cannot be compiled: {problem}.", {"problem": problem}
        )
    return program


class ItemFields(BaseModel):
    """Fields of the operations that shape objects and lists."""

    fields: list[FieldValue] = Field(
        default_factory=list,
        max_length=500,
        title="Fields",
        description="Fields of the result, set in this order.",
        json_schema_extra=shown_for(
            "set_fields",
            name="key-value",
            order=10,
            ru="Поля",
            help_ru="Поля результата, задаются по порядку.",
        ),
    )
    keep_other_fields: bool = Field(
        default=False,
        title="Keep the other fields",
        description="Add to the item; otherwise the result holds nothing else.",
        json_schema_extra=shown_for(
            "set_fields",
            "split_out",
            order=60,
            ru="Сохранить остальные поля",
            help_ru="Дополнить элемент; иначе в результате больше ничего нет.",
        ),
    )
    renames: list[FieldName] = Field(
        default_factory=list,
        max_length=500,
        title="Fields",
        description="Old and new names; fields that an item lacks are passed over.",
        json_schema_extra=shown_for(
            "rename_fields",
            name="key-value",
            order=11,
            ru="Поля",
            help_ru="Старые и новые имена; поля, которых нет, пропускаются.",
        ),
    )
    names: list[FieldPath] = Field(
        default_factory=list,
        max_length=500,
        title="Fields",
        description="Names of fields, nested ones with dots: customer.city.",
        examples=[["id", "customer.city"]],
        json_schema_extra=shown_for(
            "remove_fields",
            "keep_fields",
            "deduplicate",
            order=12,
            ru="Поля",
            help_ru="Имена полей, вложенные через точку: customer.city.",
        ),
    )
    program: Annotated[str, AfterValidator(_check_program)] = Field(
        default="",
        max_length=50_000,
        title="jq program",
        description="Its input is the whole value; several results become a list.",
        examples=["map({id, total: (.price * .quantity)})"],
        json_schema_extra=shown_for(
            "jq",
            name="jq",
            language="jq",
            literal=True,
            order=13,
            ru="Программа jq",
            help_ru="Её вход — всё значение; несколько результатов образуют список.",
        ),
    )
    filter_by: Literal["conditions", "expression"] = Field(
        default="conditions",
        title="Filter by",
        description="Conditions built row by row, or one expression.",
        json_schema_extra=shown_for(
            "filter",
            name="select",
            order=13,
            options={"conditions": "Conditions", "expression": "Expression"},
            options_ru={"conditions": "Условия", "expression": "Выражение"},
            ru="Отбирать по",
            help_ru="Условия по строкам или одно выражение.",
        ),
    )
    conditions: FieldConditions = Field(
        default_factory=FieldConditions,
        title="Conditions",
        description="Items stay that fulfil them.",
        json_schema_extra=conditions_widget(
            order=14,
            visible_when={"operation": ["filter"], "filter_by": "conditions"},
            label_ru="Условия",
            help_ru="Остаются элементы, которые их выполняют.",
        ),
    )
    condition: RowTemplated[Any] = Field(
        default=None,
        title="Condition",
        description="Items stay for which it is true.",
        examples=["{{ row.total > 100 }}"],
        json_schema_extra=shown_for(
            "filter",
            name="expression",
            order=14,
            also={"filter_by": "expression"},
            ru="Условие",
            help_ru="Остаются элементы, для которых оно истинно.",
        ),
    )

    @field_validator("conditions")
    @classmethod
    def _need_values(cls, conditions: FieldConditions) -> FieldConditions:
        """Refuse values that could not be worked out; the items are all compared with the same ones."""
        groups: list[FieldConditionGroup] = [conditions]
        for group in groups:
            groups.extend(group.groups)
            for condition in group.conditions:
                if isinstance(condition.right, Unavailable):
                    raise condition.right.error
        return conditions

    sort_by: list[SortKey] = Field(
        default_factory=list,
        max_length=20,
        title="Sort by",
        description="Fields, the most important first. Items that are equal in all stay in their order.",
        json_schema_extra=shown_for(
            "sort",
            order=15,
            ru="Сортировать по",
            help_ru="Поля, важнейшее первым. Равные элементы остаются в своём порядке.",
        ),
    )
    count: RowTemplated[int | None] = Field(
        default=None,
        ge=0,
        title="At most",
        description="Number of items that stay; all when empty.",
        examples=[10],
        json_schema_extra=shown_for(
            "limit", order=16, ru="Не больше", help_ru="Сколько элементов остаётся; пусто: все."
        ),
    )
    skip: RowTemplated[int] = Field(
        default=0,
        ge=0,
        title="Skip",
        description="Number of items that are left out before counting.",
        json_schema_extra=shown_for(
            "limit", order=17, ru="Пропустить", help_ru="Сколько элементов отбросить перед счётом."
        ),
    )
    from_end: bool = Field(
        default=False,
        title="From the end",
        description="Count from the last item back; the order stays.",
        json_schema_extra=shown_for(
            "limit", order=18, ru="С конца", help_ru="Считать с последнего элемента; порядок сохраняется."
        ),
    )
    keep: Literal["first", "last"] = Field(
        default="first",
        title="Keep",
        description="Which one of equal items stays. Without fields, whole items are compared.",
        json_schema_extra=shown_for(
            "deduplicate",
            name="select",
            order=19,
            options={"first": "The first", "last": "The last"},
            options_ru={"first": "Первый", "last": "Последний"},
            ru="Оставить",
            help_ru="Который из равных остаётся. Без полей сравниваются элементы целиком.",
        ),
    )
    group_by: list[FieldPath] = Field(
        default_factory=list,
        max_length=50,
        title="Group by",
        description="Fields whose values make the groups; without them all are one group, and one object "
        "is the result.",
        examples=[["category"]],
        json_schema_extra=shown_for(
            "aggregate",
            order=20,
            ru="Группировать по",
            help_ru="Поля, значения которых образуют группы; без них результат — один объект.",
        ),
    )
    aggregates: list[Aggregate] = Field(
        default_factory=list,
        max_length=100,
        title="Figures",
        description="What to work out of each group.",
        json_schema_extra=shown_for(
            "aggregate", order=21, ru="Показатели", help_ru="Что вычислить по каждой группе."
        ),
    )
    size: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        title="Items in a batch",
        description="The last batch may have fewer.",
        json_schema_extra=shown_for(
            "chunk", order=22, ru="Элементов в порции", help_ru="В последней может быть меньше."
        ),
    )
    template: RowTemplated[str] = Field(
        default="",
        max_length=200_000,
        title="Template",
        description="Text with expressions.",
        examples=["Order {{ row.id }}: {{ row.total | format_number }}"],
        json_schema_extra=shown_for(
            "text", name="textarea", order=23, ru="Шаблон", help_ru="Текст с выражениями."
        ),
    )
    field: FieldPath = Field(
        default="",
        title="Field",
        description="Field to work on; empty for the whole value.",
        examples=["created_at"],
        json_schema_extra=shown_for(
            "split_out",
            "collect",
            "split_text",
            "join_text",
            "parse_json",
            "format_json",
            "parse_csv",
            "format_csv",
            "parse_xml",
            "format_xml",
            "date",
            "number",
            "url",
            "base64",
            "hash",
            order=24,
            ru="Поле",
            help_ru="Над каким полем работать; пусто: над всем значением.",
        ),
    )
    separator: str = Field(
        default=", ",
        max_length=100,
        title="Separator",
        description="Stands between the parts; \\n is a new line, \\t a tab.",
        json_schema_extra=shown_for(
            "split_text",
            "join_text",
            order=25,
            literal=True,
            ru="Разделитель",
            help_ru="Стоит между частями; \\n — новая строка, \\t — табуляция.",
        ),
    )
    each_item: bool = Field(
        default=True,
        title="For each item of a list",
        description="Otherwise once for the whole list.",
        json_schema_extra=shown_for(
            "set_fields",
            "text",
            order=61,
            ru="Для каждого элемента списка",
            help_ru="Иначе один раз для всего списка.",
        ),
    )
