"""Statements made from fields instead of SQL: insert, update, upsert, delete, call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres_encode import refuse_nul, to_hex
from flowforge_provider.sql.bound import BoundStatement
from flowforge_provider.sql.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from flowforge_provider.hooks.postgres_types import PostgresType, TypeCatalog

    Fetch = Callable[[str, list[str]], str]

BATCH_ROWS = 10_000

_COLUMNS = """
SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    a.attname, a.atttypid::bigint, pg_catalog.format_type(a.atttypid, -1)) ORDER BY a.attnum), '[]')::text
FROM pg_catalog.pg_attribute a
WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
"""
_KINDS = """
SELECT coalesce(pg_catalog.json_agg(DISTINCT p.prokind), '[]')::text
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE p.proname = $1
AND CASE WHEN $2 = '' THEN pg_catalog.pg_function_is_visible(p.oid) ELSE n.nspname = $2 END
"""

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "like", "is_null", "not_null"]
_COMPARISONS = {
    "eq": "{} = {}",
    "ne": "{} <> {}",
    "lt": "{} < {}",
    "le": "{} <= {}",
    "gt": "{} > {}",
    "ge": "{} >= {}",
    "in": "{} = ANY({})",
    "not_in": "{} <> ALL({})",
    "like": "{} LIKE {}",
    "is_null": "{} IS NULL",
    "not_null": "{} IS NOT NULL",
}


@dataclass(frozen=True)
class Conflict:
    """
    What an insert does where a row is there already.

    :param columns: of the unique index; may be empty when rows are ignored
    :param action: update the row, or leave it
    :param update: columns that are updated; all given ones but the index's when empty
    """

    columns: Sequence[str]
    action: Literal["update", "ignore"]
    update: Sequence[str] = ()


@dataclass(frozen=True)
class Condition:
    """One comparison that a row must pass."""

    column: str
    operator: Operator
    value: Any = None


class Table:
    """
    A table of one database. Its names are quoted; values are bound.

    :param fetch: runs a query of ours and returns the one text that it yields
    :param types: types of the database
    :param schema: empty to search as the database does
    :param name: of the table
    :raises StepError: there is no such table; code ``postgres-unknown-name``
    """

    def __init__(self, fetch: Fetch, types: TypeCatalog, *, schema: str, name: str) -> None:
        self.quoted = quote(schema, name)
        self._types = types
        self._columns: dict[str, tuple[int, str]] = {
            column: (oid, type_name) for column, oid, type_name in json.loads(fetch(_COLUMNS, [self.quoted]))
        }
        if not self._columns:
            raise _unknown(f"There is no table {self.quoted}, or it has no columns.")

    def insert(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        conflict: Conflict | None = None,
        returning: Sequence[str] = (),
    ) -> Iterator[BoundStatement]:
        """
        Yield statements that insert rows, up to 10,000 with each.

        Rows with the same columns go together; a column that a row lacks gets its default.

        :param rows: column -> JSON
        """
        groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
        for row in rows:
            groups.setdefault(tuple(sorted(row)), []).append(row)
        for names, group in groups.items():
            text = self._insert_text(names, conflict, returning)
            binary = [name for name in names if self._holds_bytea(self._columns[name][0])]
            for start in range(0, len(group), BATCH_ROWS):
                batch: list[Any] = [dict(row) for row in group[start : start + BATCH_ROWS]]
                for row in batch:
                    for name in binary:
                        row[name] = self._with_hex(row[name], self._columns[name][0], f"Column {name!r}")
                refuse_nul("", "A row", batch)
                yield _bound(text, "INSERT", [batch], ["The rows"])

    def update(
        self, values: Mapping[str, Any], where: Sequence[Condition], *, returning: Sequence[str] = ()
    ) -> BoundStatement:
        """Return a statement that sets columns of the rows that pass all conditions."""
        bound: list[Any] = []
        names: list[str] = []
        assignments = []
        for column, value in values.items():
            bound.append(value)
            names.append(f"Column {column!r}")
            assignments.append(f"{self._column(column)} = ${len(bound)}")
        text = f"UPDATE {self.quoted} SET {', '.join(assignments)}"  # noqa: S608 - names are quoted
        text += self._where(where, bound, names) + self._returning(returning)
        return _bound(text, "UPDATE", bound, names)

    def delete(self, where: Sequence[Condition], *, returning: Sequence[str] = ()) -> BoundStatement:
        """Return a statement that deletes the rows that pass all conditions."""
        bound: list[Any] = []
        names: list[str] = []
        conditions = self._where(where, bound, names)
        text = f"DELETE FROM {self.quoted}{conditions}{self._returning(returning)}"  # noqa: S608 - as above
        return _bound(text, "DELETE", bound, names)

    def _insert_text(self, names: Sequence[str], conflict: Conflict | None, returning: Sequence[str]) -> str:
        columns = [self._column(name) for name in names]
        if columns:
            # The server turns JSON into the columns' types, by the same rules as for texts in SQL.
            types = ", ".join(
                f"{column} {self._columns[name][1]}" for column, name in zip(columns, names, strict=True)
            )
            listed = ", ".join(columns)
            text = (
                f"INSERT INTO {self.quoted} ({listed}) SELECT {listed} "  # noqa: S608 - names are quoted
                f"FROM pg_catalog.json_to_recordset($1::json) AS given ({types})"
            )
        else:
            raise StepError(
                "A row has no columns. Give it at least one.", code="postgres-value", retryable=False
            )
        return text + self._on_conflict(names, conflict) + self._returning(returning)

    def _on_conflict(self, names: Sequence[str], conflict: Conflict | None) -> str:
        if conflict is None:
            return ""
        keys = ", ".join(map(self._column, conflict.columns))
        target = f" ON CONFLICT ({keys})" if keys else " ON CONFLICT"
        if conflict.action == "ignore":
            return f"{target} DO NOTHING"
        chosen = list(conflict.update) or [name for name in names if name not in conflict.columns]
        # With nothing to set, the key is set to itself: only then is the row that was there returned.
        updated = [self._column(name) for name in chosen or conflict.columns]
        return f"{target} DO UPDATE SET {', '.join(f'{column} = EXCLUDED.{column}' for column in updated)}"

    def _where(self, where: Sequence[Condition], bound: list[Any], names: list[str]) -> str:
        if not where:
            return ""
        parts = []
        for condition in where:
            column = self._column(condition.column)
            if condition.operator not in ("is_null", "not_null"):
                self._check_condition(condition)
                bound.append(condition.value)
                names.append(f"Column {condition.column!r}")
            parts.append(_COMPARISONS[condition.operator].format(column, f"${len(bound)}"))
        return f" WHERE {' AND '.join(parts)}"

    def _check_condition(self, condition: Condition) -> None:
        is_list = condition.operator in ("in", "not_in")
        if condition.value is None:
            raise StepError(
                f"The condition on column {condition.column!r} compares with null, which no row ever equals. "
                'Use "is empty" if that is meant.',
                code="postgres-value",
                retryable=False,
            )
        if is_list and not isinstance(condition.value, list):
            raise StepError(
                f"The condition on column {condition.column!r} needs a list of values.",
                code="postgres-value",
                retryable=False,
            )

    def _returning(self, names: Sequence[str]) -> str:
        if not names:
            return ""
        return f" RETURNING {', '.join('*' if name == '*' else self._column(name) for name in names)}"

    def _column(self, name: str) -> str:
        if name not in self._columns:
            near = get_close_matches(name, self._columns, n=1)
            advice = f" Did you mean {near[0]}?" if near else f" It has: {', '.join(self._columns)}."
            raise _unknown(f"The table {self.quoted} has no column {name!r}.{advice}")
        return quote(name)

    def _holds_bytea(self, oid: int) -> bool:
        self._types.load([oid])
        type_ = self._types.get(oid)
        below = [type_.element, *(attribute for _, attribute in type_.attributes)]
        return type_.form == "bytea" or any(self._holds_bytea(part) for part in below if part)

    def _with_hex(self, value: Any, oid: int, name: str) -> Any:
        type_: PostgresType = self._types.get(oid)
        if type_.form == "bytea" and isinstance(value, str):
            return to_hex(value, name=name)
        if type_.form == "array" and isinstance(value, list):
            nested = [isinstance(item, list) for item in value]
            return [
                self._with_hex(item, oid if is_list else type_.element, name)
                for item, is_list in zip(value, nested, strict=True)
            ]
        if type_.form == "composite" and isinstance(value, dict):
            types = dict(type_.attributes)
            return {
                key: self._with_hex(item, types[key], name) if key in types else item
                for key, item in value.items()
            }
        return value


def call(fetch: Fetch, *, schema: str, name: str, arguments: Sequence[tuple[str, Any]]) -> BoundStatement:
    """
    Return a statement that calls a function or procedure.

    :param fetch: runs a query of ours and returns the one text that it yields
    :param schema: empty to search as the database does
    :param arguments: pairs (name, JSON); those without a name come first, by position
    :raises StepError: there is none of this name; code ``postgres-unknown-name``
    """
    kinds = set(json.loads(fetch(_KINDS, [name, schema])))
    quoted = quote(schema, name)
    if not kinds & {"f", "p"}:
        raise _unknown(f"There is no function or procedure {quoted}.")
    parts = [
        f"{quote(argument)} => ${index}" if argument else f"${index}"
        for index, (argument, _) in enumerate(arguments, start=1)
    ]
    invocation = f"{quoted}({', '.join(parts)})"
    names = [f"Argument {argument or index!r}" for index, (argument, _) in enumerate(arguments, start=1)]
    values = [value for _, value in arguments]
    if "f" in kinds:
        return _bound(f"SELECT * FROM {invocation}", "SELECT", values, names)  # noqa: S608 - quoted
    return _bound(f"CALL {invocation}", "CALL", values, names)


def quote(*names: str) -> str:
    """Return names joined by dots, each quoted as an identifier; empty ones are left out."""
    from psycopg import sql

    return sql.Identifier(*[name for name in names if name]).as_string(None)


def _bound(text: str, command: str, values: Sequence[Any], names: Sequence[str]) -> BoundStatement:
    return BoundStatement(Statement(text=text, command=command), tuple(values), tuple(names))


def _unknown(message: str) -> StepError:
    return StepError(message, code="postgres-unknown-name", retryable=False)
