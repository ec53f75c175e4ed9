"""
Split SQL into tokens as PostgreSQL does, with ``{{ expressions }}`` between them.

General SQL parsers guess where a literal ends; here a wrong guess would put an expression on the wrong side
of a quote, so the rules are those of PostgreSQL's own scanner (src/backend/parser/scan.l; documentation,
section 4.1) with ``standard_conforming_strings`` on, which the step sets.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from flowforge_provider.expressions.split import TemplateSyntaxError, find_end
from flowforge_provider.sql.errors import SqlError

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = "{{"


class Kind(Enum):
    """What a token is."""

    SPACE = "space"  # white space and comments
    WORD = "word"
    NAME = "name"  # "quoted identifier"
    STRING = "string"
    DOLLAR = "dollar"  # $$ text $$
    NUMBER = "number"
    PARAMETER = "parameter"  # $1
    EXPRESSION = "expression"  # {{ … }}
    SIGN = "sign"  # any other single character


class Token(NamedTuple):
    """A part of the text; all tokens together cover it."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Return the offset after the token."""
        return self.start + len(self.text)


_IDENTIFIER = r"[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*"
_START = re.compile(
    rf"""
      (?P<expression>\{{\{{)
    | (?P<space>[ \t\n\r\f\v]+)
    | (?P<line>--[^\n\r]*)
    | (?P<block>/\*)
    | (?P<string>(?:[EeBbXxNn]|[Uu]&)?')
    | (?P<name>(?:[Uu]&)?")
    | (?P<dollar>\$(?:[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*)?\$)
    | (?P<parameter>\$\d+)
    | (?P<word>{_IDENTIFIER})
    | (?P<number>\.?\d[\w.]*)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"(?:[^']|'')*'")
_ESCAPED = re.compile(r"(?:[^'\\]|\\.|'')*'", re.DOTALL)
_QUOTED = re.compile(r'(?:[^"]|"")*"')
_COMMENT_MARK = re.compile(r"/\*|\*/")
# After a line break, the next quote goes on with the same literal: scan.l, "quotecontinue".
_CONTINUED = re.compile(r"(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'")


def tokenize(sql: str) -> Iterator[Token]:
    """
    Yield the tokens of SQL in order.

    :raises SqlError: a quote, comment or expression is never closed; code ``sql-syntax`` or
        ``expression-syntax``
    """
    position = 0
    while position < len(sql):
        match = _START.match(sql, position)
        assert match is not None  # noqa: S101 - "sign" takes whatever is left
        group = match.lastgroup or "sign"
        if group == "expression":
            kind, end = Kind.EXPRESSION, _end_of_expression(sql, position)
        elif group == "block":
            kind, end = Kind.SPACE, _end_of_comment(sql, match)
        elif group == "string":
            kind, end = Kind.STRING, _end_of_string(sql, match)
        elif group == "name":
            kind, end = Kind.NAME, _end(sql, _QUOTED.match(sql, match.end()), position, "name", '"')
        elif group == "dollar":
            kind, end = Kind.DOLLAR, _end_of_dollar(sql, match)
        else:
            kind, end = _SIMPLE[group], match.end()
        yield Token(kind, sql[position:end], position)
        position = end


_SIMPLE = {
    "space": Kind.SPACE,
    "line": Kind.SPACE,
    "parameter": Kind.PARAMETER,
    "word": Kind.WORD,
    "number": Kind.NUMBER,
    "sign": Kind.SIGN,
}


def _end_of_expression(sql: str, start: int) -> int:
    try:
        return find_end(sql, start)
    except TemplateSyntaxError as error:
        raise SqlError(error.message, sql=sql, position=start, code="expression-syntax") from error


def _end_of_comment(sql: str, opening: re.Match[str]) -> int:
    depth, position = 1, opening.end()
    while depth:
        mark = _COMMENT_MARK.search(sql, position)
        if mark is None:
            raise _never_closed(sql, opening.start(), "comment", "*/")
        depth += 1 if mark[0] == "/*" else -1
        position = mark.end()
    return position


def _end_of_string(sql: str, opening: re.Match[str]) -> int:
    body = _ESCAPED if opening[0][0] in "Ee" else _PLAIN
    end = _end(sql, body.match(sql, opening.end()), opening.start(), "text", "'")
    while more := _CONTINUED.match(sql, end):
        end = _end(sql, body.match(sql, more.end()), opening.start(), "text", "'")
    return end


def _end_of_dollar(sql: str, opening: re.Match[str]) -> int:
    close = sql.find(opening[0], opening.end())
    if close < 0:
        raise _never_closed(sql, opening.start(), "text", opening[0])
    return close + len(opening[0])


def _end(sql: str, found: re.Match[str] | None, start: int, what: str, sign: str) -> int:
    if found is None:
        raise _never_closed(sql, start, what, sign)
    return found.end()


def _never_closed(sql: str, start: int, what: str, sign: str) -> SqlError:
    opening = sql[start : start + 2] if what == "comment" else sign
    return SqlError(
        f"The {what} that starts with {opening} is never closed. Close it with {sign}.",
        sql=sql,
        position=start,
    )
