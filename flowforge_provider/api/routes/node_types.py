"""What can be placed on the canvas."""

from fastapi import APIRouter

from flowforge_provider.api.datamodels.node_types import NodeTypeCollectionResponse, NodeTypeResponse
from flowforge_provider.api.security import Reader
from flowforge_provider.nodes.describe import describe
from flowforge_provider.nodes.registry import get_registry

router = APIRouter(tags=["node types"])


@router.get("/node-types", summary="List the node types", operation_id="list_node_types")
def list_node_types(user: Reader) -> NodeTypeCollectionResponse:  # noqa: ARG001 - names the permission
    """Return every installed node type with its parameters' JSON Schema, ports, help and example."""
    types = [NodeTypeResponse.model_validate(describe(node_type)) for node_type in get_registry().all()]
    return NodeTypeCollectionResponse(node_types=types, total_entries=len(types))
