"""Airflow connections, with errors that people can act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_connection(connection_id: str) -> Any:
    """
    Return an Airflow connection.

    :raises StepError: there is none of that id
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return BaseHook.get_connection(connection_id)
    except AirflowNotFoundException as error:
        raise StepError(
            f'There is no connection "{connection_id}". Create it in Airflow, or choose another one.',
            code="missing-connection",
            retryable=False,
        ) from error


def connection_type(connection_id: str, *, offered: Sequence[str]) -> str:
    """
    Return the type of an Airflow connection.

    :param offered: types that the step can use
    :raises StepError: there is no such connection, or it is of another type
    """
    kind = str(find_connection(connection_id).conn_type)
    if kind not in offered:
        raise StepError(
            f'Connection "{connection_id}" is of type {kind}; this step uses {" or ".join(offered)}. Choose '
            "another connection, or correct its type in Airflow.",
            code="connection-type",
            retryable=False,
        )
    return kind
