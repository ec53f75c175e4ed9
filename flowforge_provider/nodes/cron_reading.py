"""What a cron expression says, in words of English or Russian."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from flowforge_provider.nodes.cron_moments import PRESETS

__all__ = ["Language", "read_cron"]

Language = Literal["en", "ru"]
_LOCALES = {"en": "en_US", "ru": "ru_RU"}


class _Day(NamedTuple):
    """Forms of a day of the week: since it, until it or on it, on each of them, and its gender."""

    genitive: str
    accusative: str
    each: str
    gender: Literal["m", "f", "n"]


_DAYS = {
    "Monday": _Day("понедельника", "понедельник", "понедельникам", "m"),
    "Tuesday": _Day("вторника", "вторник", "вторникам", "m"),
    "Wednesday": _Day("среды", "среду", "средам", "f"),
    "Thursday": _Day("четверга", "четверг", "четвергам", "m"),
    "Friday": _Day("пятницы", "пятницу", "пятницам", "f"),
    "Saturday": _Day("субботы", "субботу", "субботам", "f"),
    "Sunday": _Day("воскресенья", "воскресенье", "воскресеньям", "n"),
}
# Since a month, until it, in it.
_MONTHS = {
    "January": ("января", "январь", "январе"),
    "February": ("февраля", "февраль", "феврале"),
    "March": ("марта", "март", "марте"),
    "April": ("апреля", "апрель", "апреле"),
    "May": ("мая", "май", "мае"),
    "June": ("июня", "июнь", "июне"),
    "July": ("июля", "июль", "июле"),
    "August": ("августа", "август", "августе"),
    "September": ("сентября", "сентябрь", "сентябре"),
    "October": ("октября", "октябрь", "октябре"),
    "November": ("ноября", "ноябрь", "ноябре"),
    "December": ("декабря", "декабрь", "декабре"),
}
# As cron-descriptor writes them -> in the three genders.
_ORDINALS = {
    "первый": ("в первый", "в первую", "в первое"),
    "второй": ("во второй", "во вторую", "во второе"),
    "третий": ("в третий", "в третью", "в третье"),
    "четвертый": ("в четвёртый", "в четвёртую", "в четвёртое"),
    "пятый": ("в пятый", "в пятую", "в пятое"),
    "последний": ("в последний", "в последнюю", "в последнее"),
}
# After many -> after two, three and four.
_FEW = {"минут": "минуты", "часов": "часа", "дней": "дня", "месяцев": "месяца", "лет": "года"}
_DAY = "|".join(_DAYS)
_MONTH = "|".join(_MONTHS)
_TEEN = 10


@lru_cache(maxsize=1024)
def read_cron(expression: str, language: Language) -> str:
    """
    Return what an expression says, or nothing when that cannot be told.

    :param expression: a cron expression without mistakes, or a preset such as @daily
    """
    from cron_descriptor import CasingTypeEnum, ExpressionDescriptor, FormatException, MissingFieldException

    text = PRESETS.get(expression.strip(), expression.strip())
    try:
        told: str = ExpressionDescriptor(
            text,
            casing_type=CasingTypeEnum.Sentence,
            use_24hour_time_format=True,
            locale_code=_LOCALES[language],
        ).get_description()
    except (FormatException, MissingFieldException, ValueError, IndexError, KeyError):
        return ""
    return _in_good_russian(told) if language == "ru" else told


def _in_good_russian(told: str) -> str:
    """Return a text of cron-descriptor with its English names and its grammar put right."""
    told = told.replace(", и ", " и ")
    told = re.sub(rf"\bв (\w+) ({_DAY}) месяца", _which_of_month, told)
    told = re.sub(rf"\b({_DAY}) по ({_DAY})\b", _from_day_to_day, told)
    told = re.sub(rf"\b({_MONTH}) по ({_MONTH})\b", _from_month_to_month, told)
    told = re.sub(r"\b(?:только )?в с ", "с ", told)
    told = re.sub(rf"\b(?:только )?в ({_DAY})\b", lambda found: f"по {_DAYS[found[1]].each}", told)
    told = re.sub(
        rf"(пятницу|понедельник|вторник|среду|четверг|субботу|воскресенье) и ({_DAY})\b", _and_each, told
    )
    told = re.sub(rf"\b({_DAY})\b", lambda found: _DAYS[found[1]].each, told)
    told = re.sub(rf"\b({_MONTH})\b", lambda found: _MONTHS[found[1]][2], told)
    told = re.sub(rf"\b([Кк]аждые) (\d+) ({'|'.join(_FEW)})\b", _every_few, told)
    return re.sub(r"^В ([\d, и]+) минут\b", r"В \1 мин. каждого часа", told)


def _which_of_month(found: re.Match[str]) -> str:
    ordinal, day = found[1], _DAYS[found[2]]
    forms = _ORDINALS.get(ordinal)
    which = forms["mfn".index(day.gender)] if forms else f"в {ordinal}"
    return f"{which} {day.accusative} месяца"


def _from_day_to_day(found: re.Match[str]) -> str:
    return f"с {_DAYS[found[1]].genitive} по {_DAYS[found[2]].accusative}"


def _from_month_to_month(found: re.Match[str]) -> str:
    return f"с {_MONTHS[found[1]][0]} по {_MONTHS[found[2]][1]}"


def _and_each(found: re.Match[str]) -> str:
    return f"{found[1]} и по {_DAYS[found[2]].each}"


def _every_few(found: re.Match[str]) -> str:
    number = int(found[2])
    is_few = number % 10 in (2, 3, 4) and number // 10 % 10 != _TEEN // 10
    return f"{found[1]} {number} {_FEW[found[3]] if is_few else found[3]}"
