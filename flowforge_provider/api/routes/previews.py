"""Try steps on sample data."""

from fastapi import APIRouter

from flowforge_provider.api.datamodels.previews import TransformPreviewBody, TransformPreviewResponse
from flowforge_provider.api.json_route import JsonRoute
from flowforge_provider.api.security import Reader
from flowforge_provider.api.services.transform_preview import preview_transform

router = APIRouter(tags=["expressions"], route_class=JsonRoute)


@router.post(
    "/preview/transform",
    summary="Try a transform step",
    operation_id="preview_transform",
    responses={503: {"description": "Too many previews run at once."}},
)
def preview(body: TransformPreviewBody, user: Reader) -> TransformPreviewResponse:  # noqa: ARG001
    """
    Take sample data through the operations of a transform step, and return the result of each.

    The operations are those of a run, in a process with limits of time and memory. A preview reads no
    secrets: an HMAC is not worked out. A faulty operation is answered with 200 and `ok: false`, because it
    is what the request asks about; the results before it are there.
    """
    return preview_transform(body.parameters, body.data, body.input)
