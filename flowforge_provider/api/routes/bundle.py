"""Pinned Dag files for workers, which have no database; guarded by tokens that only they can sign."""

from typing import Annotated

from fastapi import APIRouter, Header, Path
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.path_params import WorkflowIdPath
from flowforge_provider.api.security import PUBLIC
from flowforge_provider.bundles.pinned import DIGEST_HEADER
from flowforge_provider.bundles.tokens import ALL_WORKFLOWS, BundleTokenError, verify_token
from flowforge_provider.store import publications

router = APIRouter(prefix="/bundle", tags=["bundle"], dependencies=[PUBLIC], include_in_schema=False)

VersionPath = Annotated[str, Path(pattern=r"^[0-9]{1,18}$", description="A bundle version: a seq.")]
Authorization = Annotated[str, Header(description="Bearer, and a token for this file.")]


class BundleContents(BaseModel):
    """What a bundle version holds."""

    workflow_ids: list[str] = Field(description="Workflows that were live at this version.")


@router.get(
    "/{version}", operation_id="get_bundle_contents", summary="List the workflows of a bundle version"
)
def get_bundle_contents(
    version: VersionPath, session: SessionDep, authorization: Authorization = ""
) -> BundleContents:
    """List the workflows that were live at a version."""
    _check(authorization, workflow_id=ALL_WORKFLOWS, version=version)
    return BundleContents(workflow_ids=sorted(publications.seqs_at(int(version), session)))


@router.get(
    "/{version}/{workflow_id}",
    operation_id="get_bundle_file",
    summary="Read a workflow's Dag file as of a bundle version",
    response_class=PlainTextResponse,
)
def get_bundle_file(
    version: VersionPath, workflow_id: WorkflowIdPath, session: SessionDep, authorization: Authorization = ""
) -> PlainTextResponse:
    """Return the file of the newest publication that is not newer than the version."""
    _check(authorization, workflow_id=workflow_id, version=version)
    row = publications.at(workflow_id, int(version), session)
    if row is None or row.source is None:
        raise ApiError(
            404, "bundle-no-file", f'Workflow "{workflow_id}" was never published up to version {version}.'
        )
    return PlainTextResponse(
        row.source,
        headers={
            DIGEST_HEADER: publications.digest_of_source(row.source),
            "Cache-Control": "private, no-store",
        },
    )


def _check(authorization: str, *, workflow_id: str, version: str) -> None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(
            401,
            "bundle-token",
            "This address serves workers, with a token of their own.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    try:
        verify_token(token.strip(), workflow_id=workflow_id, version=version)
    except BundleTokenError as error:
        status = 503 if error.error_code == "bundle-secret-missing" else 401
        raise ApiError(status, error.error_code, error.message) from error
