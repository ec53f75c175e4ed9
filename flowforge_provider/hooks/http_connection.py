"""The connection type ``flowforge_http``: an HTTP service, and how to sign in there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from flowforge_provider.hooks.http_access import Access

__all__ = ["HttpServiceHook", "open_access", "token_folder"]


class HttpServiceHook(BaseHook):
    """
    Read how to call an HTTP service from an Airflow connection.

    :param http_conn_id: id of a connection of the type ``flowforge_http`` or ``http``
    """

    conn_name_attr = "http_conn_id"
    default_conn_name = "flowforge_http_default"
    conn_type = "flowforge_http"
    hook_name = "FlowForge HTTP"

    def __init__(self, http_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.http_conn_id = http_conn_id

    def get_conn(self) -> Access:
        """
        Return how to call the service.

        :raises StepError: the connection is incomplete
        """
        return open_access(self.http_conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """
        Call the base address once, with the credentials, and tell how it went.

        :return: whether the service took the request, and a sentence for people
        """
        from flowforge_provider.exceptions import StepError
        from flowforge_provider.hooks.http import HttpClient
        from flowforge_provider.nodes.builtin.http_parameters import HttpParameters
        from flowforge_provider.settings import http_max_response_bytes

        try:
            access = self.get_conn()
            client = HttpClient(access=access, max_response_bytes=http_max_response_bytes())
            parameters = HttpParameters(
                url=str(access.base_url),
                response_type="text",
                # Whether there is something at the base address does not matter; whether we may call it does.
                success_statuses=["2xx", "3xx", "404", "405"],
                follow_redirects=False,
                total_timeout_s=20,
            )
            answer = client.send(parameters)
        except StepError as error:
            return False, error.message
        return True, f"The service answered with status {answer['status']}."


def open_access(connection_id: str) -> Access:
    """
    Return how to call the service of a connection.

    :param connection_id: of an Airflow connection; empty for none
    :raises StepError: the connection cannot be used
    """
    from flowforge_provider.hooks.http_access import read_access

    connection: Any = BaseHook.get_connection(connection_id) if connection_id else None
    return read_access(connection, token_folder=token_folder())


def token_folder() -> Path | None:
    """Return where access tokens are kept on disk; None where ``[flowforge]`` does not want that."""
    from airflow.configuration import AIRFLOW_HOME

    from flowforge_provider.settings import http_token_cache

    return Path(AIRFLOW_HOME) / "flowforge" / "tokens" if http_token_cache() else None
