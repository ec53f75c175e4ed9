"""The words of explanations, each in English and in Russian."""

from __future__ import annotations

__all__ = ["ADVICE", "ADVICE_OF_CODE", "TITLES", "TITLE_OF_DELIVERY", "TRIED"]

_Texts = dict[str, tuple[str, str]]

#: Category -> one line; "run": no step has failed, and yet the run has.
TITLES: _Texts = {
    "connection": ('"{step}" could not reach the service', "Шаг «{step}» не смог соединиться с сервисом"),
    "timeout": ('"{step}" took too long', "Шаг «{step}» не уложился в отведённое время"),
    "rate_limit": (
        '"{step}" was held off: too many requests',
        "Шаг «{step}» получил отказ: слишком много запросов",
    ),
    "service": (
        'The service that "{step}" uses has failed',
        "Сбой сервиса, к которому обращается шаг «{step}»",
    ),
    "refused": ('The service refused what "{step}" sent', "Сервис отклонил запрос шага «{step}»"),
    "sign_in": ('"{step}" was not let in', "Шаг «{step}» не получил доступа"),
    "not_found": ('"{step}" asked for something that is not there', "Шаг «{step}» запросил то, чего нет"),
    "certificate": (
        '"{step}" could not verify who it talks to',
        "Шаг «{step}» не смог проверить сертификат сервера",
    ),
    "data": ('"{step}" was given data that it cannot use', "Шаг «{step}» получил неподходящие данные"),
    "expression": (
        'An expression of "{step}" could not be worked out',
        "Не удалось вычислить выражение шага «{step}»",
    ),
    "database": ('The database refused the work of "{step}"', "База данных отклонила работу шага «{step}»"),
    "size": ('"{step}" met more data than is allowed', "В шаге «{step}» больше данных, чем разрешено"),
    "settings": ('"{step}" is not set up rightly', "Шаг «{step}» настроен неверно"),
    "worker": ('"{step}" ended without a report', "Шаг «{step}» завершился без отчёта"),
    "child": ('The workflow that "{step}" runs has failed', "Сбой процесса, который запустил шаг «{step}»"),
    "approval": ('Nobody answered "{step}" in time', "На вопрос шага «{step}» не ответили вовремя"),
    "stopped": ('"{step}" was stopped', "Шаг «{step}» был остановлен"),
    "unexpected": ('"{step}" met an unforeseen error', "В шаге «{step}» произошла непредвиденная ошибка"),
    "run": ("The run failed, although no step did", "Запуск завершился сбоем, хотя ни один шаг не упал"),
}

#: What a dead letter is that never became an execution.
TITLE_OF_DELIVERY = ("What was received could not be started", "Не удалось запустить то, что получено")

