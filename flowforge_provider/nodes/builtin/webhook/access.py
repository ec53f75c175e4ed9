"""Parameters of ``webhook``: from where calls may come, and how senders make sure of the address."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import ParameterProblem, Parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GROUP = "Access"
_GROUP_RU = "Доступ"
#: The authentication that a handshake needs, which proves the sender of it or of what follows.
_PARTNERS = {"slack": "slack", "meta": "meta", "x": "x", "zoom": "hmac"}


def _check_network(value: str) -> str:
    try:
        ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise PydanticCustomError(
            "wrong-parameter",
            "Write an address or a network, such as 192.0.2.7 or 10.0.0.0/8.",
        ) from None
    return value.strip()


class AccessParameters(Parameters):
    """From where calls may come, and how senders make sure of the address; orders 170 to 199."""

    allowed_networks: list[Annotated[str, Field(max_length=50), AfterValidator(_check_network)]] = Field(
        default=[],
        max_length=200,
        title="Allowed addresses",
        description="Addresses and networks (CIDR) that calls may come from; empty for any. Behind a proxy, "
        "set [flowforge] trusted_proxies.",
        examples=[["192.0.2.0/24", "2001:db8::/32"]],
        json_schema_extra=widget(
            order=170,
            group=_GROUP,
            group_ru=_GROUP_RU,
            label_ru="Разрешённые адреса",
            help_ru="Адреса и сети (CIDR), откуда принимаются запросы; пусто — отовсюду. За прокси нужен "
            "параметр [flowforge] trusted_proxies.",
        ),
    )
    handshake: Literal["none", "slack", "meta", "x", "zoom"] = Field(
        default="none",
        title="Handshake",
        description="How the sender makes sure of the address when it is registered. Answered without a run.",
        json_schema_extra=widget(
            "select",
            order=180,
            group=_GROUP,
            options={
                "none": "None",
                "slack": "Slack: url_verification",
                "meta": "Meta: hub.challenge",
                "x": "X (Twitter): CRC",
                "zoom": "Zoom: endpoint.url_validation",
            },
            options_ru={
                "none": "Нет",
                "slack": "Slack: url_verification",
                "meta": "Meta: hub.challenge",
                "x": "X (Twitter): CRC",
                "zoom": "Zoom: endpoint.url_validation",
            },
            label_ru="Подтверждение адреса",
            help_ru="Как отправитель убеждается в адресе при регистрации. Ответ даётся без запуска.",
        ),
    )


def check_access(parameters: Mapping[str, Any]) -> Iterator[ParameterProblem]:
    """Ask for the authentication that belongs to a handshake."""
    handshake = parameters.get("handshake", "none")
    partner = _PARTNERS.get(str(handshake))
    if partner is not None and parameters.get("authentication", "header_token") != partner:
        yield ParameterProblem(
            code="webhook-handshake-authentication",
            message=(
                "This handshake belongs to another authentication, whose secret it needs. "
                "Set authentication to the same sender; for Zoom, to the HMAC signature."
            ),
            field="handshake",
        )
