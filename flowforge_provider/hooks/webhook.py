"""The connection that holds the token of a webhook."""

from __future__ import annotations

from airflow.sdk import BaseHook

__all__ = ["WebhookHook"]


class WebhookHook(BaseHook):
    """
    Read a webhook's token from an Airflow connection.

    :param webhook_conn_id: id of a connection whose password is the token
    """

    conn_name_attr = "webhook_conn_id"
    default_conn_name = "flowforge_webhook_default"
    conn_type = "flowforge_webhook"
    hook_name = "FlowForge webhook"

    def __init__(self, webhook_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.webhook_conn_id = webhook_conn_id

    def get_conn(self) -> str:
        """
        Return the token.

        :raises ValueError: the connection has no password
        """
        token = self.get_connection(self.webhook_conn_id).password
        if not token:
            raise ValueError(
                f'Connection "{self.webhook_conn_id}" has no password. Put the webhook\'s token into it.'
            )
        return token
