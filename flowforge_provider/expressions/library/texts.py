"""Filters that work on texts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flowforge_provider.exceptions import ExpressionValueError
from flowforge_provider.expressions.operations import Scope, need_integer, need_list, need_text, operation
from flowforge_provider.expressions.values import to_text

_GROUP = "Text"
# Characters that trim may be told to cut away.
_MAX_TRIMMED = 100
# All that str.splitlines cuts at.
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@operation("filter", group=_GROUP, example=("{{ 'Ada' | upper }}", "ADA"))
def upper(scope: Scope, value: Any) -> str:
    """Write the text in capitals."""
    text = need_text(value, "upper")
    scope.budget.allow_text(len(text) * 3)
    return text.upper()


@operation("filter", group=_GROUP, example=("{{ 'Ada' | lower }}", "ada"))
def lower(scope: Scope, value: Any) -> str:
    """Write the text in small letters."""
    text = need_text(value, "lower")
    scope.budget.allow_text(len(text) * 3)
    return text.lower()


@operation("filter", group=_GROUP, example=("{{ 'ada LOVELACE' | capitalize }}", "Ada lovelace"))
def capitalize(scope: Scope, value: Any) -> str:
    """Start the text with a capital and write the rest small."""
    text = need_text(value, "capitalize")
    scope.budget.allow_text(len(text) * 3)
    return text.capitalize()


@operation("filter", group=_GROUP, example=("{{ 'ada lovelace' | title }}", "Ada Lovelace"))
def title(scope: Scope, value: Any) -> str:
    """Start every word with a capital."""
    text = need_text(value, "title")
    scope.budget.allow_text(len(text) * 3)
    return " ".join(word.capitalize() for word in text.split(" "))


@operation("filter", group=_GROUP, example=("{{ '  a b ' | trim }}", "a b"))
def trim(scope: Scope, value: Any, characters: Any = None) -> str:
    """Cut white space, or the given characters, from both ends."""
    text = need_text(value, "trim")
    scope.budget.allow_text(len(text))
    if characters is None:
        return text.strip()
    # Python looks for each character of the text in all of these.
    if len(need_text(characters, "trim")) > _MAX_TRIMMED:
        raise ExpressionValueError(f"trim takes at most {_MAX_TRIMMED} characters to cut away.")
    return text.strip(characters)


@operation("filter", group=_GROUP, example=("{{ 'a-b-c' | replace('-', '+') }}", "a+b+c"))
def replace(scope: Scope, value: Any, old: Any, new: Any, count: Any = None) -> str:
    """Put ``new`` in the place of every ``old``, or of the first ``count``."""
    text, old, new = need_text(value, "replace"), need_text(old, "replace"), need_text(new, "replace")
    times = text.count(old)
    if count is not None:
        times = min(times, need_integer(count, "replace", low=0))
    scope.budget.allow_text(max(len(text), len(text) + times * (len(new) - len(old))))
    return text.replace(old, new, times)


@operation("filter", group=_GROUP, example=("{{ 'a, b' | split(', ') }}", ["a", "b"]))
def split(scope: Scope, value: Any, separator: Any = None, limit: Any = None) -> list[str]:
    """Cut the text into a list at every separator, by default white space; ``limit`` bounds the cuts."""
    text = need_text(value, "split")
    at = None if separator is None else need_text(separator, "split")
    if at == "":
        scope.budget.allow_list(len(text))
        return list(text)
    scope.budget.allow_text(len(text))
    most = scope.budget.limits.list_items
    parts = text.split(at, most if limit is None else min(most, need_integer(limit, "split", low=0)))
    scope.budget.allow_list(len(parts))
    return parts


@operation("filter", group=_GROUP, example=("{{ 'one\\ntwo' | lines }}", ["one", "two"]))
def lines(scope: Scope, value: Any) -> list[str]:
    """Cut the text into its lines."""
    text = need_text(value, "lines")
    scope.budget.allow_text(len(text))
    scope.budget.allow_list(1 + sum(map(text.count, _LINE_ENDS)))
    return text.splitlines()


@operation("filter", group=_GROUP, example=("{{ [1, 2] | join(', ') }}", "1, 2"))
def join(scope: Scope, value: Any, separator: Any = "", attribute: Any = None) -> str:
    """Join the items of a list to one text; with ``attribute``, a field of each item."""
    from flowforge_provider.expressions.library.lists import pick

    items = need_list(scope, value, "join")
    between = need_text(separator, "join")
    scope.budget.spend(len(items))
    chosen = items if attribute is None else [pick(item, attribute) for item in items]
    total, texts = 0, []
    for item in chosen:
        text = to_text(item, scope.budget)
        total += len(text) + len(between)
        scope.budget.check_text(total)
        texts.append(text)
    scope.budget.allow_text(total)
    return between.join(texts)


@operation("filter", group=_GROUP, example=("{{ 'A long sentence' | truncate(6) }}", "A lon…"))
def truncate(scope: Scope, value: Any, length: Any = 80, end: Any = "…") -> str:
    """Cut the text to at most ``length`` characters, the end mark included."""
    text, mark = need_text(value, "truncate"), need_text(end, "truncate")
    most = need_integer(length, "truncate", low=0)
    scope.budget.allow_text(min(len(text), most))
    if len(text) <= most:
        return text
    return (text[: max(0, most - len(mark))] + mark)[:most]


@operation("filter", group=_GROUP, example=("{{ 7 | pad(3, '0') }}", "007"))
def pad(scope: Scope, value: Any, width: Any, fill: Any = " ", side: Any = "left") -> str:
    """Fill the text up to a width, on the left or the right."""
    text, sign = to_text(value, scope.budget), need_text(fill, "pad")
    size = need_integer(width, "pad", low=0)
    scope.budget.allow_text(max(size, len(text)))
    sign = sign[:1] or " "
    return text.ljust(size, sign) if side == "right" else text.rjust(size, sign)


@operation("filter", group=_GROUP, example=("{{ 'Orders: March!' | slug }}", "orders-march"))
def slug(scope: Scope, value: Any, separator: Any = "-") -> str:
    """Make a name for addresses and files: Latin letters and digits, the rest becomes the separator."""
    text, between = need_text(value, "slug"), need_text(separator, "slug")
    scope.budget.allow_text(len(text) * max(4, len(between)))
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return between.join(re.findall(r"[a-z0-9]+", plain))


@operation("filter", group=_GROUP, example=("{{ 7 | string ~ '!' }}", "7!"))
def string(scope: Scope, value: Any) -> str:
    """Turn any value into text; objects and lists become JSON."""
    return to_text(value, scope.budget)


@operation("filter", group=_GROUP, example=("{{ 'order-7' | after('-') }}", "7"))
def after(scope: Scope, value: Any, mark: Any) -> str:
    """Return what stands after the first ``mark``; nothing when it does not occur."""
    text = need_text(value, "after")
    scope.budget.allow_text(len(text))
    return text.partition(need_text(mark, "after") or "\0")[2]


@operation("filter", group=_GROUP, example=("{{ 'order-7' | before('-') }}", "order"))
def before(scope: Scope, value: Any, mark: Any) -> str:
    """Return what stands before the first ``mark``; all when it does not occur."""
    text = need_text(value, "before")
    scope.budget.allow_text(len(text))
    return text.partition(need_text(mark, "before") or "\0")[0]
