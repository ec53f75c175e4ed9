"""
The grammar of expressions: Jinja's own parser, inside a sandbox that can run nothing.

FlowForge uses Jinja to read expressions and never to run them. Jinja's sandbox runs generated Python code and
guards it by lists of what is dangerous; docs/decisions tells why that is not enough here. The parsed tree is
evaluated by ``evaluation.py`` over JSON values only. This environment is what stands behind it: immutable,
without globals, filters or tests, and with a refusal in every place where Jinja would run something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from jinja2.exceptions import SecurityError
from jinja2.exceptions import TemplateSyntaxError as JinjaSyntaxError
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionSyntaxError

if TYPE_CHECKING:
    from jinja2 import nodes


class ExpressionEnvironment(ImmutableSandboxedEnvironment):
    """Parses expressions; refuses to run anything."""

    def __init__(self) -> None:
        super().__init__(autoescape=False, optimized=False, cache_size=0)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()

    def parse_expression(self, source: str) -> nodes.Expr:
        """
        Return the tree of one expression.

        :param source: what stands between the braces
        :raises ExpressionSyntaxError: it is not one expression of Jinja's grammar
        :raises ExpressionLimitError: it is nested too deeply
        """
        if not source.strip():
            raise ExpressionSyntaxError("The expression is empty. Write one, for example trigger.body.")
        try:
            parser = Parser(self, source, state="variable")
            tree = parser.parse_expression()
            if not parser.stream.eos:
                token = parser.stream.current
                raise ExpressionSyntaxError(
                    f'"{token.value}" is not expected here. Check what stands before it: '
                    "a name with a space, a missing operator or comma."
                )
        except JinjaSyntaxError as error:
            raise ExpressionSyntaxError(_reword(error.message or "It cannot be parsed.")) from None
        except RecursionError:
            raise ExpressionLimitError("The expression is nested too deeply. Split it up.") from None
        except (ValueError, OverflowError) as error:  # numbers that Python itself refuses to read
            if isinstance(error, ExpressionSyntaxError):
                raise
            raise ExpressionSyntaxError("The expression holds a number that is too long.") from None
        return tree

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise SecurityError("FlowForge evaluates expressions itself; Jinja runs nothing.")

    call = getattr = getitem = call_filter = call_test = _refuse
    call_binop = call_unop = compile = from_string = compile_expression = _refuse
    get_template = select_template = unsafe_undefined = _refuse

    def is_safe_attribute(self, _obj: Any, _attr: str, _value: Any) -> bool:
        """Refuse every attribute."""
        return False

    def is_safe_callable(self, _obj: Any) -> bool:
        """Refuse every call."""
        return False


def _reword(message: str) -> str:
    text = message[:300]
    if "unexpected char" in text:
        return f"There is an {text[:1].lower()}{text[1:].split(' at ')[0]}. Texts stand in quotes."
    return text if text.endswith(".") else f"{text[:1].upper()}{text[1:]}."


ENVIRONMENT = ExpressionEnvironment()
