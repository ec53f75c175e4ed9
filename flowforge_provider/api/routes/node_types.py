"""What can be placed on the canvas."""

from typing import Annotated

from fastapi import APIRouter, Path

from flowforge_provider.api.datamodels.node_types import (
    NodeTypeCollectionResponse,
    NodeTypeResponse,
    OutputSchemaBody,
    OutputSchemaResponse,
)
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Reader
from flowforge_provider.exceptions import NotFoundError
from flowforge_provider.nodes.describe import describe
from flowforge_provider.nodes.registry import get_registry

NodeTypePath = Annotated[
    str,
    Path(min_length=1, max_length=200, description="Name of the node type.", examples=["transform"]),
]

router = APIRouter(tags=["node types"], route_class=JsonRoute)


@router.get("/node-types", summary="List the node types", operation_id="list_node_types")
def list_node_types(user: Reader) -> NodeTypeCollectionResponse:  # noqa: ARG001 - names the permission
    """Return every installed node type with its parameters' JSON Schema, ports, help and example."""
    types = [NodeTypeResponse.model_validate(describe(node_type)) for node_type in get_registry().all()]
    return NodeTypeCollectionResponse(node_types=types, total_entries=len(types))


@router.post(
    "/node-types/{node_type}/output-schema",
    summary="Tell what a node hands on",
    operation_id="derive_output_schema",
    responses={404: {"description": "There is no such node type."}},
)
def derive_output_schema(
    node_type: NodeTypePath,
    body: OutputSchemaBody,
    user: Reader,  # noqa: ARG001
) -> OutputSchemaResponse:
    """Return the JSON Schema of the output of a node with these parameters, as far as they tell it."""
    found = get_registry().find(node_type)
    if found is None:
        raise NotFoundError(f'There is no node type "{node_type[:100]}".')
    return OutputSchemaResponse(output_schema=found.output_schema_for(body.parameters))
