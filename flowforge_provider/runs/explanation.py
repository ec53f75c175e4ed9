"""A failure in plain words: what went wrong, what was tried, what to do next. English and Russian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.runs.explanation_texts import ADVICE, ADVICE_OF_CODE, TITLES, TRIED
from flowforge_provider.runs.reports import tell_message

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Explanation", "FailureCategory", "categorize", "explain"]

FailureCategory = Literal[
    "connection",
    "timeout",
    "rate_limit",
    "service",
    "refused",
    "sign_in",
    "not_found",
    "certificate",
    "data",
    "expression",
    "database",
    "size",
    "settings",
    "worker",
    "child",
    "approval",
    "stopped",
    "unexpected",
]
Language = Literal["en", "ru"]

_OF_CODE: dict[str, FailureCategory] = {
    "approval-expired": "approval",
    "connection-type": "settings",
    "execution-stopped": "stopped",
    "http-address": "settings",
    "http-certificate": "certificate",
    "http-connection-settings": "settings",
    "http-denied": "settings",
    "http-not-json": "service",
    "http-other-host": "settings",
    "http-proxy": "connection",
    "http-redirects": "service",
    "http-token": "sign_in",
    "jq-crashed": "worker",
    "merge-too-large": "size",
    "missing-connection": "settings",
    "postgres-commit-unknown": "database",
    "postgres-conflict": "database",
    "postgres-constraint": "data",
    "postgres-unknown-name": "settings",
    "postgres-value": "data",
    "resend-busy": "service",
    "resend-failed": "service",
    "resend-key": "sign_in",
    "resend-quota": "rate_limit",
    "smtp-login": "sign_in",
    "smtp-settings": "settings",
    "smtp-temporary": "service",
    "step-died": "worker",
    "step-error": "unexpected",
    "step-failed": "unexpected",
    "telegram-failed": "service",
    "telegram-forbidden": "refused",
    "telegram-migrated": "settings",
    "telegram-token": "sign_in",
    "too-many-rows": "size",
    "transform-memory": "size",
    "wait-broken": "worker",
    "waiting-in-batch": "settings",
    "workflow-depth": "settings",
}
# By what a code ends or begins with; the first that fits counts.
_OF_END: tuple[tuple[str, FailureCategory], ...] = (
    ("-timeout", "timeout"),
    ("-connection", "connection"),
    ("-rate-limit", "rate_limit"),
    ("-tls", "certificate"),
    ("-refused", "refused"),
    ("-stopped", "stopped"),
    ("-too-large", "size"),
    ("-too-deep", "size"),
)
_OF_BEGINNING: tuple[tuple[str, FailureCategory], ...] = (
    ("expression-", "expression"),
    ("workflow-", "child"),
    ("postgres-", "database"),
    ("sql-", "settings"),
    ("missing-", "settings"),
    ("no-", "data"),
    ("output-", "data"),
    ("wrong-", "data"),
)


@dataclass(frozen=True)
class Explanation:
    """
    Why an execution has failed, for people.

    :param code: of the error
    :param title: one line
    :param message: the step's own report
    :param tried: how often it was tried, and why not more often
    :param advice: what to do next
    """

    category: FailureCategory
    code: str
    title: str
    message: str
    tried: str
    advice: str


def explain(
    error: Mapping[str, Any] | None,
    *,
    step: str | None,
    tries: int = 0,
    max_tries: int = 1,
    language: Language = "en",
) -> Explanation:
    """
    Return a failure in plain words.

    :param error: the step's record {type, code, message, detail}; None when it left none
    :param step: name of the step that failed; None when no step did
    :param tries: tries that were begun
    :param max_tries: tries that it may take
    """
    record = error or {}
    category = categorize(record) if step is not None else "worker"
    code = str(record.get("code") or ("step-died" if step is not None else "run-failed"))
    place = 0 if language == "en" else 1
    title = TITLES[category if step is not None else "run"][place]
    advice = ADVICE_OF_CODE.get(code) or ADVICE[category if step is not None else "run"]
    return Explanation(
        category=category,
        code=code,
        title=title.format(step=step or "", status=_status(record) or ""),
        message=tell_message(record, language=language),
        tried=_tried(tries, max_tries, place=place) if step is not None else "",
        advice=advice[place],
    )


def categorize(error: Mapping[str, Any]) -> FailureCategory:
    """
    Return what kind of cause an error has.

    :param error: a step's record {type, code, message, detail}
    """
    code = str(error.get("code") or "step-died")
    if code == "http-status":
        return _of_status(_status(error))
    if code in _OF_CODE:
        return _OF_CODE[code]
    for end, category in _OF_END:
        if code.endswith(end):
            return category
    for beginning, category in _OF_BEGINNING:
        if code.startswith(beginning):
            return category
    # A code of FlowForge that is none of the above is about what the step was given.
    return "data"


def _of_status(status: int | None) -> FailureCategory:
    named: dict[int, FailureCategory] = {
        401: "sign_in",
        403: "sign_in",
        404: "not_found",
        407: "sign_in",
        408: "timeout",
        410: "not_found",
        429: "rate_limit",
        504: "timeout",
    }
    if status in named:
        return named[status]
    return "service" if status is None or status >= 500 else "refused"


def _status(error: Mapping[str, Any]) -> int | None:
    detail = error.get("detail")
    status = detail.get("status") if isinstance(detail, dict) else None
    return status if isinstance(status, int) else None


def _tried(tries: int, max_tries: int, *, place: int) -> str:
    if tries == 0:
        kind = "none"
    elif max_tries <= 1:
        kind = "single"
    else:
        kind = "all" if tries >= max_tries else "some"
    return TRIED[kind][place].format(tries=tries, max=max_tries)
