"""A string with expressions, read once and rendered many times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ExpressionError, ExpressionLimitError
from flowforge_provider.expressions import library  # noqa: F401 - fills the lists of operations
from flowforge_provider.expressions.environment import ENVIRONMENT
from flowforge_provider.expressions.evaluation import Evaluate, build
from flowforge_provider.expressions.limits import DEFAULT_LIMITS
from flowforge_provider.expressions.split import Piece, TemplateSyntaxError, split_template
from flowforge_provider.expressions.values import MissingValueError, copy_result, to_text

if TYPE_CHECKING:
    from jinja2 import nodes

    from flowforge_provider.expressions.operations import Scope


@dataclass(frozen=True)
class Part:
    """One expression of a template: its place, its tree, and the function that evaluates it."""

    piece: Piece
    tree: nodes.Expr
    evaluate: Evaluate


@dataclass(frozen=True)
class Template:
    """
    A template that has been read.

    :param parts: texts and expressions in order
    :param is_whole: whether it is one expression and nothing else, so that the value keeps its type
    """

    parts: tuple[str | Part, ...]
    is_whole: bool

    @property
    def expressions(self) -> list[Part]:
        """Return the expressions in order."""
        return [part for part in self.parts if isinstance(part, Part)]

    def render(self, scope: Scope) -> Any:
        """
        Return the value of a whole expression, or the text with its expressions filled in.

        :raises ExpressionError: an expression cannot be evaluated, or reaches a limit
        """
        if self.is_whole:
            return copy_result(_evaluate(self.expressions[0], scope), scope.budget)
        texts = [
            part if isinstance(part, str) else to_text(_evaluate(part, scope), scope.budget)
            for part in self.parts
        ]
        scope.budget.allow_text(sum(map(len, texts)))
        return "".join(texts)


def read_template(text: str) -> Template:
    """
    Read a template; the same text is read once.

    :param text: a string with ``{{ expressions }}``
    :raises TemplateSyntaxError: it is wrong; the error knows the place
    """
    return _read_short(text) if len(text) <= _SHORT_CHARS else _read_long(text)


def _read(text: str) -> Template:
    if len(text) > DEFAULT_LIMITS.template_chars:
        raise ExpressionLimitError(
            f"The template has {len(text):,} characters; {DEFAULT_LIMITS.template_chars:,} are allowed."
        )
    pieces = split_template(text)
    parts = tuple(_read_expression(piece) if piece.is_expression else piece.text for piece in pieces)
    # White space around a single expression is what editors leave behind, and no wish for a text.
    rest = [part for part in parts if isinstance(part, Part) or part.strip()]
    is_whole = len(rest) == 1 and isinstance(rest[0], Part)
    return Template(parts, is_whole)


# What is read takes more than a hundred times the memory of its text. So thousands of the usual short ones
# are kept, and few of the long ones, which a check reads twice.
_SHORT_CHARS = 1_000
_read_short = lru_cache(maxsize=4096)(_read)
_read_long = lru_cache(maxsize=8)(_read)


def _read_expression(piece: Piece) -> Part:
    if len(piece.text) > DEFAULT_LIMITS.expression_chars:
        raise TemplateSyntaxError(
            f"The expression has {len(piece.text):,} characters; "
            f"{DEFAULT_LIMITS.expression_chars:,} are allowed. Let a transform step with jq do the work.",
            start=piece.start,
            end=piece.end,
            code=ExpressionLimitError.code,
        )
    try:
        tree = ENVIRONMENT.parse_expression(piece.text)
        return Part(piece, tree, build(tree))
    except ExpressionError as error:
        raise TemplateSyntaxError(
            error.message, start=piece.start, end=piece.end, code=error.error_code
        ) from error


def _evaluate(part: Part, scope: Scope) -> Any:
    try:
        return part.evaluate(scope)
    except ExpressionError as error:
        source = " ".join(part.piece.text.split())
        shown = source if len(source) <= 120 else f"{source[:119]}…"
        message = error.explain() if isinstance(error, MissingValueError) else error.message
        raise type(error)(f"{{{{ {shown} }}}}: {message}", code=error.error_code) from error
    except RecursionError:
        raise ExpressionLimitError("The expression or its data are nested too deeply.") from None
    except MemoryError:
        raise ExpressionLimitError("The expression needs more memory than there is.") from None
    except ArithmeticError:
        # The data may hold numbers of thousands of digits, which nothing of ours would make.
        raise ExpressionLimitError("The expression works with a number that is too large.") from None
