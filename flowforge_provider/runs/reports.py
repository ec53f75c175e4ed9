"""What a step has reported, in the reader's language: its error, and why it was tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.retry_reasons import in_russian
from flowforge_provider.runs.report_texts import RUSSIAN, RUSSIAN_ALONE, RUSSIAN_OF_DETAIL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.nodes.payload.messages import Language

__all__ = ["tell_error", "tell_message", "tell_retry_reason"]


def tell_message(error: Mapping[str, Any], *, language: Language) -> str:
    """
    Return what an error says.

    Steps write English, into logs as well. In Russian the kind of failure is told by its code; facts that
    only the message has, such as an address or what a service answered, follow in its own words.

    :param error: a step's record {type, code, message, detail}
    """
    message, code = str(error.get("message") or ""), str(error.get("code") or "")
    if language != "ru":
        return message
    detail = error.get("detail")
    if code in RUSSIAN_OF_DETAIL and isinstance(detail, dict):
        try:
            return RUSSIAN_OF_DETAIL[code].format_map(detail)
        except KeyError:
            pass  # A record of an earlier version, or one that was cut, has not all of it.
    if code in RUSSIAN_ALONE:
        return RUSSIAN_ALONE[code]
    told = RUSSIAN.get(code)
    if told is None:
        return message
    return f"{told} ({message})" if message else told


def tell_error(error: Any, *, language: Language) -> Any:
    """
    Return an error with its message in a language.

    :param error: a step's record; anything else is returned as it is
    """
    if language == "en" or not isinstance(error, dict) or "message" not in error:
        return error
    return {**error, "message": tell_message(error, language=language)}


def tell_retry_reason(reason: str | None, *, language: Language) -> str | None:
    """
    Return why another try followed, or why none did.

    :param reason: as the retry policy has written it; others are returned as they are
    """
    return reason if reason is None or language != "ru" else in_russian(reason)
