"""
Why a failed step is tried again, or not: sentences that a worker writes and the API tells.

Airflow keeps them as one text beside each try. Both languages stand here beside each other, so that the
worker's English is known again.
"""

from __future__ import annotations

import re

__all__ = ["ASKED", "FINAL", "HELPS", "NEVER", "UNLISTED", "in_russian"]

FINAL = "Another try would end the same way."
NEVER = "The node's settings never retry on this error ({names})."
UNLISTED = "The node's settings do not retry on this error ({names})."
ASKED = "The service asked to wait {seconds} s ({names})."
HELPS = "Another try may help ({names})."

_RUSSIAN = {
    FINAL: "Ещё одна попытка закончилась бы так же.",
    NEVER: "Настройки узла запрещают повтор при такой ошибке ({names}).",
    UNLISTED: "Настройки узла не предусматривают повтора при такой ошибке ({names}).",
    ASKED: "Сервис попросил подождать {seconds} с ({names}).",
    HELPS: "Ещё одна попытка может помочь ({names}).",
}
# Kinds of errors; codes and statuses are the same in each language.
_NAMES = {
    "connection": "соединение",
    "database_conflict": "конфликт в базе",
    "rate_limit": "слишком много запросов",
    "timeout": "время вышло",
    "unexpected": "непредвиденная ошибка",
}
_PATTERNS = [
    (
        re.compile(
            re.escape(english)
            .replace(r"\{names\}", "(?P<names>.*)")
            .replace(r"\{seconds\}", r"(?P<seconds>\S+)")
        ),
        russian,
    )
    for english, russian in _RUSSIAN.items()
]


def in_russian(reason: str) -> str:
    """Return one of the sentences in Russian; another text as it is."""
    for pattern, russian in _PATTERNS:
        found = pattern.fullmatch(reason)
        if found:
            facts = found.groupdict()
            names = [_NAMES.get(name, name) for name in (facts.get("names") or "").split(", ")]
            return russian.format(names=", ".join(names), seconds=facts.get("seconds") or "")
    return reason
