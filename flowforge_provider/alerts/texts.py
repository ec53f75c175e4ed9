"""What alerts say, in English and Russian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowforge_provider.alerts.kinds import Language

__all__ = ["TEXTS", "duration", "plural", "text"]

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "failure.one": "{workflow}: failed",
        "failure.step": '{workflow}: step "{step}" failed',
        "failure.many": "{workflow}: {count} {failures} of the same cause in {period}",
        "recovery.one": "{workflow}: works again",
        "recovery.many": "{workflow}: recovered {count} times in {period}",
        "retry.one": '{workflow}: step "{step}" failed, another try follows',
        "retry.many": "{workflow}: {count} failed tries of the same cause in {period}",
        "long_run.one": "{workflow}: runs for more than {limit}",
        "long_run.many": "{workflow}: {count} executions run for more than {limit}",
        "deadline": "{workflow}: has missed its deadline",
        "no_run.one": "{workflow}: no execution has begun for {limit}",
        "no_run.many": "{workflow}: no execution has begun for {limit}, {count} times",
        "dead_letters.one": "{workflow}: {failures_now} {failures_noun} within {limit}",
        "dead_letters.many": "{workflow}: many failures within {limit}, {count} times",
        "channel.one": 'Alert channel "{channel}" does not work',
        "channel.many": "{count} alert channels do not work",
        "digest": "{count} events of {groups} kinds in {period}",
        "test": "FlowForge: a test message",
        "test.text": "{user} tries this channel. Nothing is wrong.",
        "label.step": "Step",
        "label.cause": "Cause",
        "label.details": "Details",
        "label.status": "HTTP status",
        "label.sqlstate": "SQL state",
        "label.request": "Request",
        "label.tries": "Tries",
        "label.next": "What to do",
        "label.execution": "Execution",
        "label.started": "Began",
        "label.last": "Last begun",
        "label.downtime": "Did not work for",
        "label.since": "Since",
        "label.first": "First",
        "label.held": "Held back",
        "link.execution": "Open the execution",
        "link.retry": "Retry",
        "link.workflow": "Open the workflow",
        "link.dead_letters": "Open the failures",
        "link.alerts": "Open the alert settings",
        "tries.next": "{tries} of {max_tries}, the next one follows by itself",
        "never": "never",
        "more": "and {count} more",
        "held.quiet": "quiet hours",
        "held.rate": "too many messages",
    },
    "ru": {
        "failure.one": "{workflow}: ошибка",
        "failure.step": "{workflow}: ошибка на шаге «{step}»",
        "failure.many": "{workflow}: {count} {failures} по одной причине за {period}",
        "recovery.one": "{workflow}: снова работает",
        "recovery.many": "{workflow}: восстановлений за {period} — {count}",
        "retry.one": "{workflow}: попытка шага «{step}» не удалась, будет ещё одна",
        "retry.many": "{workflow}: неудачных попыток по одной причине за {period} — {count}",
        "long_run.one": "{workflow}: выполняется дольше {limit}",
        "long_run.many": "{workflow}: выполняются дольше {limit} — {count}",
        "deadline": "{workflow}: не уложился в срок",
        "no_run.one": "{workflow}: ни одного запуска за {limit}",
        "no_run.many": "{workflow}: ни одного запуска за {limit}, раз: {count}",
        "dead_letters.one": "{workflow}: {failures_now} {failures_noun} за {limit}",
        "dead_letters.many": "{workflow}: много ошибок за {limit}, раз: {count}",
        "channel.one": "Канал оповещений «{channel}» не работает",
        "channel.many": "Не работают каналы оповещений: {count}",
        "digest": "Событий за {period}: {count}, разных: {groups}",
        "test": "FlowForge: проверочное сообщение",
        "test.text": "{user} проверяет этот канал. Ничего не случилось.",
        "label.step": "Шаг",
        "label.cause": "Причина",
        "label.details": "Подробности",
        "label.status": "Код HTTP",
        "label.sqlstate": "Код SQL",
        "label.request": "Запрос",
        "label.tries": "Попытки",
        "label.next": "Что делать",
        "label.execution": "Выполнение",
        "label.started": "Начало",
        "label.last": "Последний запуск",
        "label.downtime": "Не работал",
        "label.since": "С",
        "label.first": "Первая",
        "label.held": "Придержано",
        "link.execution": "Открыть выполнение",
        "link.retry": "Повторить",
        "link.workflow": "Открыть процесс",
        "link.dead_letters": "Открыть ошибки",
        "link.alerts": "Открыть настройки оповещений",
        "tries.next": "{tries} из {max_tries}, следующая начнётся сама",
        "never": "никогда",
        "more": "и ещё {count}",
        "held.quiet": "тихие часы",
        "held.rate": "слишком много сообщений",
    },
}

_FAILURES = {"en": ("failure", "failures", "failures"), "ru": ("ошибка", "ошибки", "ошибок")}
_UNITS = {
    "en": (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)),
    "ru": (("д", 86_400), ("ч", 3_600), ("мин", 60), ("с", 1)),
}


def text(key: str, language: Language, **values: Any) -> str:
    """Return a text; values are filled in as they are."""
    template = TEXTS[language][key]
    # Not str.format on anything that others have written: their braces are no places.
    for name, value in values.items():
        template = template.replace("{" + name + "}", str(value).replace("{", "\0"))
    return template.replace("\0", "{")


def plural(count: int, language: Language) -> str:
    """Return the word for so many failures."""
    one, few, many = _FAILURES[language]
    if language == "en":
        return one if count == 1 else many
    if count % 10 == 1 and count % 100 != 11:
        return one
    return few if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14) else many


def duration(seconds: float, language: Language) -> str:
    """Return a length of time in its two largest units, such as "1 h 30 min"."""
    left = max(1, round(seconds))
    parts = []
    for unit, size in _UNITS[language]:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)
