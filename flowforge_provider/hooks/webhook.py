"""The connection that holds what a webhook's senders prove themselves with."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook

__all__ = ["WebhookHook"]


class WebhookHook(BaseHook):
    """
    Read a webhook's secret from an Airflow connection.

    :param webhook_conn_id: id of a connection whose password is the token or signing secret
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
        Return the token or signing secret.

        :raises ValueError: the connection has no password
        """
        token = self.get_connection(self.webhook_conn_id).password
        if not token:
            raise ValueError(
                f'Connection "{self.webhook_conn_id}" has no password. Put the webhook\'s token into it.'
            )
        return token

    def test_connection(self) -> tuple[bool, str]:
        """Return whether the connection holds something to know senders by, and what."""
        connection = self.get_connection(self.webhook_conn_id)
        extra = connection.extra_dejson
        extra = extra if isinstance(extra, dict) else {}
        try:
            found = [*_secrets(connection.password, extra), *_public_keys(extra)]
        except ValueError as exc:
            return False, str(exc)
        if not found:
            return False, "It holds neither a secret, nor a public key, nor the address of a set of keys."
        return True, f"Senders are known by: {', '.join(found)}."


def _secrets(password: str | None, extra: dict[str, Any]) -> list[str]:
    second = extra.get("previous_secret")
    if second and not password:
        raise ValueError("There is a second secret, but no first one. Put it into the first field.")
    if second and second == password:
        raise ValueError("The second secret is the first one. Empty it, or put in the other one.")
    return [name for name, value in (("a secret", password), ("a second secret", second)) if value]


def _public_keys(extra: dict[str, Any]) -> list[str]:
    from flowforge_provider.exceptions import FlowForgeError
    from flowforge_provider.inbox.authentication.json_web_token import read_public_key
    from flowforge_provider.inbox.authentication.key_sets import fetch_key_set

    found = []
    for name, label in (("public_key", "a public key"), ("previous_public_key", "a second public key")):
        if extra.get(name):
            try:
                read_public_key(str(extra[name]))
            except FlowForgeError:
                raise ValueError(f"{label.capitalize()} is there, but it is no PEM text.") from None
            found.append(label)
    if extra.get("jwks_url"):
        try:
            count = len(fetch_key_set(str(extra["jwks_url"])))
        except (FlowForgeError, ValueError) as exc:
            raise ValueError(f"The set of keys cannot be used: {exc}") from None
        found.append(f"a set of {count} public keys")
    return found
