"""Fields that take a value of their type, or a string with expressions that becomes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue

T = TypeVar("T")

OPEN = "{{"
# The error type by which find_templates (nodes/parameters.py) learns where a model takes expressions.
TEMPLATE_FOUND = "flowforge_template"


class Verbatim(str):
    """A text that is no template, whatever it holds: it comes from a person or from data."""

    __slots__ = ()


def verbatim(value: Any) -> Any:
    """Return a copy of a JSON value whose texts are never taken for templates."""
    if isinstance(value, str):
        return Verbatim(value)
    if isinstance(value, dict):
        return {Verbatim(key): verbatim(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [verbatim(item) for item in value]
    return value


def holds_template(value: Any) -> bool:
    """Tell whether a JSON value is a string with expressions, or holds one at any depth."""
    if isinstance(value, str):
        return OPEN in value and not isinstance(value, Verbatim)
    if isinstance(value, dict):
        return any(holds_template(key) or holds_template(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return any(holds_template(item) for item in value)
    return False


class TemplatedMarker:
    """
    Lets a template pass where a value is expected.

    The validation context decides what happens to a template:

    - no context: it passes as it is, because its value is not known yet;
    - ``{"rendered": True}``: no exception is made, since only real values are left;
    - ``{"render": function}``: it is replaced by ``function(template)``, which is then checked;
    - ``{"find": True}``: an error of the type ``TEMPLATE_FOUND`` reports the place.

    :param names: names that its expressions see beside the usual ones. They are known only while the step
        works, so ``render`` leaves a template as it is that uses one of them, and the step renders it
    """

    def __init__(self, *, names: tuple[str, ...] = ()) -> None:
        self._names = names

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._validate, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        own = {"x-expression-names": list(self._names)} if self._names else {}
        return {**handler(schema), "x-expression": True, **own}

    def _validate(
        self, value: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: core_schema.ValidationInfo
    ) -> Any:
        context = info.context or {}
        if context.get("rendered") or not holds_template(value):
            return handler(value)
        if context.get("find"):
            raise PydanticCustomError(TEMPLATE_FOUND, "a template", {"names": self._names})
        render = context.get("render")
        if render is None or self._is_for_later(value):
            return value
        rendered = render(value)
        # What data hold is never rendered again: such a value is made when it is used, from the template.
        return value if self._names and holds_template(rendered) else handler(rendered)

    def _is_for_later(self, value: Any) -> bool:
        if not self._names:
            return False
        from flowforge_provider.expressions import references

        return not references(value).names.isdisjoint(self._names)


# Templated[int] is an int after rendering; before, it may be a string that holds "{{".
Templated = Annotated[T, TemplatedMarker()]

# What an operation of a step works on: one row of the list, its place, and the whole value. It is no "item",
# since that is the item of the loop that the step is in.
ROW_NAMES = ("row", "row_index", "value")
# RowTemplated[int] becomes an int for each row that the step works on.
RowTemplated = Annotated[T, TemplatedMarker(names=ROW_NAMES)]


def _to_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return value


# Text that also takes numbers and booleans, since one whole expression keeps its type: {{ trigger.body.id }}.
Text = Annotated[str, BeforeValidator(_to_text)]
