"""Parameters of ``webhook``: how callers prove who they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import ConnectionId, widget
from flowforge_provider.nodes.spec import ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What a template of signed content may hold in braces.
HMAC_PLACEHOLDER = re.compile(r"\{(body|timestamp|method|url|path|header\.[A-Za-z0-9_-]{1,100})\}")

_Choices = dict[str, str | list[str]]
_TOKEN_ONLY: _Choices = {"authentication": "header_token"}
_JWT_ONLY: _Choices = {"authentication": "jwt"}
_HMAC_ONLY: _Choices = {"authentication": "hmac"}
#: Ways whose signatures carry a time of their own.
TIMED = ("standard_webhooks", "svix", "stripe", "slack", "hmac")

Authentication = Literal[
    "header_token",
    "basic",
    "jwt",
    "hmac",
    "standard_webhooks",
    "svix",
    "github",
    "gitlab",
    "stripe",
    "slack",
    "shopify",
    "twilio",
    "meta",
    "x",
    "qstash",
    "none",
]
_LABELS = {
    "header_token": "Token in a header",
    "basic": "Name and password (basic)",
    "jwt": "JSON Web Token",
    "hmac": "HMAC signature, described here",
    "standard_webhooks": "Standard Webhooks",
    "svix": "Svix, Resend",
    "github": "GitHub",
    "gitlab": "GitLab",
    "stripe": "Stripe",
    "slack": "Slack",
    "shopify": "Shopify",
    "twilio": "Twilio",
    "meta": "Meta (WhatsApp, Messenger, Instagram)",
    "x": "X (Twitter)",
    "qstash": "QStash",
    "none": "None",
}
_LABELS_RU = {
    **_LABELS,
    "header_token": "Токен в заголовке",
    "basic": "Имя и пароль (basic)",
    "hmac": "Подпись HMAC, описанная здесь",
    "none": "Нет",
}
_HEADER_PATTERN = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"

Algorithm = Literal[
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]


def _check_template(value: str) -> str:
    rest = HMAC_PLACEHOLDER.sub("", value)
    if "{" in rest or "}" in rest:
        raise PydanticCustomError(
            "wrong-parameter",
            "In braces go body, timestamp, method, url, path or header.<name>, and nothing else.",
        )
    return value


class AuthenticationParameters(Parameters):
    """How callers prove who they are; orders 100 to 169. Who may call at all: ``access.py``."""

    authentication: Authentication = Field(
        default="header_token",
        title="Authentication",
        description="How callers prove who they are. With none, whoever knows the address can start runs.",
        json_schema_extra=widget(
            "select",
            order=110,
            options=_LABELS,
            options_ru=_LABELS_RU,
            label_ru="Проверка отправителя",
            help_ru="Как отправитель доказывает, кто он. Без проверки запустит любой, кто знает адрес.",
        ),
    )
    header_name: str = Field(
        default="X-FlowForge-Token",
        min_length=1,
        max_length=100,
        pattern=_HEADER_PATTERN,
        title="Header",
        description="Name of the HTTP header that carries the token.",
        examples=["X-FlowForge-Token"],
        json_schema_extra=widget(
            order=120,
            advanced=True,
            visible_when=_TOKEN_ONLY,
            label_ru="Заголовок",
            help_ru="Имя заголовка HTTP, в котором приходит токен.",
        ),
    )
    connection_id: ConnectionId = Field(
        default="",
        title="Secret",
        description="Airflow connection whose password is the token or signing secret. Its second secret "
        "counts too, while one replaces the other.",
        examples=["orders_webhook"],
        json_schema_extra=widget(
            "connection",
            order=130,
            conn_types=["generic", "flowforge_webhook"],
            visible_when={"authentication": [name for name in _LABELS if name != "none"]},
            label_ru="Секрет",
            help_ru="Подключение Airflow, пароль которого — токен или секрет подписи. Второй секрет тоже "
            "действует, пока один сменяет другой.",
        ),
    )
    jwt_algorithms: list[Algorithm] = Field(
        default=["HS256", "RS256", "ES256"],
        min_length=1,
        title="Algorithms",
        description="Algorithms that tokens may be signed with. HS: the connection's password. The others: "
        "its public key, or its set of keys.",
        json_schema_extra=widget(
            order=140,
            visible_when=_JWT_ONLY,
            label_ru="Алгоритмы",
            help_ru="Алгоритмы, которыми могут быть подписаны токены. HS — пароль подключения, остальные — "
            "его открытый ключ или набор ключей.",
        ),
    )
    jwt_issuer: str = Field(
        default="",
        max_length=500,
        title="Issuer",
        description="What a token's iss has to be; empty for any.",
        examples=["https://login.example.com/"],
        json_schema_extra=widget(
            order=141,
            visible_when=_JWT_ONLY,
            label_ru="Издатель",
            help_ru="Каким должно быть iss токена; пусто — любым.",
        ),
    )
    jwt_audience: str = Field(
        default="",
        max_length=500,
        title="Audience",
        description="What a token's aud has to be, or hold; empty for any. Without it a token that an issuer "
        "made for another service opens this webhook too.",
        examples=["flowforge"],
        json_schema_extra=widget(
            order=142,
            visible_when=_JWT_ONLY,
            label_ru="Получатель",
            help_ru="Каким должно быть aud токена; пусто — любым. Тогда годится и токен для другого сервиса.",
        ),
    )
    jwt_header: str = Field(
        default="Authorization",
        max_length=100,
        pattern=_HEADER_PATTERN,
        title="Header",
        description="Header that carries the token, with or without the word Bearer.",
        json_schema_extra=widget(
            order=143,
            advanced=True,
            visible_when=_JWT_ONLY,
            label_ru="Заголовок",
            help_ru="Заголовок с токеном, со словом Bearer или без него.",
        ),
    )
    clock_tolerance_s: Annotated[int, Field(ge=0, le=600)] = Field(
        default=30,
        title="Clock tolerance",
        description="Seconds that the sender's clock may differ from this one.",
        json_schema_extra=widget(
            "duration",
            order=144,
            advanced=True,
            visible_when={"authentication": ["jwt", "qstash"]},
            label_ru="Расхождение часов",
            help_ru="На сколько секунд часы отправителя могут расходиться с этими.",
        ),
    )
    hmac_header: str = Field(
        default="X-Signature",
        max_length=100,
        pattern=_HEADER_PATTERN,
        title="Signature header",
        description="Header that carries the signature; several of them may be separated by commas, "
        "semicolons or spaces.",
        examples=["X-Signature"],
        json_schema_extra=widget(
            order=150,
            visible_when=_HMAC_ONLY,
            label_ru="Заголовок подписи",
            help_ru="Заголовок с подписью; несколько подписей разделяются запятой, точкой с запятой или "
            "пробелом.",
        ),
    )
    hmac_algorithm: Literal["sha256", "sha512", "sha384", "sha1"] = Field(
        default="sha256",
        title="Algorithm",
        description="Hash function of the HMAC.",
        json_schema_extra=widget(
            "select",
            order=151,
            visible_when=_HMAC_ONLY,
            options={"sha256": "SHA-256", "sha512": "SHA-512", "sha384": "SHA-384", "sha1": "SHA-1"},
            options_ru={"sha256": "SHA-256", "sha512": "SHA-512", "sha384": "SHA-384", "sha1": "SHA-1"},
            label_ru="Алгоритм",
            help_ru="Хеш-функция HMAC.",
        ),
    )
    hmac_encoding: Literal["hex", "base64", "base64url"] = Field(
        default="hex",
        title="Encoding",
        description="How the signature is written.",
        json_schema_extra=widget(
            "select",
            order=152,
            visible_when=_HMAC_ONLY,
            options={"hex": "Hexadecimal", "base64": "Base64", "base64url": "Base64 for addresses"},
            options_ru={"hex": "Шестнадцатеричная", "base64": "Base64", "base64url": "Base64 для адресов"},
            label_ru="Запись",
            help_ru="Как записана подпись.",
        ),
    )
    hmac_prefix: Annotated[str, StringConstraints(pattern=r"^[^\s,;]*$", max_length=50)] = Field(
        default="",
        title="Prefix",
        description="What stands in front of each signature.",
        examples=["sha256=", "v1="],
        json_schema_extra=widget(
            order=153,
            visible_when=_HMAC_ONLY,
            label_ru="Префикс",
            help_ru="Что стоит перед каждой подписью.",
        ),
    )
    hmac_content: Annotated[str, AfterValidator(_check_template)] = Field(
        default="{body}",
        min_length=1,
        max_length=500,
        title="Signed content",
        description="What is signed, with {body}, {timestamp}, {method}, {url}, {path} and {header.<name>}; "
        "\\n is a line break.",
        examples=["{timestamp}.{body}"],
        json_schema_extra=widget(
            order=154,
            literal=True,
            visible_when=_HMAC_ONLY,
            label_ru="Что подписано",
            help_ru="Что подписано: {body}, {timestamp}, {method}, {url}, {path}, {header.<имя>}; "
            "\\n — перевод строки.",
        ),
    )
    hmac_timestamp_header: str = Field(
        default="",
        max_length=100,
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]*$",
        title="Time header",
        description="Header with the time of the signature, in seconds or milliseconds since 1970; empty "
        "when there is none, and no replay window then.",
        examples=["X-Timestamp"],
        json_schema_extra=widget(
            order=155,
            visible_when=_HMAC_ONLY,
            label_ru="Заголовок времени",
            help_ru="Заголовок со временем подписи, в секундах или миллисекундах с 1970 года; пусто, если "
            "его нет — тогда нет и окна повтора.",
        ),
    )
    hmac_timestamp_prefix: Annotated[str, StringConstraints(pattern=r"^[^\s,;]*$", max_length=50)] = Field(
        default="",
        title="Time prefix",
        description="What stands in front of the time, where its header holds more than the time.",
        examples=["t=", "ts="],
        json_schema_extra=widget(
            order=156,
            advanced=True,
            visible_when=_HMAC_ONLY,
            label_ru="Префикс времени",
            help_ru="Что стоит перед временем, если в его заголовке есть что-то ещё.",
        ),
    )
    hmac_secret_encoding: Literal["text", "base64", "hex"] = Field(
        default="text",
        title="Secret is written as",
        description="How the connection's password holds the bytes of the key.",
        json_schema_extra=widget(
            "select",
            order=157,
            advanced=True,
            visible_when=_HMAC_ONLY,
            options={"text": "Text", "base64": "Base64", "hex": "Hexadecimal"},
            options_ru={"text": "Текст", "base64": "Base64", "hex": "Шестнадцатеричная запись"},
            label_ru="Секрет записан как",
            help_ru="Как в пароле подключения записаны байты ключа.",
        ),
    )
    tolerance_s: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=300,
        title="Replay window",
        description="Seconds that a signature's time may be off; a delivery that was recorded cannot be sent "
        "again later.",
        json_schema_extra=widget(
            "duration",
            order=160,
            advanced=True,
            visible_when={"authentication": list(TIMED)},
            label_ru="Окно повтора",
            help_ru="На сколько секунд может отличаться время подписи; записанный запрос нельзя прислать "
            "позже.",
        ),
    )


def check_authentication(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    """Ask for the connection that holds the secret, and for signatures that cover what they should."""
    way = parameters.get("authentication", "header_token")
    if way == "none":
        yield ParameterProblem(
            code="webhook-without-token",
            message=(
                "Anybody who knows the address can start this workflow. "
                "Use a header token unless that is meant."
            ),
            field="authentication",
            severity="warning",
        )
    elif not parameters.get("connection_id"):
        yield ParameterProblem(
            code="missing-connection",
            message=(
                "No connection holds the webhook's token. "
                "Pick one, create one, or set authentication to none."
            ),
            field="connection_id",
        )
    if way == "hmac":
        yield from _check_content(parameters)


def _check_content(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    template = str(parameters.get("hmac_content", "{body}"))
    has_header = bool(parameters.get("hmac_timestamp_header"))
    if "{body}" not in template:
        yield ParameterProblem(
            code="webhook-unsigned-content",
            message="The signature does not cover the body, so that anybody could change it. Add {body}.",
            field="hmac_content",
        )
    if has_header and "{timestamp}" not in template:
        yield ParameterProblem(
            code="webhook-unsigned-content",
            message=(
                "The signature does not cover the time, so that anybody could change it. Add {timestamp}, or "
                "empty the time header."
            ),
            field="hmac_content",
        )
    if "{timestamp}" in template and not has_header:
        yield ParameterProblem(
            code="webhook-unsigned-content",
            message="Name the header that carries the {timestamp}.",
            field="hmac_timestamp_header",
        )