#: Category -> what to do next.
ADVICE: _Texts = {
    "connection": (
        "Check that the address in the connection is right and that workers can reach it; then retry "
        "the step.",
        "Проверьте адрес в подключении и доступность сервиса с рабочих узлов, затем повторите шаг.",
    ),
    "timeout": (
        "See whether the service is slow today. Retry the step, or give it more time in its settings.",
        "Проверьте, не замедлился ли сервис. Повторите шаг или увеличьте время ожидания в его настройках.",
    ),
    "rate_limit": (
        "Retry later, or slow the workflow down: a rate limit at its trigger, a limit of items at once "
        "in a loop.",
        "Повторите позже или замедлите процесс: ограничьте частоту в триггере или число элементов в цикле.",
    ),
    "service": (
        "The fault is on the other side. Look at the service's answer below, and retry the step when it "
        "works again.",
        "Неполадка на другой стороне. Посмотрите ответ сервиса и повторите шаг, когда он заработает.",
    ),
    "refused": (
        "Look at the service's answer: it says what it does not take. Correct the step's parameters or "
        "the data, "
        "then run again from this step.",
        "Посмотрите ответ сервиса: в нём сказано, что не принято. Исправьте параметры шага или данные и "
        "запустите с этого шага.",
    ),
    "sign_in": (
        "Check the password, token or key in the step's connection, and what its account may do; then "
        "retry the step.",
        "Проверьте пароль, токен или ключ в подключении шага и права учётной записи, затем повторите шаг.",
    ),
    "not_found": (
        "Check the address and the ids in it. If the thing was deleted, let the step's error port deal "
        "with that.",
        "Проверьте адрес и идентификаторы в нём. Если объект удалён, обработайте это через порт ошибки шага.",
    ),
    "certificate": (
        "The certificate may have expired, or be issued for another name. Have it renewed, or name its "
        "authority in "
        "the connection.",
        "Сертификат мог истечь или быть выдан на другое имя. Обновите его или укажите центр сертификации в "
        "подключении.",
    ),
    "data": (
        "Compare the step's input with what it needs. Run again from this step with corrected input.",
        "Сравните вход шага с тем, что ему нужно. Запустите с этого шага, исправив вход.",
    ),
    "expression": (
        "The message names the expression and what is missing. Correct it in the editor and publish, or "
        "run again "
        "with data that has it.",
        "В сообщении указано выражение и чего не хватает. Исправьте его в редакторе и опубликуйте или "
        "запустите "
        "с полными данными.",
    ),
    "database": (
        "Look at the SQL state below. Conflicts pass: retry the step. Else correct the statement.",
        "Посмотрите код SQL ниже. Конфликты проходят сами: повторите шаг. Иначе исправьте запрос.",
    ),
    "size": (
        "Ask for less at once, in pages or batches, or raise the limit that the message names.",
        "Запрашивайте меньше за раз, страницами или порциями, или увеличьте предел, названный в сообщении.",
    ),
    "settings": (
        "Correct what the message names in the step or its connection, publish, and run again on the "
        "latest revision.",
        "Исправьте названное в сообщении в шаге или подключении, опубликуйте и запустите на последней "
        "ревизии.",
    ),
    "worker": (
        "Its process was stopped, crashed, or ran out of memory. Read the end of its log, then retry "
        "the step.",
        "Процесс был остановлен, упал или исчерпал память. Прочтите конец журнала и повторите шаг.",
    ),
    "child": (
        "Open the execution that it started and mend that one; then retry this step.",
        "Откройте запущенное им выполнение, устраните сбой там и повторите этот шаг.",
    ),
    "approval": (
        "Retry the step to ask again, or give people more time in its settings.",
        "Повторите шаг, чтобы спросить снова, или дайте людям больше времени в его настройках.",
    ),
    "stopped": (
        "Somebody, or the workflow itself, ended it. Run it again when that was not meant.",
        "Его остановил человек или сам процесс. Запустите снова, если это было не нужно.",
    ),
    "unexpected": (
        "Read the step's log: it ends with where the error came from. Retrying helps when the cause has "
        "passed.",
        "Прочтите журнал шага: в конце видно, где возникла ошибка. Повтор поможет, если причина прошла.",
    ),
    "run": (
        "Somebody marked it as failed in Airflow, or it ran longer than its time limit. Airflow's page "
        "of the run "
        "tells.",
        "Его отметили как сбойный в Airflow, или он превысил отведённое время. Подробности на странице "
        "запуска в "
        "Airflow.",
    ),
}

#: Error code -> what to do next, where there is something better to say than for its whole category.
ADVICE_OF_CODE: _Texts = {
    "http-denied": (
        "Workflows may not call this address. Ask the administrator to allow its network in [flowforge] "
        "http_allowed_networks.",
        "Процессам нельзя обращаться по этому адресу. Попросите администратора разрешить сеть в "
        "[flowforge] "
        "http_allowed_networks.",
    ),
    "telegram-forbidden": (
        "The bot was blocked or removed from the chat. Add it again, then retry the step.",
        "Бот заблокирован или удалён из чата. Добавьте его снова и повторите шаг.",
    ),
    "postgres-constraint": (
        "A rule of the table was broken: the message names it. Correct the data and run again from this "
        "step.",
        "Нарушено ограничение таблицы, оно названо в сообщении. Исправьте данные и запустите с этого шага.",
    ),
    "postgres-commit-unknown": (
        "Whether the database has kept the work is unknown. Look into the table before you run the step "
        "again.",
        "Неизвестно, сохранила ли база изменения. Проверьте таблицу, прежде чем повторять шаг.",
    ),
    "execution-stopped": (
        "A Stop step of the workflow ended it on purpose. Its message says why.",
        "Процесс завершил шаг «Стоп». Причина указана в сообщении.",
    ),
}

#: How often it was tried.
TRIED: _Texts = {
    "none": ("No worker has begun it.", "Ни один рабочий узел его не начал."),
    "single": (
        "One try; its settings allow no more.",
        "Одна попытка; больше настройки не разрешают.",
    ),
    "all": ("All {max} tries have failed.", "Неудачны все попытки: {max}."),
    "some": (
        "{tries} of {max} tries. Another one would have ended the same way, or the retry rules exclude "
        "this error.",
        "Попыток: {tries} из {max}. Ещё одна закончилась бы так же, или правила повторов исключают эту "
        "ошибку.",
    ),
}
