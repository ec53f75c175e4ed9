"""Files that came in with deliveries: for people who may see the workflow, and for workers."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Response

from flowforge_provider.api.db import SessionDep
from flowforge_provider.api.errors import ApiError
from flowforge_provider.api.security import PUBLIC, Reader, authorize
from flowforge_provider.bundles.tokens import BundleTokenError, verify_file_token
from flowforge_provider.store.files import find_content, get_file

router = APIRouter(prefix="/files", tags=["webhooks"])

FileIdPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=100,
        description="Id of the file: `file_id` in the data of a run.",
        examples=["3f2a9c0de17b4b5f8c6d1e0a9b7c5d31"],
    ),
]
# Whatever a stranger has sent must not run as a page of Airflow's.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


@router.get(
    "/{file_id}",
    summary="Download a file of a delivery",
    operation_id="get_file",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {"application/octet-stream": {"schema": {"type": "string"}, "example": "id,quantity"}},
        },
        404: {"description": "There is no such file."},
    },
)
def get_delivery_file(file_id: FileIdPath, user: Reader, session: SessionDep) -> Response:
    """Return a file that came in with a delivery, as a download."""
    row = get_file(file_id, session)
    authorize(user=user, action="read", workflow_id=row.workflow_id)
    name = f"attachment; filename*=UTF-8''{quote(row.filename, safe='')}"
    return Response(
        row.content, media_type=row.content_type, headers={**_HEADERS, "Content-Disposition": name}
    )


@router.get("/{file_id}/content", include_in_schema=False, dependencies=[PUBLIC])
def get_file_content(
    file_id: FileIdPath,
    session: SessionDep,
    authorization: Annotated[str, Header(description="Bearer, and a token for this file.")] = "",
) -> Response:
    """Return what a file holds to a worker, which has no user but can sign a token."""
    scheme, _, token = authorization.partition(" ")
    try:
        if scheme.lower() != "bearer" or not token:
            raise BundleTokenError("This address serves workers, with a token of their own.")
        verify_file_token(token.strip(), file_id=file_id)
    except BundleTokenError as error:
        status = 503 if error.error_code == "bundle-secret-missing" else 401
        raise ApiError(
            status, error.error_code, error.message, headers={"WWW-Authenticate": "Bearer"}
        ) from error
    content = find_content(file_id, session)
    if content is None:
        raise ApiError(
            404, "file-not-found", "There is no such file. Files are kept as long as their delivery."
        )
    return Response(content, media_type="application/octet-stream", headers=_HEADERS)
