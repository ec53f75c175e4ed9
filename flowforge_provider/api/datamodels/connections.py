"""Airflow connections, for pickers; never their secrets."""

from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints

from flowforge_provider.api.datamodels.base import Body, Reply

ConnectionId = Annotated[str, StringConstraints(pattern=r"^[\w.-]{1,200}$")]


class ConnectionResponse(Reply):
    """What a picker shows of a connection."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"connection_id": "orders_db", "conn_type": "postgres", "description": "Orders"}]
        }
    )

    connection_id: str = Field(description="Id.")
    conn_type: str = Field(description="Type.")
    description: str | None = Field(description="What it is for.")


class ConnectionCollectionResponse(Reply):
    """A part of the list of connections."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "connections": [
                        {"connection_id": "orders_db", "conn_type": "postgres", "description": "Orders"}
                    ],
                    "total_entries": 1,
                }
            ]
        }
    )

    connections: list[ConnectionResponse] = Field(description="The asked part of the list, by id.")
    total_entries: int = Field(description="How many there are.")


class WebhookTokenBody(Body):
    """A wish for a connection that holds a new token."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"connection_id": "orders_webhook"}]})

    connection_id: ConnectionId | None = Field(
        default=None,
        description="Id of the new connection; made up when absent.",
        examples=["orders_webhook"],
    )


class WebhookTokenResponse(Reply):
    """A new token. This is the only time that the API shows it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"connection_id": "orders_webhook", "token": "shown-only-once"}]}
    )

    connection_id: str = Field(description="Id of the connection that holds the token.")
    token: str = Field(description="The token; senders put it into the header that the trigger names.")
