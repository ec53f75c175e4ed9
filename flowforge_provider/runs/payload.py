"""
Which data may enter a run.

A run's data ends up in JSONB columns (``dag_run.conf``, XComs), which refuse NUL characters and unpaired
surrogates, and JSON itself knows no NaN. What cannot be stored must be refused before a sender gets a 2xx.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flowforge_provider.exceptions import FlowForgeError
from flowforge_provider.redaction.sealing import MARK

__all__ = ["PayloadError", "check_payload", "parse_json"]

# An escape that may stand for a NUL or a surrogate; a cheap look before the exact walk.
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MAX_DEPTH = 200


class PayloadError(FlowForgeError, ValueError):
    """The data of a run is not JSON, or not JSON that can be kept."""

    code = "invalid-payload"


def parse_json(raw: bytes, *, codec: str = "utf-8-sig") -> Any:
    """
    Read a JSON text as RFC 8259 defines it, and make sure that it can be kept.

    :param raw: nothing but white space means None
    :param codec: character set of the text; RFC 8259 knows UTF-8 alone
    :raises PayloadError: with the place of the first fault; code ``invalid-json`` or ``invalid-payload``
    """
    if not raw.strip():
        return None
    try:
        value = json.loads(raw.decode(codec))
    except UnicodeDecodeError as exc:
        raise PayloadError(
            f"The body is not {codec.removesuffix('-sig').upper()} at byte {exc.start}. Send JSON in UTF-8.",
            code="invalid-json",
        ) from None
    except json.JSONDecodeError as exc:
        raise PayloadError(
            f"The body is not valid JSON: {exc.msg} at line {exc.lineno}, column {exc.colno}.",
            code="invalid-json",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as exc:
        # Python refuses to read integers of thousands of digits.
        raise PayloadError(f"The body holds a number that is too long: {exc}.", code="invalid-json") from None
    check_payload(value)
    return value


def check_payload(value: Any) -> int:
    """
    Make sure that JSON data can be kept in the database.

    :param value: what ``json.loads`` gives
    :return: its size as JSON text, in bytes
    :raises PayloadError: it holds NaN, Infinity, a NUL character, an unpaired surrogate, or is too deep
    """
    try:
        text = json.dumps(value, allow_nan=False)
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, TypeError) as exc:
        raise PayloadError(
            f"The data holds something that JSON cannot express ({exc}). Send finite numbers and plain text."
        ) from None
    if MARK in text:
        raise PayloadError(
            f"The data holds the text {MARK!r}, with which FlowForge marks values that redaction rules hide. "
            "Remove it."
        )
    if _SUSPECT_ESCAPE.search(text):
        _check_text(value, path="$")
    _check_depth(value)
    return len(text)


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > _MAX_DEPTH:
            raise _too_deep()
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(child for child in item.values() if isinstance(child, (dict, list)))
            elif isinstance(item, list):
                below.extend(child for child in item if isinstance(child, (dict, list)))
        level = below


def _check_text(value: Any, *, path: str) -> None:
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise PayloadError(
                f"The text at {path} holds a NUL character or half a surrogate pair, which the "
                "database cannot keep. Remove it."
            )
    elif isinstance(value, dict):
        for key, child in value.items():
            _check_text(key, path=f"{path} (a key)")
            _check_text(child, path=f"{path}.{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _check_text(child, path=f"{path}[{index}]")


def _too_deep() -> PayloadError:
    return PayloadError(f"The data is nested deeper than {_MAX_DEPTH} levels. Send a flatter structure.")
