"""What alerts say, in English and Russian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.alerts.kinds import Language

__all__ = ["TEXTS", "advice_for", "duration", "plural", "text"]

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
        "label.status": "HTTP status",
        "label.sqlstate": "SQL state",
        "label.request": "Request",
        "label.tries": "Tries",
        "label.next": "What to do",
        "label.execution": "Execution",
        "label.started": "Began",
        "label.trigger": "Started by",
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
        "tries.of": "{tries} of {max_tries}",
        "tries.next": "{tries} of {max_tries}, the next one follows by itself",
        "never": "never",
        "more": "and {count} more",
        "held.quiet": "quiet hours",
        "held.rate": "too many messages",
        "unknown.cause": "No step has told why.",
        "channel.lost": "{count} messages wait for it or were given up.",
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
        "label.status": "Код HTTP",
        "label.sqlstate": "Код SQL",
        "label.request": "Запрос",
        "label.tries": "Попытки",
        "label.next": "Что делать",
        "label.execution": "Выполнение",
        "label.started": "Начало",
        "label.trigger": "Запуск",
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
        "tries.of": "{tries} из {max_tries}",
        "tries.next": "{tries} из {max_tries}, следующая начнётся сама",
        "never": "никогда",
        "more": "и ещё {count}",
        "held.quiet": "тихие часы",
        "held.rate": "слишком много сообщений",
        "unknown.cause": "Ни один шаг не сообщил причину.",
        "channel.lost": "Сообщений ждёт или отменено: {count}.",
    },
}

# The beginning of an error's code -> what a person can do; the longest one that fits counts.
_ADVICE: dict[str, dict[str, str]] = {
    "en": {
        "http-status.401": "Check the credentials in the step's connection.",
        "http-status.403": "Ask the service's owner for the permission, or use other credentials.",
        "http-status.404": "Check the address of the request.",
        "http-status.429": "The service is asked too often: retry later, or spread the calls.",
        "http-status.4": "Compare the request with what the service expects, then retry.",
        "http-status.5": "The service has failed. Retry when it works again.",
        "http-": "Check the address and that the service is up, then retry.",
        "expression-": "Look at the data of the earlier steps and correct the expression.",
        "missing-connection": "Create the connection in Airflow, or choose another one in the step.",
        "postgres-": "Look at the statement and the data in the execution, then retry.",
        "sql-": "Correct the statement, publish, and run it again.",
        "telegram-token": "Correct the bot's token in the connection.",
        "telegram-": "Check the bot and the chat, then retry.",
        "smtp-": "Check the mail server and its connection, then retry.",
        "resend-": "Check the account at Resend and its connection, then retry.",
        "output-too-": "Let the step return less, or configure object storage for XComs.",
        "step-timeout": "Raise the step's timeout, or let it do less.",
        "step-died": "Read the step's log: its process was stopped, or ran out of memory.",
        "": "Open the execution, read the step's error, and retry after a fix.",
    },
    "ru": {
        "http-status.401": "Проверьте учётные данные в подключении шага.",
        "http-status.403": "Попросите доступ у владельца сервиса или возьмите другие учётные данные.",
        "http-status.404": "Проверьте адрес запроса.",
        "http-status.429": "Сервис опрашивают слишком часто: повторите позже или реже вызывайте его.",
        "http-status.4": "Сравните запрос с тем, чего ждёт сервис, и повторите.",
        "http-status.5": "Ошибка на стороне сервиса. Повторите, когда он заработает.",
        "http-": "Проверьте адрес и доступность сервиса, затем повторите.",
        "expression-": "Посмотрите данные предыдущих шагов и исправьте выражение.",
        "missing-connection": "Создайте подключение в Airflow или выберите в шаге другое.",
        "postgres-": "Посмотрите запрос и данные в выполнении, затем повторите.",
        "sql-": "Исправьте запрос, опубликуйте и запустите снова.",
        "telegram-token": "Исправьте токен бота в подключении.",
        "telegram-": "Проверьте бота и чат, затем повторите.",
        "smtp-": "Проверьте почтовый сервер и подключение к нему, затем повторите.",
        "resend-": "Проверьте учётную запись Resend и подключение, затем повторите.",
        "output-too-": "Пусть шаг возвращает меньше, или настройте хранилище для XCom.",
        "step-timeout": "Увеличьте время шага или уменьшите его работу.",
        "step-died": "Прочитайте журнал шага: его процесс остановили или ему не хватило памяти.",
        "": "Откройте выполнение, прочитайте ошибку шага, исправьте и повторите.",
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


def advice_for(facts: Mapping[str, Any], language: Language) -> str:
    """
    Return what a person can do about a failure.

    :param facts: of the failure; ``code`` and ``status`` count
    """
    code = str(facts.get("code") or "")
    status = facts.get("status")
    wanted = f"{code}.{status}" if code == "http-status" and status else code
    advice = _ADVICE[language]
    fitting = [beginning for beginning in advice if wanted.startswith(beginning)]
    return advice[max(fitting, key=len)]


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
