"""A browser that is signed in to an Airflow with users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance


def open_as(user: str, *, airflow: AirflowInstance, open_page: Callable[..., Page], **options: Any) -> Page:
    """
    Open an empty page that carries a user's cookie, as Airflow's sign-in page leaves it.

    :param user: one of the users of the instance, such as ``admin`` or ``viewer``
    :param airflow: an instance with users
    :param open_page: the fixture of that name
    :param options: of the browser context
    """
    page = open_page(**options)
    page.context.add_cookies([{"name": "_token", "value": airflow.token(user), "url": airflow.url}])
    return page
