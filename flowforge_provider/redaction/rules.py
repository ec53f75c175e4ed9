"""
Rules that say what is hidden: JSONPath (RFC 9535) over an execution as it is shown.

The document that a path leads through is ``{"trigger": …, "steps": {<id>: {"input", "output", "error",
"item"}}}``. Each part is looked through when it comes to be stored.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["MAX_RULES", "RULE_LENGTH", "Place", "find_places", "parse_rule", "steps_of_rule"]

MAX_RULES = 50
RULE_LENGTH = 500

#: keys and indexes that lead from a document to a value
Place = tuple["str | int", ...]

# Patterns of a workflow's author must not hold up the process that takes deliveries in.
_PATTERNS = re.compile(r"\b(?:match|search)\s*\(")
_HINT = "Write it like $.trigger.body.card.number, $.steps.pay.output.token or $..password"
_PARTS = ("trigger", "steps")
_STEP_PARTS = ("input", "output", "error", "item")


def parse_rule(text: str) -> Any:
    """
    Return a rule that can be evaluated.

    :raises ValueError: it is no rule; the message says why and what to write
    """
    if not text.strip():
        raise ValueError(f"The rule is empty. {_HINT}.")
    if _PATTERNS.search(text):
        raise ValueError("match() and search() cannot be used here. Compare with == instead.")
    return _compile(text.strip())


@lru_cache(maxsize=500)
def _compile(text: str) -> Any:
    from jsonpath import JSONPathEnvironment, JSONPathError

    try:
        path = JSONPathEnvironment(strict=True).compile(text)
    except (JSONPathError, RecursionError) as error:
        reason = str(error).partition("\n")[0].strip()
        raise ValueError(f"{text!r} is no JSONPath: {reason}. {_HINT}.") from None
    first = _names(path)[:3]
    if not first or (first[0] is not None and first[0] not in _PARTS):
        raise ValueError(f"{text!r} must begin with $.trigger, $.steps or $.. and a name. {_HINT}.")
    if first[0] == "steps" and len(first) > 2 and first[2] is not None and first[2] not in _STEP_PARTS:
        raise ValueError(
            f"{text!r}: after the step comes input, output, error, or item (of a loop). {_HINT}."
        )
    return path


def steps_of_rule(text: str) -> list[str]:
    """Return the id of the step that a rule names; none when it names no single one."""
    try:
        names = _names(parse_rule(text))
    except ValueError:
        return []
    return [names[1]] if len(names) > 1 and names[0] == "steps" and isinstance(names[1], str) else []


def _names(path: Any) -> list[str | None]:
    """Return the names of a path's first segments; None for one that may be several."""
    names: list[str | None] = []
    for segment in path.segments:
        selectors = segment.selectors
        name = getattr(selectors[0], "name", None) if len(selectors) == 1 else None
        is_child = type(segment).__name__ == "JSONPathChildSegment"
        names.append(name if is_child and isinstance(name, str) else None)
    return names


def find_places(rules: Sequence[str], document: Mapping[str, Any], *, below: int) -> list[Place]:
    """
    Return the places in a document that rules name, none of them inside another one.

    :param document: as above
    :param below: what a rule names that lies higher than this many keys counts as this deep, in all of it
    """
    found: set[Place] = set()
    for rule in rules:
        try:
            matches = [tuple(match.parts) for match in parse_rule(rule).finditer(document)]
        except Exception:  # whatever it is, too much is hidden rather than too little
            matches = [()]
        for parts in matches:
            found.update(_deepen(parts, document, below))
    return [place for place in sorted(found, key=len) if not _is_inside(place, found)]


def _deepen(parts: Place, document: Any, below: int) -> Iterator[Place]:
    if len(parts) >= below:
        yield parts
        return
    value = document
    for key in parts:
        value = value[key]
    keys: Iterable[Any] = ()
    if isinstance(value, dict):
        keys = value.keys()
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield from _deepen((*parts, key), document, below)


def _is_inside(place: Place, places: set[Place]) -> bool:
    return any(place[:length] in places for length in range(len(place)))
