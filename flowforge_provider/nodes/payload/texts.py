"""Between the texts that people type into a form and JSON."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TextError", "format_value", "parse_text"]

_MAX_NUMBER = 100
_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?")
_YES = frozenset({"true", "yes", "on", "1", "да"})
_NO = frozenset({"false", "no", "off", "0", "нет"})


class TextError(ValueError):
    """A text is not what its field takes; ``code`` tells in which way."""

    def __init__(self, *, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_text(  # noqa: PLR0911 - one return per kind of field
    kind: str, texts: Sequence[str], *, options: Sequence[Any] = (), timezone_name: str = "UTC"
) -> Any:
    """
    Return the JSON value of what was typed or chosen.

    :param kind: of the field: text, number, multi_select and so on
    :param texts: one, or several for several choices
    :param options: JSON values that can be chosen; texts name them by their own text
    :param timezone_name: IANA name of the zone in which a date and time without one is meant
    :raises TextError: with the code of what is wrong
    """
    if kind == "multi_select":
        return [_choice(text, options) for text in texts]
    text = texts[0] if texts else ""
    if kind == "select":
        return _choice(text, options)
    if kind == "boolean":
        return _boolean(text)
    if kind in ("number", "integer"):
        return _number(text, whole=kind == "integer")
    if kind == "date":
        return _date(text)
    if kind == "datetime":
        return _moment(text, timezone_name=timezone_name)
    if kind == "json":
        return _json(text)
    # A browser ends lines by two characters, which nobody has typed.
    return text.replace("\r\n", "\n")


def format_value(  # noqa: PLR0911 - one return per kind of field
    kind: str, value: Any, *, timezone_name: str = "UTC"
) -> list[str]:
    """Return the texts that stand for a JSON value in a field; none for null."""
    if kind == "multi_select":
        return [option_text(item) for item in value] if isinstance(value, list) else []
    if kind == "json":
        return [] if value is None else [json.dumps(value, ensure_ascii=False, indent=2)]
    if value is None or isinstance(value, (dict, list)):
        return []
    if kind == "boolean":
        return ["true"] if value is True else []
    if kind == "datetime" and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(_python_iso(value))
        except ValueError:
            return [value]
        if moment.tzinfo is not None:
            moment = moment.astimezone(ZoneInfo(timezone_name))
        return [moment.replace(tzinfo=None, microsecond=0).isoformat()]
    return [option_text(value)]


def option_text(value: Any) -> str:
    """Return the text by which a form names one of several choices."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _choice(text: str, options: Sequence[Any]) -> Any:
    # A text and a number can look the same; the text goes first.
    for option in sorted(options, key=lambda item: not isinstance(item, str)):
        if option_text(option) == text:
            return option
    raise TextError(code="payload-choice")


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word in _YES:
        return True
    if word in _NO or not word:
        return False
    raise TextError(code="payload-type")


def _number(text: str, *, whole: bool) -> int | float:
    text = text.strip().replace("\u00a0", "")
    if len(text) > _MAX_NUMBER or not _DECIMAL.fullmatch(text):
        raise TextError(code="payload-type")
    if _INTEGER.fullmatch(text):
        return int(text)
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise TextError(code="payload-type")
    if whole:
        if not value.is_integer():
            raise TextError(code="payload-type")
        return int(value)
    return value


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise TextError(code="payload-format") from None


def _moment(text: str, *, timezone_name: str) -> str:
    try:
        moment = datetime.fromisoformat(_python_iso(text.strip()))
    except ValueError:
        raise TextError(code="payload-format") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(timezone_name))
    return moment.isoformat()


def _python_iso(text: str) -> str:
    # Python 3.10 knows no Z.
    return text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise TextError(code="payload-json") from None
