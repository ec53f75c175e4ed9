"""Split a string into its texts and its ``{{ expressions }}``."""

from __future__ import annotations

import re
from typing import NamedTuple

from flowforge_provider.exceptions import ExpressionSyntaxError

_OPEN, _CLOSE = "{{", "}}"
_MARKS = re.compile(r"""["'(){}\[\]]""")
_QUOTED = {
    '"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL),
    "'": re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL),
}
_PAIRS = {")": "(", "]": "[", "}": "{"}
# Jinja's statements and comments, which this language does not have.
_STATEMENT = re.compile(r"\{[%#]")


class Piece(NamedTuple):
    """A text, or the source of an expression without its braces, at a place in the template."""

    is_expression: bool
    text: str
    start: int  # of the text, or of the opening braces
    end: int  # after the text, or after the closing braces


class TemplateSyntaxError(ExpressionSyntaxError):
    """
    The template is wrong at a known place.

    :param start: offset in the template where the faulty part begins
    :param end: offset after it
    """

    def __init__(self, message: str, *, start: int, end: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.start = start
        self.end = end


def split_template(template: str) -> list[Piece]:
    """
    Return the pieces of a template in order; together they cover all of it.

    Braces inside quotes and inside objects do not close an expression: ``{{ {"a": {"b": "}}"}} }}``.

    :raises TemplateSyntaxError: an expression is never closed, or a statement or comment is used
    """
    pieces: list[Piece] = []
    position = 0
    while (start := template.find(_OPEN, position)) >= 0:
        if start > position:
            pieces.append(_text(template, position, start))
        end = find_end(template, start)
        pieces.append(Piece(True, template[start + 2 : end - 2], start, end))
        position = end
    if position < len(template):
        pieces.append(_text(template, position, len(template)))
    return pieces


def _text(template: str, start: int, end: int) -> Piece:
    for statement in _STATEMENT.finditer(template, start, end):
        close = template.find(f"{statement[0][1]}}}", statement.end())
        if close < 0:
            continue  # braces that open nothing are text
        kind = "Comments ({# … #})" if statement[0] == "{#" else "Statements ({% … %})"
        raise TemplateSyntaxError(
            f"{kind} are not part of the language. Use {{{{ expressions }}}} only; "
            "for a choice write {{ a if condition else b }}.",
            start=statement.start(),
            end=close + 2,
        )
    return Piece(False, template[start:end], start, end)


def find_end(template: str, start: int) -> int:
    """
    Return the offset after the expression whose opening braces stand at ``start``.

    :raises TemplateSyntaxError: it is never closed
    """
    stack: list[str] = []
    position = start + 2
    while mark := _MARKS.search(template, position):
        sign, position = mark[0], mark.end()
        if sign in _QUOTED:
            quoted = _QUOTED[sign].match(template, mark.start())
            if quoted is None:
                raise TemplateSyntaxError(
                    f"The text that starts with {sign} is never closed. Close it with {sign}.",
                    start=mark.start(),
                    end=len(template),
                )
            position = quoted.end()
        elif sign in _PAIRS:
            if not stack and template.startswith(_CLOSE, mark.start()):
                return mark.end() + 1
            if not stack or stack[-1] != _PAIRS[sign]:
                fault = f'"{stack[-1]}" is never closed' if stack else f'"{sign}" closes nothing'
                raise TemplateSyntaxError(f"{fault}. Brackets go in pairs.", start=start, end=mark.end())
            stack.pop()
        else:
            stack.append(sign)
    missing = {"(": ")", "[": "]", "{": "}"}[stack[-1]] if stack else _CLOSE
    raise TemplateSyntaxError(
        f'The expression that starts with {{{{ is never closed. "{missing}" is missing.',
        start=start,
        end=len(template),
    )
