"""Statements together with the values of their placeholders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowforge_provider.sql.statements import Statement, split_statements

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class BoundStatement:
    """
    A statement and its values.

    :param statement: with ``$1``, ``$2``
    :param values: JSON, one for each placeholder
    :param names: what messages call the values; the expressions when empty
    """

    statement: Statement
    values: tuple[Any, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class BoundSql:
    """All statements of a text, in order, with their values."""

    statements: tuple[BoundStatement, ...]

    def shown(self) -> dict[str, Any]:
        """Return what the run panel shows: {sql, values}; ``values`` has a list for each statement."""
        return {
            "sql": ";\n".join(bound.statement.text for bound in self.statements),
            "values": [list(bound.values) for bound in self.statements],
        }


def bind(sql: str, evaluate: Callable[[str], Any]) -> BoundSql:
    """
    Read SQL and evaluate its expressions.

    :param sql: statements with ``{{ expressions }}``
    :param evaluate: returns the value of one expression, given with its braces
    :raises SqlError: see ``split_statements``
    """
    return BoundSql(
        tuple(
            BoundStatement(statement, tuple(evaluate(text) for text in statement.expressions))
            for statement in split_statements(sql)
        )
    )
