"""Workflows to begin with."""

from typing import Annotated

from fastapi import APIRouter, Path

from flowforge_provider.api.datamodels.templates import TemplateCollectionResponse, TemplateGraphResponse
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.templates import get_template, list_templates

router = APIRouter(tags=["workflows"])

TemplateIdPath = Annotated[
    str, Path(min_length=1, max_length=200, description="Id of the template.", examples=["orders"])
]


@router.get("/templates", summary="List the templates", operation_id="list_templates")
def read_templates(user: Reader) -> TemplateCollectionResponse:  # noqa: ARG001 - names the permission
    """Return the workflows that come with FlowForge, to begin a new one with."""
    found = list_templates()
    return TemplateCollectionResponse.model_validate({"templates": found, "total_entries": len(found)})


@router.get(
    "/templates/{template_id}",
    summary="Get a template",
    operation_id="get_template",
    responses={404: {"description": "There is no such template."}},
)
def read_template(template_id: TemplateIdPath, user: Reader) -> TemplateGraphResponse:  # noqa: ARG001
    """Return a template with its graph, which creating a workflow takes as it is."""
    return TemplateGraphResponse.model_validate(get_template(template_id))
