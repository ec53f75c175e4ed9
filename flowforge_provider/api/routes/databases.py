"""
What the database of a connection holds: names for the pickers of PostgreSQL steps.

Whoever asks must be allowed to edit workflows, and to see the connection in Airflow. Only names and types
leave the api-server: no data, and nothing of the connection.
"""

from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import APIRouter, Path, Query

from flowforge_provider.api.datamodels.connections import ConnectionId
from flowforge_provider.api.datamodels.databases import (
    DatabaseObjectCollectionResponse,
    DatabaseObjectResponse,
)
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.openapi import Responses
from flowforge_provider.api.security import Editor, authorize_connection
from flowforge_provider.api.services.databases import list_database_objects
from flowforge_provider.hooks.postgres_catalog import ObjectKind

router = APIRouter(tags=["connections"], route_class=JsonRoute)

ConnectionPath = Annotated[
    ConnectionId, Path(description="Id of an Airflow connection of type postgres.", examples=["orders_db"])
]
SchemaQuery = Annotated[
    str, Query(max_length=63, description="Schema; empty: those that the database searches by itself.")
]
RESPONSES: Responses = {
    502: {"description": "The database cannot be reached, or refuses; the detail says why."},
    503: {"description": "Too many such questions are under way."},
    504: {"description": "The database did not answer in time."},
}


@router.get(
    "/connections/{connection_id}/schemas",
    summary="List the schemas of a database",
    operation_id="list_database_schemas",
    responses=RESPONSES,
)
def list_schemas(user: Editor, connection_id: ConnectionPath) -> DatabaseObjectCollectionResponse:
    """Return the schemas that the connection's user may use, without those of PostgreSQL itself."""
    return _list(user, connection_id, "schemas")


@router.get(
    "/connections/{connection_id}/tables",
    summary="List the tables of a database",
    operation_id="list_database_tables",
    responses=RESPONSES,
)
def list_tables(
    user: Editor, connection_id: ConnectionPath, schema: SchemaQuery = ""
) -> DatabaseObjectCollectionResponse:
    """Return tables and views."""
    return _list(user, connection_id, "tables", schema=schema)


@router.get(
    "/connections/{connection_id}/columns",
    summary="List the columns of a table",
    operation_id="list_database_columns",
    responses=RESPONSES,
)
def list_columns(
    user: Editor,
    connection_id: ConnectionPath,
    schema: SchemaQuery = "",
    table: Annotated[str, Query(max_length=63, description="Table or view.", examples=["orders"])] = "",
) -> DatabaseObjectCollectionResponse:
    """Return the columns in their order, with their types."""
    return _list(user, connection_id, "columns", schema=schema, table=table)


@router.get(
    "/connections/{connection_id}/functions",
    summary="List the functions of a database",
    operation_id="list_database_functions",
    responses=RESPONSES,
)
def list_functions(
    user: Editor, connection_id: ConnectionPath, schema: SchemaQuery = ""
) -> DatabaseObjectCollectionResponse:
    """Return functions and procedures, with their arguments."""
    return _list(user, connection_id, "functions", schema=schema)


def _list(
    user: BaseUser, connection_id: str, kind: ObjectKind, **arguments: str
) -> DatabaseObjectCollectionResponse:
    authorize_connection(user=user, method="GET", connection_id=connection_id)
    found = list_database_objects(connection_id, kind, arguments=arguments)
    return DatabaseObjectCollectionResponse(
        objects=[DatabaseObjectResponse(name=one.name, description=one.description) for one in found]
    )
