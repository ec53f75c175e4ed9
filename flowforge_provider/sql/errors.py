"""What is wrong with SQL before it is sent, and where."""

from __future__ import annotations

from flowforge_provider.exceptions import FlowForgeError


def line_and_column(sql: str, position: int) -> tuple[int, int]:
    """
    Return a place as people count it, both from 1.

    :param position: offset in characters
    """
    return sql.count("\n", 0, position) + 1, position - (sql.rfind("\n", 0, position) + 1) + 1


class SqlError(FlowForgeError, ValueError):
    """
    SQL that must not be sent.

    :param message: what is wrong and what to do; the place is added to it
    :param sql: the whole text
    :param position: offset in characters of the faulty part
    """

    code = "sql-syntax"

    def __init__(self, message: str, *, sql: str, position: int, code: str | None = None) -> None:
        self.line, self.column = line_and_column(sql, position)
        super().__init__(f"Line {self.line}, column {self.column}: {message}", code=code)
        self.position = position
