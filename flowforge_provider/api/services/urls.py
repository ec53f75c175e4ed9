"""Addresses that the API tells its clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider import settings

if TYPE_CHECKING:
    from starlette.requests import Request

MOUNT_PREFIX = "/flowforge"


def airflow_base_url(request: Request) -> str:
    """
    Return the address of Airflow's pages, without a slash at its end.

    :param request: tells how this client reached Airflow, which counts where no address is configured
    """
    return settings.pages_base_url() or _base_url_of(request)


def public_base_url(request: Request) -> str:
    """
    Return the address under which outside senders reach this Airflow, without a slash at its end.

    :param request: as in ``airflow_base_url``
    """
    return settings.public_base_url() or _base_url_of(request)


def webhook_base_url(request: Request) -> str:
    """Return the address below which webhooks are received."""
    return f"{public_base_url(request)}{MOUNT_PREFIX}/api/webhooks"


def api_path(request: Request, path: str) -> str:
    """
    Return the path of a resource of this API, for Location headers.

    :param request: the request, which knows under which path Airflow is mounted
    :param path: path below ``/api``, with a slash in front
    """
    root: str = request.scope.get("root_path", "")
    return f"{root.rstrip('/')}/api{path}"


def _base_url_of(request: Request) -> str:
    return str(request.base_url).rstrip("/").removesuffix(MOUNT_PREFIX)
