"""Fields of the operations on single values: dates, numbers, URLs, Base64, hashes."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from flowforge_provider.nodes.fields import ConnectionId, TimezoneName
from flowforge_provider.nodes.templated import RowTemplated
from flowforge_provider.nodes.transform.labels import KEY_CONNECTION_TYPES, shown_for
from flowforge_provider.nodes.transform.parts import FieldPath

DateUnit = Literal["seconds", "minutes", "hours", "days", "weeks", "months", "years"]

_UNITS = {
    "seconds": "Seconds",
    "minutes": "Minutes",
    "hours": "Hours",
    "days": "Days",
    "weeks": "Weeks",
    "months": "Months",
    "years": "Years",
}
_UNITS_RU = {
    "seconds": "Секунды",
    "minutes": "Минуты",
    "hours": "Часы",
    "days": "Дни",
    "weeks": "Недели",
    "months": "Месяцы",
    "years": "Годы",
}


class ValueFields(BaseModel):
    """Fields of the operations for dates, numbers, URLs, Base64 and hashes."""

    date_action: Literal["parse", "format", "convert", "add", "start_of", "difference"] = Field(
        default="parse",
        title="What to do",
        description="Dates are handed on as ISO 8601: 2026-03-01T09:00:00+03:00.",
        json_schema_extra=shown_for(
            "date",
            name="select",
            order=30,
            options={
                "parse": "Read a date",
                "format": "Write it for people",
                "convert": "Change the time zone",
                "add": "Add or subtract",
                "start_of": "Go to the start of",
                "difference": "Time since another date",
            },
            options_ru={
                "parse": "Прочитать дату",
                "format": "Записать для людей",
                "convert": "Сменить часовой пояс",
                "add": "Прибавить или отнять",
                "start_of": "Перейти к началу",
                "difference": "Время от другой даты",
            },
            ru="Что сделать",
            help_ru="Даты передаются в ISO 8601: 2026-03-01T09:00:00+03:00.",
        ),
    )
    date_input: Literal["iso", "pattern", "email", "unix_s", "unix_ms"] = Field(
        default="iso",
        title="Written as",
        description="How the date is written now.",
        json_schema_extra=shown_for(
            "date",
            name="select",
            order=31,
            also={"date_action": "parse"},
            options={
                "iso": "ISO 8601",
                "pattern": "A pattern",
                "email": "Email and HTTP (RFC 5322)",
                "unix_s": "Seconds since 1970",
                "unix_ms": "Milliseconds since 1970",
            },
            options_ru={
                "iso": "ISO 8601",
                "pattern": "По шаблону",
                "email": "Почта и HTTP (RFC 5322)",
                "unix_s": "Секунды с 1970 года",
                "unix_ms": "Миллисекунды с 1970 года",
            },
            ru="Записана как",
            help_ru="Как дата записана сейчас.",
        ),
    )
    pattern: str = Field(
        default="%Y-%m-%d %H:%M:%S",
        max_length=200,
        title="Pattern",
        description="%d day, %m month, %Y year, %H hour, %M minute, %S second; the docs list all.",
        examples=["%d.%m.%Y"],
        json_schema_extra=shown_for(
            "date",
            order=32,
            also={"date_action": ["parse", "format"]},
            ru="Шаблон",
            help_ru="%d день, %m месяц, %Y год, %H час, %M минута, %S секунда.",
        ),
    )
    timezone: TimezoneName = Field(
        default="",
        title="Time zone",
        description="Dates without an offset are in it, and the result is told in it. Empty: dates keep "
        "theirs, and those without one are in the workflow's time zone.",
        examples=["Europe/Moscow"],
        json_schema_extra=shown_for(
            "date",
            name="timezone",
            order=33,
            also={"date_action": ["parse", "format", "convert", "add", "start_of"]},
            ru="Часовой пояс",
            help_ru="В нём даты без смещения и результат. Пусто: свой у даты, иначе пояс процесса.",
        ),
    )
    amount: RowTemplated[float | int] = Field(
        default=1,
        title="How many",
        description="Negative numbers go back.",
        json_schema_extra=shown_for(
            "date", order=34, also={"date_action": "add"}, ru="Сколько", help_ru="Отрицательное — назад."
        ),
    )
    unit: DateUnit = Field(
        default="days",
        title="Unit",
        description="Days, weeks, months and years keep the wall clock of the time zone. A difference has "
        "no months and years.",
        json_schema_extra=shown_for(
            "date",
            name="select",
            order=35,
            also={"date_action": ["add", "difference"]},
            options=_UNITS,
            options_ru=_UNITS_RU,
            ru="Единица",
            help_ru="Дни, недели, месяцы и годы сохраняют местное время. У разницы нет месяцев и лет.",
        ),
    )
    start: Literal["hour", "day", "week", "month", "year"] = Field(
        default="day",
        title="Start of",
        description="Weeks start on Monday.",
        json_schema_extra=shown_for(
            "date",
            name="select",
            order=36,
            also={"date_action": "start_of"},
            options={"hour": "Hour", "day": "Day", "week": "Week", "month": "Month", "year": "Year"},
            options_ru={"hour": "Час", "day": "День", "week": "Неделя", "month": "Месяц", "year": "Год"},
            ru="Начало",
            help_ru="Неделя начинается с понедельника.",
        ),
    )
    other_date: RowTemplated[str] = Field(
        default="",
        max_length=200,
        title="Other date",
        description="The time from it to the field's date is the result.",
        examples=["{{ row.created_at }}"],
        json_schema_extra=shown_for(
            "date",
            order=37,
            also={"date_action": "difference"},
            ru="Другая дата",
            help_ru="Результат — время от неё до даты поля.",
        ),
    )
    number_action: Literal["parse", "round", "format"] = Field(
        default="parse",
        title="What to do",
        description="Reading takes currency signs and percent signs away.",
        json_schema_extra=shown_for(
            "number",
            name="select",
            order=30,
            options={"parse": "Read a number", "round": "Round", "format": "Write it for people"},
            options_ru={"parse": "Прочитать число", "round": "Округлить", "format": "Записать для людей"},
            ru="Что сделать",
            help_ru="При чтении знаки валют и процентов отбрасываются.",
        ),
    )
    decimal_mark: Literal["point", "comma"] = Field(
        default="point",
        title="Decimal mark",
        description="What stands before the fraction: 1.5 or 1,5.",
        json_schema_extra=shown_for(
            "number",
            name="select",
            order=31,
            also={"number_action": ["parse", "format"]},
            options={"point": "Point", "comma": "Comma"},
            options_ru={"point": "Точка", "comma": "Запятая"},
            ru="Десятичный знак",
            help_ru="Что стоит перед дробной частью: 1.5 или 1,5.",
        ),
    )
    thousands: Literal["none", "comma", "point", "space", "apostrophe"] = Field(
        default="none",
        title="Thousands",
        description="What stands between groups of three digits. Spaces of any kind count as space.",
        json_schema_extra=shown_for(
            "number",
            name="select",
            order=32,
            also={"number_action": ["parse", "format"]},
            options={
                "none": "Nothing",
                "comma": "Comma",
                "point": "Point",
                "space": "Space",
                "apostrophe": "Apostrophe",
            },
            options_ru={
                "none": "Ничего",
                "comma": "Запятая",
                "point": "Точка",
                "space": "Пробел",
                "apostrophe": "Апостроф",
            },
            ru="Тысячи",
            help_ru="Что стоит между группами по три цифры. Пробелом считается любой пробел.",
        ),
    )
    digits: int = Field(
        default=2,
        ge=0,
        le=30,
        title="Digits after the mark",
        description="How many are kept.",
        json_schema_extra=shown_for(
            "number",
            order=33,
            also={"number_action": ["round", "format"]},
            ru="Цифр после знака",
            help_ru="Сколько остаётся.",
        ),
    )
    rounding: Literal["half_up", "half_even", "down", "up", "floor", "ceiling"] = Field(
        default="half_up",
        title="Rounding",
        description="Where a number goes that lies between two.",
        json_schema_extra=shown_for(
            "number",
            name="select",
            order=34,
            also={"number_action": ["round", "format"]},
            options={
                "half_up": "Half up (school)",
                "half_even": "Half to even (bank)",
                "down": "Toward zero",
                "up": "Away from zero",
                "floor": "Down",
                "ceiling": "Up",
            },
            options_ru={
                "half_up": "Половина вверх (школьное)",
                "half_even": "Половина к чётному (банковское)",
                "down": "К нулю",
                "up": "От нуля",
                "floor": "Вниз",
                "ceiling": "Вверх",
            },
            ru="Округление",
            help_ru="Куда идёт число между двумя.",
        ),
    )
    as_text: bool = Field(
        default=False,
        title="As exact text",
        description='Hand the number on as a text with all its digits ("12.10"), as money wants.',
        json_schema_extra=shown_for(
            "number",
            order=35,
            also={"number_action": ["parse", "round"]},
            ru="Точным текстом",
            help_ru="Передать число текстом со всеми цифрами («12.10»), как нужно для денег.",
        ),
    )
    url_action: Literal["parse", "build", "encode", "decode"] = Field(
        default="parse",
        title="What to do",
        description="Encoding an object makes a query string: a=1&b=2.",
        json_schema_extra=shown_for(
            "url",
            name="select",
            order=30,
            options={
                "parse": "Take it apart",
                "build": "Build it of its parts",
                "encode": "Encode a text or a query",
                "decode": "Decode a text",
            },
            options_ru={
                "parse": "Разобрать на части",
                "build": "Собрать из частей",
                "encode": "Закодировать текст или параметры",
                "decode": "Раскодировать текст",
            },
            ru="Что сделать",
            help_ru="Из объекта получается строка параметров: a=1&b=2.",
        ),
    )
    base64_action: Literal["encode", "decode"] = Field(
        default="encode",
        title="What to do",
        description="Texts are UTF-8; of a file, its content is taken.",
        json_schema_extra=shown_for(
            "base64",
            name="select",
            order=30,
            options={"encode": "Encode", "decode": "Decode"},
            options_ru={"encode": "Закодировать", "decode": "Раскодировать"},
            ru="Что сделать",
            help_ru="Тексты в UTF-8; у файла берётся содержимое.",
        ),
    )
    url_safe: bool = Field(
        default=False,
        title="For URLs",
        description="Write - and _ for + and /, without = at the end. Both are always read.",
        json_schema_extra=shown_for(
            "base64",
            order=31,
            also={"base64_action": "encode"},
            ru="Для URL",
            help_ru="Писать - и _ вместо + и /, без = в конце. Читаются оба вида.",
        ),
    )
    algorithm: Literal["md5", "sha1", "sha256", "sha384", "sha512", "sha3_256", "blake2b"] = Field(
        default="sha256",
        title="Algorithm",
        description="MD5 and SHA-1 are for old systems and sums only; they protect nothing.",
        json_schema_extra=shown_for(
            "hash",
            name="select",
            order=30,
            options={
                "md5": "MD5",
                "sha1": "SHA-1",
                "sha256": "SHA-256",
                "sha384": "SHA-384",
                "sha512": "SHA-512",
                "sha3_256": "SHA3-256",
                "blake2b": "BLAKE2b",
            },
            options_ru={
                "md5": "MD5",
                "sha1": "SHA-1",
                "sha256": "SHA-256",
                "sha384": "SHA-384",
                "sha512": "SHA-512",
                "sha3_256": "SHA3-256",
                "blake2b": "BLAKE2b",
            },
            ru="Алгоритм",
            help_ru="MD5 и SHA-1 годятся только для старых систем и контрольных сумм.",
        ),
    )
    digest: Literal["hex", "base64"] = Field(
        default="hex",
        title="Written as",
        description="How the sum is written.",
        json_schema_extra=shown_for(
            "hash",
            name="select",
            order=31,
            options={"hex": "Hexadecimal", "base64": "Base64"},
            options_ru={"hex": "Шестнадцатеричная", "base64": "Base64"},
            ru="Запись",
            help_ru="Как записать сумму.",
        ),
    )
    secret_connection_id: ConnectionId = Field(
        default="",
        title="Secret (HMAC)",
        description="Airflow connection (generic) whose password is the key; then the result is an HMAC. A "
        "preview reads no secrets.",
        json_schema_extra=shown_for(
            "hash",
            name="connection",
            order=32,
            conn_types=list(KEY_CONNECTION_TYPES),
            ru="Секрет (HMAC)",
            help_ru="Подключение Airflow, пароль которого — ключ; тогда результат — HMAC.",
        ),
    )
    target: FieldPath = Field(
        default="",
        title="Result in field",
        description="Where the result goes; in place of what it was made of when empty.",
        json_schema_extra=shown_for(
            "split_out",
            "collect",
            "split_text",
            "join_text",
            "text",
            "parse_json",
            "format_json",
            "parse_csv",
            "format_csv",
            "parse_xml",
            "format_xml",
            "date",
            "number",
            "url",
            "base64",
            "hash",
            order=58,
            ru="Поле результата",
            help_ru="Куда идёт результат; пусто: на место исходного.",
        ),
    )
    on_bad_value: Literal["fail", "null", "keep"] = Field(
        default="fail",
        title="A value that does not fit",
        description="What happens with a missing, null or unreadable value.",
        json_schema_extra=shown_for(
            "split_text",
            "parse_json",
            "parse_csv",
            "parse_xml",
            "date",
            "number",
            "url",
            "base64",
            "hash",
            name="select",
            order=59,
            advanced=True,
            options={"fail": "The step fails", "null": "It becomes null", "keep": "It stays as it is"},
            options_ru={
                "fail": "Шаг завершается ошибкой",
                "null": "Становится null",
                "keep": "Остаётся как есть",
            },
            ru="Неподходящее значение",
            help_ru="Что делать со значением, которого нет, которое null или не читается.",
        ),
    )
