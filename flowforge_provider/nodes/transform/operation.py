"""One operation of the transform step: a flat object, so that the form shows the fields that count."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_serializer

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.transform.items import ItemFields
from flowforge_provider.nodes.transform.labels import TITLES, TITLES_RU, OperationName
from flowforge_provider.nodes.transform.text_fields import TextFields
from flowforge_provider.nodes.transform.value_fields import ValueFields

if TYPE_CHECKING:
    from pydantic import SerializerFunctionWrapHandler


class Operation(ValueFields, TextFields, ItemFields, BaseModel):
    """One operation. Fields that its kind does not have do not count."""

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)

    operation: OperationName = Field(
        title="Operation",
        description="What is done with the value that the operation before hands on.",
        json_schema_extra=widget(
            "select",
            order=1,
            options=TITLES,
            options_ru=TITLES_RU,
            label_ru="Операция",
            help_ru="Что сделать со значением, которое передала предыдущая операция.",
        ),
    )

    @model_serializer(mode="wrap")
    def _write(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        counting = fields_of(self.operation)
        return {
            "operation": self.operation,
            **{name: value for name, value in fields.items() if name in counting},
        }


@lru_cache(maxsize=64)
def fields_of(operation: str) -> frozenset[str]:
    """Return the names of the fields that an operation has, ``operation`` included."""
    names = {"operation"}
    for name, field in Operation.model_fields.items():
        extra = field.json_schema_extra
        when: Any = extra.get("x-visible-when", {}) if isinstance(extra, dict) else {}
        if operation in when.get("operation", ()):
            names.add(name)
    return frozenset(names)
