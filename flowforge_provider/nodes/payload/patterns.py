"""
Regular expressions that strangers' texts are matched with.

Python's engine tries every way to match. A repeat inside a repeat has exponentially many of them, and so has
a repeated choice that can be made in two ways: forty characters would keep a server busy for years. Such
patterns are refused before they are published. What is left, such as ``a*b*a*``, is matched by an engine that
needs linear time, where that one reads the pattern as Python does.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator

__all__ = ["check_pattern", "fits"]

_LONGEST = 500
# Longer texts fit no pattern.
_MAX_MATCHED = 1000
# What the linear engine reads in another way than Python: flags and look-around, sets in sets, open counts.
_ANOTHER = re.compile(r"\(\?(?!:|P<)|&&|--|~~|\{,|\\Z")
_CLASSES = {"w": r"\p{L}\p{N}_", "d": r"\p{Nd}"}
_MANY = 20


def check_pattern(pattern: str) -> str | None:
    """
    Return why a pattern cannot be used, or None.

    :param pattern: as Python's ``re`` reads it
    """
    shown = pattern[:100]
    if len(pattern) > _LONGEST:
        return f'The pattern "{shown}…" has more than {_LONGEST} characters. Write a shorter one.'
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
            tree = _parser().parse(pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        return f'"{shown}" is not a regular expression: {error}.'
    if _has_nested_repeat(tree, inside=False):
        return (
            f'The pattern "{shown}" repeats something that is repeated itself, or a choice of which several '
            "may fit, which can take for ever. "
            "Write it with one repeat: (a+)+ is a+, and (a|ab)* is (ab?)*."
        )
    return None


def fits(pattern: str, text: str) -> bool:
    """
    Tell whether a text fits a pattern that ``check_pattern`` has found nothing wrong with.

    :param pattern: as Python's ``re`` reads it
    """
    if len(text) > _MAX_MATCHED:
        return False
    linear = _linear(pattern)
    if linear is None:
        return re.search(pattern, text) is not None
    try:
        return linear.is_valid(text)
    except ValueError:  # half a surrogate pair, which no text of a run may hold
        return False


@lru_cache(maxsize=500)
def _linear(pattern: str) -> Draft202012Validator | None:
    """Return what matches a pattern in linear time; None where that is not sure to be the same."""
    import jsonschema_rs

    translated = None if _ANOTHER.search(pattern) else _translate(pattern)
    if translated is None:
        return None
    try:
        return jsonschema_rs.Draft202012Validator(
            {"pattern": translated}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except ValueError:
        return None


def _translate(pattern: str) -> str | None:
    """Write letters and digits of all languages as such, which JSON Schema's patterns take for ASCII ones."""
    pieces: list[str] = []
    in_set = False
    letters = iter(pattern)
    for letter in letters:
        if letter == "\\":
            name = next(letters, "")
            known = _CLASSES.get(name.lower())
            if known is None:
                pieces.append(letter + name)
            elif not in_set:
                pieces.append(f"[{'^' if name.isupper() else ''}{known}]")
            elif name.isupper():
                return None
            else:
                pieces.append(known)
            continue
        if letter == "[" and in_set:
            return None
        in_set = letter == "[" or (in_set and letter != "]")
        pieces.append(letter)
    return "".join(pieces)


def _parser() -> Any:
    # Python 3.10 has it under its own name.
    return import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")


def _has_nested_repeat(tree: Any, *, inside: bool) -> bool:
    for operation, argument in tree:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            _, most, body = argument
            is_long = most is not None and int(most) > _MANY
            if (is_long and inside) or _has_nested_repeat(body, inside=inside or is_long):
                return True
        elif (inside and name == "BRANCH" and _is_open_choice(argument[1])) or any(
            _has_nested_repeat(part, inside=inside) for part in _subtrees(argument)
        ):
            return True
    return False


def _is_open_choice(choices: Any) -> bool:
    """Tell whether the next character may leave more than one of the choices."""
    first = [(str(choice[0][0]), choice[0][1]) if len(choice) else ("", None) for choice in choices]
    return any(name != "LITERAL" for name, _ in first) or len(set(first)) < len(first)


def _subtrees(argument: Any) -> list[Any]:
    """Return the parsed parts inside an operation's argument."""
    if hasattr(argument, "data"):
        return [argument]
    if isinstance(argument, (tuple, list)):
        return [tree for item in argument for tree in _subtrees(item)]
    return []
