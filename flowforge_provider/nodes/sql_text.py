"""A field that holds SQL: its expressions become bound values, never text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from flowforge_provider.nodes.templated import OPEN, TEMPLATE_FOUND
from flowforge_provider.sql.bound import BoundSql, bind
from flowforge_provider.sql.errors import SqlError
from flowforge_provider.sql.statements import only_expressions, split_statements

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue


class _SqlMarker:
    """
    Checks SQL when it is saved, and binds its expressions when the step runs.

    The validation contexts are those of ``Templated``; with ``{"render": function}`` the value becomes a
    ``BoundSql``, since a text with its values pasted in must never come to be.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(
            self._validate,
            handler(source),
            serialization=core_schema.plain_serializer_function_ser_schema(_serialize),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "x-expression": True}

    @staticmethod
    def _validate(
        value: Any, handler: core_schema.ValidatorFunctionWrapHandler, info: core_schema.ValidationInfo
    ) -> Any:
        sql = handler(value)
        if not sql.strip():
            return sql  # whether it may be empty depends on the operation
        context = info.context or {}
        render = context.get("render")
        try:
            if render is not None:
                return bind(sql, render)
            split_statements(sql)
            found = only_expressions(sql) if context.get("find") else ""
        except SqlError as error:
            # The text may hold braces, so it travels as a value and not as the template of the message.
            raise PydanticCustomError(
                error.error_code,
                "{problem}",
                {"problem": error.message},
            ) from error
        if OPEN in found:
            # Expressions in comments are not evaluated, so they are not checked either.
            raise PydanticCustomError(TEMPLATE_FOUND, "a template", {"template": found})
        return sql


def _serialize(value: Any) -> Any:
    return value.shown() if isinstance(value, BoundSql) else value


# Before rendering a str, after it a BoundSql; an empty text stays a str.
SqlText = Annotated[str, Field(max_length=100_000), _SqlMarker()]
