"""
Refuse what another site lets a visitor's browser send.

A request without a body needs no media type, so browsers send it for any site without asking first. Airflow's
cookie is not sent along (``SameSite=Lax``), unless the other site is a neighbour: another port or subdomain.
And where SimpleAuthManager takes everybody for an administrator, no cookie is needed at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flowforge_provider import settings
from flowforge_provider.api.errors import ApiError

if TYPE_CHECKING:
    from starlette.requests import Request

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


def refuse_other_sites(request: Request) -> None:
    """
    Let requests that may change something pass only from Airflow's own pages and from programs.

    Programs send neither header. ``Sec-Fetch-Site`` is the browser's own word; browsers leave it out on plain
    HTTP, where ``Origin`` is compared with the address that the request was sent to.

    :raises ApiError: 403 ``cross-origin``
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site in _OWN_SITES or (site is None and origin is None):
        return
    if origin is not None and (origin in _allowed_origins() or (site is None and _is_own(origin, request))):
        return
    raise ApiError(
        403,
        "cross-origin",
        f"This request comes from a page of another site ({(origin or site or '')[:200]}). Send it from "
        "Airflow's own pages, or name the site in [api] access_control_allow_origins. Behind a proxy, set "
        "[api] base_url to the address that browsers use.",
    )


def _is_own(origin: str, request: Request) -> bool:
    # A proxy may end TLS and change Host, hence no look at the scheme, and several names. Another site's
    # page cannot set X-Forwarded-Host.
    names = (
        request.headers.get("host", ""),
        request.headers.get("x-forwarded-host", ""),
        urlsplit(settings.pages_base_url()).netloc,
        urlsplit(settings.public_base_url()).netloc,
    )
    given = origin.partition("://")[2]
    return _without_default_port(given) in {_without_default_port(name) for name in names if name}


def _without_default_port(name: str) -> str:
    return name.lower().removesuffix(":443").removesuffix(":80")


def _allowed_origins() -> list[str]:
    from airflow.configuration import conf

    allowed: list[str] = conf.getlist("api", "access_control_allow_origins", fallback=[])
    return allowed
