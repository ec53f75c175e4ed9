"""
The expression language: ``{{ … }}`` over JSON data.

Names are loaded on first use, since Jinja is needed only where a string really holds an expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowforge_provider.expressions.checking import ExpressionProblem, check
    from flowforge_provider.expressions.language import describe_language
    from flowforge_provider.expressions.limits import Limits
    from flowforge_provider.expressions.paths import References, references
    from flowforge_provider.expressions.rendering import render

__all__ = [
    "ExpressionProblem",
    "Limits",
    "References",
    "check",
    "describe_language",
    "references",
    "render",
]

_HOMES = {
    "ExpressionProblem": "checking",
    "Limits": "limits",
    "References": "paths",
    "check": "checking",
    "describe_language": "language",
    "references": "paths",
    "render": "rendering",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{home}"), name)
