"""Open a connection to PostgreSQL through Airflow's hook."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from flowforge_provider.exceptions import StepError

NO_DATABASE = "No connection to the database of {!r}"


def open_connection(connection_id: str, *, connect_timeout_s: int, is_bound: bool = False) -> Any:
    """
    Return a psycopg 3 connection without a transaction.

    :param connection_id: Airflow connection of type postgres
    :param connect_timeout_s: seconds to wait for the server, unless the connection's extra fields say
        otherwise
    :param is_bound: whether that is the most, whatever the connection says
    :raises StepError: it is no connection to PostgreSQL; code ``postgres-connection``
    :raises psycopg.Error: the server does not answer or refuses
    """
    from airflow.providers.postgres.hooks import postgres as airflow_postgres
    from airflow.sdk.exceptions import AirflowNotFoundException

    if not airflow_postgres.USE_PSYCOPG3:
        raise _refusal(
            "Airflow's PostgreSQL provider uses psycopg 2 here. Install psycopg 3: pip install "
            "'psycopg[binary]'."
        )
    try:
        connection = deepcopy(airflow_postgres.PostgresHook.get_connection(connection_id))
    except AirflowNotFoundException as error:
        raise _refusal(
            f"Airflow has no connection {connection_id!r}. Create it, or pick another one."
        ) from error
    if connection.conn_type not in ("postgres", "postgresql"):
        raise _refusal(
            f"The connection {connection_id!r} is of the type {connection.conn_type!r}, not postgres. "
            "Pick another one."
        )
    bound = {"connect_timeout": connect_timeout_s}
    extra = connection.extra_dejson
    connection.extra = json.dumps({**extra, **bound} if is_bound else {**bound, **extra})
    hook = airflow_postgres.PostgresHook(postgres_conn_id=connection_id, connection=connection)
    return hook.get_conn()


def _refusal(message: str) -> StepError:
    return StepError(message, code="postgres-connection", retryable=False)
