"""What is wrong with a payload, in words for people; English and Russian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from flowforge_provider.nodes.payload.checking import PayloadFault

__all__ = ["Language", "choose_language", "fault_text"]

Language = Literal["en", "ru"]

_TEXTS: dict[str, tuple[str, str]] = {
    "payload-missing": ("Fill this in.", "Заполните это поле."),
    "payload-type": ("This is not a value of the right kind.", "Здесь нужно значение другого вида."),
    "payload-choice": ("Choose one of the values offered.", "Выберите одно из предложенных значений."),
    "payload-format": ("This is not in the right form.", "Значение записано неверно."),
    "payload-range": ("This value is out of bounds.", "Значение вне допустимых границ."),
    "payload-unknown": ("There is no such field.", "Такого поля нет."),
    "payload-mismatch": ("This does not fit what is asked for.", "Это не подходит под то, что требуется."),
    "payload-json": (
        "This is not JSON. Texts stand in double quotes.",
        "Это не JSON. Тексты берут в двойные кавычки.",
    ),
    "payload-file": ("The file could not be taken.", "Файл не удалось принять."),
    "type:number": ("Enter a number.", "Введите число."),
    "type:integer": ("Enter a whole number.", "Введите целое число."),
    "type:string": ("Enter a text.", "Введите текст."),
    "type:boolean": ("Answer yes or no.", "Ответьте да или нет."),
    "type:object": ("An object is needed here.", "Здесь нужен объект."),
    "type:array": ("A list is needed here.", "Здесь нужен список."),
    "format:email": (
        "Enter an email address, for example ann@example.com.",
        "Введите адрес почты, например ann@example.com.",
    ),
    "format:uri": (
        "Enter a web address, for example https://example.com.",
        "Введите веб-адрес, например https://example.com.",
    ),
    "format:date": ("Enter a date.", "Введите дату."),
    "format:date-time": ("Enter a date and a time.", "Введите дату и время."),
    "pattern": ("This is not in the form that is asked for.", "Значение не в том виде, который требуется."),
    "minimum": ("Enter {expected} or more.", "Введите не меньше {expected}."),
    "maximum": ("Enter {expected} or less.", "Введите не больше {expected}."),
    "exclusiveMinimum": ("Enter more than {expected}.", "Введите больше {expected}."),
    "exclusiveMaximum": ("Enter less than {expected}.", "Введите меньше {expected}."),
    "multipleOf": ("Enter a multiple of {expected}.", "Введите число, кратное {expected}."),
    "minLength": ("Enter at least {expected} characters.", "Знаков должно быть не меньше {expected}."),
    "maxLength": ("Enter at most {expected} characters.", "Знаков должно быть не больше {expected}."),
    "minItems": ("At least {expected} are needed.", "Нужно не меньше {expected}."),
    "maxItems": ("At most {expected} are allowed.", "Можно не больше {expected}."),
    "uniqueItems": ("The same value is there twice.", "Одно значение указано дважды."),
    "const": ("This has to be {expected}.", "Здесь должно быть {expected}."),
    "const:True": ("This has to be agreed to.", "С этим нужно согласиться."),
}


def fault_text(fault: PayloadFault, language: Language = "en") -> str:
    """Return what a person who sees the field is told."""
    for key in (f"{fault.keyword}:{_word(fault.expected)}", fault.keyword, fault.code):
        if key in _TEXTS:
            text = _TEXTS[key][0 if language == "en" else 1]
            return text.format(expected=_shown(fault.expected))
    return _TEXTS["payload-mismatch"][0 if language == "en" else 1]


def choose_language(accept: str, *, chosen: str = "auto") -> Language:
    """
    Return the language in which a person is told something.

    :param accept: header ``Accept-Language``
    :param chosen: en, ru, or auto to go by the header
    """
    if chosen == "ru":
        return "ru"
    best: tuple[float, Language] = (0.0, "en")
    if chosen == "en":
        return "en"
    for part in accept[:500].split(","):
        tag, _, rest = part.strip().lower().partition(";")
        try:
            weight = float(rest.strip().removeprefix("q=")) if rest else 1.0
        except ValueError:
            continue
        for language in ("ru", "en"):
            if (tag == language or tag.startswith(f"{language}-")) and weight > best[0]:
                best = (weight, "ru" if language == "ru" else "en")
    return best[1]


def _word(expected: Any) -> str:
    if isinstance(expected, list):
        expected = next((item for item in expected if item != "null"), "")
    return str(expected)[:40]


def _shown(expected: Any) -> str:
    if isinstance(expected, float) and expected.is_integer():
        return str(int(expected))
    return str(expected)[:100]
