"""Filters that write and read other notations."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import json
import math
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus, unquote_plus

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionValueError
from flowforge_provider.expressions.operations import Scope, need_integer, need_text, operation
from flowforge_provider.expressions.values import to_text, write_json

_GROUP = "Encoding"


@operation("filter", group=_GROUP, example=("{{ {'a': [1]} | tojson }}", '{"a": [1]}'))
def tojson(scope: Scope, value: Any, indent: Any = None) -> str:
    """Write the value as JSON."""
    spaces = None if indent is None else need_integer(indent, "tojson", low=0, high=8)
    return write_json(value, scope.budget, indent=spaces)


@operation("filter", group=_GROUP, example=("""{{ '{"a": 1}' | fromjson }}""", {"a": 1}))
def fromjson(scope: Scope, value: Any) -> Any:
    """Read a JSON text."""
    text = need_text(value, "fromjson")
    scope.budget.allow_text(len(text) * 4)
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_read_float)
    except RecursionError:
        raise ExpressionLimitError("fromjson: the text is nested too deeply.") from None
    except ValueError as error:
        raise ExpressionValueError(f"fromjson: the text is not JSON ({error}).") from None


def _read_float(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text[:60])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


@operation("filter", group=_GROUP, example=("{{ 'Ada' | b64encode }}", "QWRh"))
def b64encode(scope: Scope, value: Any) -> str:
    """Write the text (in UTF-8) as base64."""
    text = need_text(value, "b64encode")
    scope.budget.allow_text(len(text) * 6)
    return base64.b64encode(_utf8(text)).decode("ascii")


@operation("filter", group=_GROUP, example=("{{ 'QWRh' | b64decode }}", "Ada"))
def b64decode(scope: Scope, value: Any) -> str:
    """Read base64 that holds a text in UTF-8; the variant for urls is read too."""
    text = need_text(value, "b64decode")
    scope.budget.allow_text(len(text))
    standard = "".join(text.split()).replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise ExpressionValueError("b64decode: the text is not base64 of a text in UTF-8.") from None


@operation("filter", group=_GROUP, example=("{{ 'a b&c' | urlencode }}", "a%20b%26c"))
def urlencode(scope: Scope, value: Any) -> str:
    """Write a text for use in a url; of an object, make a query string."""
    if type(value) is dict:
        scope.budget.allow_list(len(value))
        pairs = [(key, to_text(item, scope.budget)) for key, item in value.items()]
        scope.budget.allow_text(sum(len(key) + len(item) for key, item in pairs) * 12)
        return "&".join(f"{_quoted(key, plus=True)}={_quoted(item, plus=True)}" for key, item in pairs)
    text = to_text(value, scope.budget)
    scope.budget.allow_text(len(text) * 12)
    return _quoted(text)


def _quoted(text: str, *, plus: bool = False) -> str:
    return quote_plus(_utf8(text)) if plus else quote(_utf8(text), safe="")


@operation("filter", group=_GROUP, example=("{{ 'a%20b' | urldecode }}", "a b"))
def urldecode(scope: Scope, value: Any) -> str:
    """Read a text that was written for use in a url."""
    text = need_text(value, "urldecode")
    scope.budget.allow_text(len(text))
    return unquote_plus(text)


@operation("filter", group=_GROUP, example=("{{ '<b>' | escape }}", "&lt;b&gt;"), aliases=("e",))
def escape(scope: Scope, value: Any) -> str:
    """Write a text so that it is plain text inside HTML."""
    text = to_text(value, scope.budget)
    scope.budget.allow_text(len(text) * 6)
    return html.escape(text)


@operation("filter", group=_GROUP, example=("{{ 'Ada' | sha256 | truncate(8, '') }}", "99a563ab"))
def sha256(scope: Scope, value: Any) -> str:
    """Return the SHA-256 sum of the text (in UTF-8), in hexadecimal: for keys that must not repeat."""
    text = to_text(value, scope.budget)
    scope.budget.allow_text(len(text))
    return hashlib.sha256(_utf8(text)).hexdigest()


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ExpressionValueError("The text holds half of a character, so it cannot be written.") from None
