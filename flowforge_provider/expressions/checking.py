"""Check templates before they run."""

from __future__ import annotations

from typing import NamedTuple

from flowforge_provider.exceptions import ExpressionError
from flowforge_provider.expressions.split import TemplateSyntaxError
from flowforge_provider.expressions.template import read_template


class ExpressionProblem(NamedTuple):
    """
    What is wrong with a template, and where.

    ``start`` and ``end`` are offsets in characters; ``line`` and ``column`` count from 1.
    """

    code: str
    message: str
    start: int
    end: int
    line: int
    column: int


def check(template: str) -> list[ExpressionProblem]:
    """
    Return what is wrong with a template, without data: an empty list when it can be rendered.

    :param template: a string, with or without expressions
    """
    if "{{" not in template:
        return []
    try:
        read_template(template)
    except TemplateSyntaxError as error:
        start, end = error.start, error.end
        message, code = error.message, error.error_code
    except ExpressionError as error:
        start, end = 0, len(template)
        message, code = error.message, error.error_code
    else:
        return []
    line = template.count("\n", 0, start) + 1
    column = start - (template.rfind("\n", 0, start) + 1) + 1
    return [ExpressionProblem(code, message, start, end, line, column)]
