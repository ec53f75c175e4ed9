"""Look at graphs without saving them: findings, and the Dag that they compile to."""

from fastapi import APIRouter

from flowforge_provider.api.datamodels.workflows import CompileResponse, GraphBody, ValidationResponse
from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.findings import find_issues
from flowforge_provider.compiler import compile_graph
from flowforge_provider.graph.issues import Issue
from flowforge_provider.graph.load import load_graph
from flowforge_provider.store.workflows import get_workflow

router = APIRouter(tags=["workflows"], route_class=JsonRoute)


@router.post("/validate", summary="Check a graph", operation_id="validate_graph")
def validate(
    body: GraphBody,
    user: Reader,  # noqa: ARG001 - names the permission
    session: SessionDep,
) -> ValidationResponse:
    """Return everything that is wrong with a graph, its form and its meaning at once. Saves nothing."""
    return _answer(find_issues(body.graph, session=session))


@router.post(
    "/workflows/{workflow_id}/validate",
    summary="Check a draft",
    operation_id="validate_workflow",
    responses={404: {"description": "There is no such workflow."}},
)
def validate_draft(
    workflow_id: WorkflowIdPath,
    user: Reader,  # noqa: ARG001
    session: SessionDep,
) -> ValidationResponse:
    """Return everything that is wrong with the saved draft."""
    return _answer(find_issues(get_workflow(workflow_id, session).draft, session=session))


@router.post("/compile", summary="Compile a graph", operation_id="compile_graph")
def compile_document(body: GraphBody, user: Reader) -> CompileResponse:  # noqa: ARG001
    """Return the Python source of the Dag that publishing this graph would make. Saves nothing."""
    graph = load_graph(body.graph)
    return CompileResponse(source=compile_graph(graph), dag_id=graph.id)


def _answer(issues: list[Issue]) -> ValidationResponse:
    return ValidationResponse(valid=all(issue.severity != "error" for issue in issues), issues=issues)
