"""Hand out workflows as files."""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from flowforge_provider.api.datamodels.workflows import COMPILED_EXAMPLE, GRAPH_EXAMPLE
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Reader
from flowforge_provider.compiler import compile_graph
from flowforge_provider.graph.load import load_graph
from flowforge_provider.store.documents import without_pins
from flowforge_provider.store.revisions import get_revision
from flowforge_provider.store.workflows import get_workflow

router = APIRouter(tags=["workflows"])


@router.get(
    "/workflows/{workflow_id}/export",
    summary="Export a workflow as a file",
    operation_id="export_workflow",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Graph"},
                    "example": GRAPH_EXAMPLE,
                },
                "text/x-python": {"schema": {"type": "string"}, "example": COMPILED_EXAMPLE},
            },
        },
        404: {"description": "There is no such workflow or revision."},
    },
)
def export_workflow(
    workflow_id: WorkflowIdPath,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
    format: Annotated[  # noqa: A002 - the name of the query parameter
        Literal["json", "python"], Query(description="json: the graph document; python: the compiled Dag.")
    ] = "json",
    revision: Annotated[
        int | None, Query(ge=1, le=2_000_000_000, description="A revision; the draft when absent.")
    ] = None,
) -> Response:
    """Return the graph document, or the Python file of the Dag, for any Airflow that has FlowForge."""
    row = get_workflow(workflow_id, session)
    data = without_pins(row.draft)
    if revision is not None:
        data = get_revision(workflow_id=workflow_id, number=revision, session=session).graph
    if format == "json":
        content, media_type, suffix = (
            json.dumps(data, indent=2, ensure_ascii=False) + "\n",
            "application/json",
            "json",
        )
    else:
        content, media_type, suffix = compile_graph(load_graph(data)), "text/x-python", "py"
    name = f"{workflow_id}.{suffix}"
    return Response(
        content,
        media_type=f"{media_type}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )
