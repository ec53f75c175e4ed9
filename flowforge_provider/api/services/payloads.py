"""What a workflow asks of the payload of a start by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flowforge_provider.api.datamodels.payload_form import PayloadFormResponse, PayloadInput
from flowforge_provider.nodes.payload.inputs import inputs_of
from flowforge_provider.nodes.payload.schema import schema_of
from flowforge_provider.runs.published import read_published
from flowforge_provider.runs.start import begin_at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

__all__ = ["read_payload_form"]


def read_payload_form(workflow_id: str, *, trigger: str | None, session: Session) -> PayloadFormResponse:
    """
    Return the form of the live publication.

    :param trigger: the trigger node; the one for starts by hand when omitted
    :raises NotFoundError: there is no such workflow or trigger
    :raises ConflictError: it is not published
    """
    published = read_published(workflow_id, session)
    node = begin_at(published, trigger)
    schema = schema_of(node.parameters, trigger_type=node.type)
    inputs = inputs_of(schema)
    return PayloadFormResponse(
        node_id=node.node_id,
        payload_schema=schema,
        inputs=None if inputs is None else [PayloadInput(**asdict(item)) for item in inputs],
        sample=node.parameters.get("sample_payload", {}),
        timezone=published.timezone,
    )
