"""
Turn SQL with ``{{ expressions }}`` into statements with ``$1`` placeholders.

Each expression becomes a bound parameter of PostgreSQL's protocol: the server reads the statement without
the values, so that no value can change its meaning. Where PostgreSQL takes no value (inside quotes, as a
name), an expression is an error with its place and with what to write instead.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowforge_provider.expressions.split import TemplateSyntaxError, find_end
from flowforge_provider.sql.errors import SqlError, line_and_column
from flowforge_provider.sql.lexer import OPEN, Kind, Token, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IN_SQL = "expression-in-sql"
# An expression right after one of these would be a name, which no placeholder can be.
_NAME_FOLLOWS = frozenset(
    {
        "INTO", "JOIN", "UPDATE", "TABLE", "AS", "ONLY", "VIEW", "INDEX", "SCHEMA", "SEQUENCE", "DATABASE",
        "ROLE", "COLUMN", "CONSTRAINT", "TRUNCATE",
    }
)  # fmt: skip
# FROM is followed by a value in these functions only: extract(year FROM …).
_FROM_FUNCTIONS = frozenset(["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"])
_TRANSACTION = frozenset(["BEGIN", "START", "COMMIT", "END", "ABORT"])
_QUERY = frozenset(["SELECT", "VALUES", "TABLE", "WITH"])
# Glued to one of these, an expression would be a part of it.
_WORDS = (Kind.WORD, Kind.NAME, Kind.NUMBER, Kind.STRING, Kind.DOLLAR)
_MAX_STATEMENTS = 200
# PostgreSQL's protocol counts parameters in 16 bits.
_MAX_PARAMETERS = 65_535


@dataclass(frozen=True)
class Statement:
    """
    One statement with placeholders.

    :param text: with ``$1``, ``$2`` in place of the expressions
    :param expressions: the expressions in order, with their braces
    :param line: line of its first word in the whole text, from 1; 0 when it was not written by a person
    :param command: its first word in upper case
    :param sql: the whole text that it is a part of
    :param offsets: pairs (offset in ``text``, offset in ``sql``) from which on they keep their distance
    """

    text: str
    expressions: tuple[str, ...] = ()
    line: int = 0
    command: str = ""
    sql: str = ""
    offsets: tuple[tuple[int, int], ...] = ()

    @property
    def is_query(self) -> bool:
        """Tell whether a cursor may be declared for it."""
        return self.command in _QUERY

    def place(self, offset: int) -> tuple[int, int] | None:
        """
        Return line and column, both from 1, of an offset in ``text``.

        :return: None when nobody wrote the statement
        """
        if not self.offsets:
            return None
        start, source = self.offsets[max(0, bisect_right(self.offsets, (offset, len(self.sql))) - 1)]
        return line_and_column(self.sql, min(source + offset - start, len(self.sql)))


def split_statements(sql: str) -> list[Statement]:
    """
    Return the statements of a text, without those that hold nothing but comments.

    :param sql: statements joined by ``;``, with ``{{ expressions }}`` where values stand
    :raises SqlError: an expression stands where no value can, something is never closed, or a statement would
        end the transaction; codes ``expression-in-sql``, ``expression-syntax``, ``sql-syntax``,
        ``sql-transaction``
    """
    statements = []
    for tokens in _groups(tokenize(sql)):
        words = [token for token in tokens if token.kind is not Kind.SPACE]
        if not words:
            continue
        _check(sql, words)
        statements.append(_build(sql, tokens, words))
    if not statements:
        raise SqlError("There is no statement. Write one.", sql=sql, position=0)
    if len(statements) > _MAX_STATEMENTS:
        raise SqlError(
            f"There are {len(statements)} statements; {_MAX_STATEMENTS} are allowed. Make it several steps.",
            sql=sql,
            position=0,
        )
    return statements


def only_expressions(sql: str) -> str:
    """Return the text with all but its expressions blanked out; offsets and lines stay."""
    parts = []
    for token in tokenize(sql):
        is_expression = token.kind is Kind.EXPRESSION
        parts.append(token.text if is_expression else re.sub(r"[^\n]", " ", token.text))
    return "".join(parts)


def _groups(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    """Split at semicolons; those inside BEGIN ATOMIC … END of a function do not count."""
    group: list[Token] = []
    depth = 0
    previous = ""
    for token in tokens:
        word = token.text.upper() if token.kind is Kind.WORD else ""
        if word == "ATOMIC" and previous == "BEGIN":
            depth = 1
        elif depth and word == "CASE":
            depth += 1
        elif depth and word == "END":
            depth -= 1
        if token.kind is Kind.SIGN and token.text == ";" and not depth:
            yield group
            group, previous = [], ""
            continue
        group.append(token)
        if token.kind is not Kind.SPACE:
            previous = word
    yield group


def _build(sql: str, tokens: Sequence[Token], words: Sequence[Token]) -> Statement:
    parts: list[str] = []
    offsets: list[tuple[int, int]] = []
    expressions: list[str] = []
    length = 0
    for token in tokens:
        if token.end <= words[0].start or token.start >= words[-1].end:
            continue
        text = token.text
        if token.kind is Kind.EXPRESSION:
            expressions.append(text)
            text = f"${len(expressions)}"
        if not offsets or token.start - length != offsets[-1][1] - offsets[-1][0]:
            offsets.append((length, token.start))
        parts.append(text)
        length += len(text)
    if len(expressions) > _MAX_PARAMETERS:
        raise SqlError(
            f"A statement takes at most {_MAX_PARAMETERS} expressions. Hand over a list instead.",
            sql=sql,
            position=words[0].start,
        )
    first = next((token for token in words if token.kind is Kind.WORD), words[0])
    return Statement(
        text="".join(parts),
        expressions=tuple(expressions),
        line=line_and_column(sql, words[0].start)[0],
        command=first.text.upper(),
        sql=sql,
        offsets=tuple(offsets),
    )


def _check(sql: str, words: Sequence[Token]) -> None:
    _check_transaction(sql, words)
    calls: list[str] = []  # the word before each bracket that is open
    for index, token in enumerate(words):
        before = words[index - 1] if index else None
        after = words[index + 1] if index + 1 < len(words) else None
        if token.kind is Kind.SIGN and token.text == "(":
            calls.append(before.text.upper() if before is not None and before.kind is Kind.WORD else "")
        elif token.kind is Kind.SIGN and token.text == ")":
            del calls[-1:]
        elif token.kind is Kind.PARAMETER:
            raise SqlError(
                f"{token.text} is no placeholder here. Write {{{{ an expression }}}} in its place.",
                sql=sql,
                position=token.start,
            )
        elif token.kind is Kind.EXPRESSION:
            _check_neighbours(sql, token, before, after)
            _check_clause(sql, words, index, call=calls[-1] if calls else "")
        elif token.kind in (Kind.STRING, Kind.NAME, Kind.DOLLAR) and OPEN in token.text:
            _refuse_quoted(sql, token)


def _check_transaction(sql: str, words: Sequence[Token]) -> None:
    first = words[0].text.upper()
    second = words[1].text.upper() if len(words) > 1 else ""
    third = words[2].text.upper() if len(words) > 2 else ""
    is_rollback = first == "ROLLBACK" and "TO" not in (second, third)
    if first in _TRANSACTION or is_rollback or (first == "PREPARE" and second == "TRANSACTION"):
        raise SqlError(
            f"{first} is not needed: all statements of a step are one transaction, which is committed when "
            "they have all succeeded. Remove it.",
            sql=sql,
            position=words[0].start,
            code="sql-transaction",
        )


def _refuse_quoted(sql: str, token: Token) -> None:
    inside = token.text.index(OPEN)
    if token.kind is Kind.NAME:
        raise _name_error(sql, token.start + inside)
    if token.kind is Kind.DOLLAR:
        quotes, advice = "$$ … $$", "Hand the value to the function as an argument."
    else:
        quotes = "quotes"
        advice = (
            "Remove the quotes around it; PostgreSQL gets the value with its type."
            if _is_all_of_it(token.text, inside)
            else "Join it to the text instead: 'text ' || {{ … }} || ' text'. "
            "If the braces are an array, write ARRAY[…], or a space between them: '{ {'."
        )
    raise SqlError(
        f"An expression stands inside {quotes}, where it would become part of the SQL. {advice}",
        sql=sql,
        position=token.start + inside,
        code=IN_SQL,
    )


def _is_all_of_it(literal: str, start: int) -> bool:
    """Tell whether nothing but one expression stands between the quotes."""
    try:
        end = find_end(literal, start)
    except TemplateSyntaxError:
        return False
    return literal.index("'") == len(literal[:start].rstrip()) - 1 and literal[end:].strip() == "'"


def _check_neighbours(sql: str, token: Token, before: Token | None, after: Token | None) -> None:
    glued_before = before is not None and before.end == token.start
    glued_after = after is not None and after.start == token.end
    if before is None:
        raise SqlError(
            "A statement cannot begin with an expression: expressions give values, never SQL. "
            "Write the statement, and expressions where its values stand.",
            sql=sql,
            position=token.start,
            code=IN_SQL,
        )
    if glued_before and before.kind is Kind.EXPRESSION:
        raise SqlError(
            "Two expressions stand side by side. Join their texts with ||, or put a comma between them.",
            sql=sql,
            position=token.start,
            code=IN_SQL,
        )
    if before.text in (".", "@") or (glued_before and before.kind in _WORDS):
        raise _name_error(sql, token.start)
    if after is not None and (after.text in (".", "(") or (glued_after and after.kind in _WORDS)):
        raise _name_error(sql, token.start)


def _check_clause(sql: str, words: Sequence[Token], index: int, *, call: str) -> None:
    """Refuse an expression where the words before it want a name; ``call`` stands before the open bracket."""
    if words[index - 1].kind is not Kind.WORD:
        return
    word = words[index - 1].text.upper()
    previous = words[index - 2].text.upper() if index > 1 else ""
    position = words[index].start
    if word == "BY" and previous in ("ORDER", "GROUP", "PARTITION"):
        raise SqlError(
            f"{previous} BY an expression has no effect, since a value is the same for all rows. "
            "Name a column, or choose one: CASE WHEN {{ … }} = 'price' THEN price ELSE id END.",
            sql=sql,
            position=position,
            code=IN_SQL,
        )
    is_from = word == "FROM" and call not in _FROM_FUNCTIONS and previous != "DISTINCT"
    is_update = word == "UPDATE" and previous == "DO"
    if is_from or (word in _NAME_FOLLOWS and not is_update):
        raise _name_error(sql, position)


def _name_error(sql: str, position: int) -> SqlError:
    return SqlError(
        "An expression gives a value, never the name of a table, column or function. Write the name itself; "
        "where the data decide about it, use a Switch with a step for each name.",
        sql=sql,
        position=position,
        code=IN_SQL,
    )
