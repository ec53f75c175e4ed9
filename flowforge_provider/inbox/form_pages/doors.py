"""Which form trigger an address is for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import ConflictError, NotFoundError
from flowforge_provider.nodes.builtin.form import FormTriggerParameters
from flowforge_provider.nodes.payload.inputs import FormInput, inputs_of
from flowforge_provider.nodes.payload.schema import schema_of
from flowforge_provider.runs.published import PublishedTrigger, PublishedWorkflow, read_published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.inbox.service import Inbox
    from flowforge_provider.runs.database import Database

__all__ = ["WHOLE", "FormDoor", "find_form"]

#: Name of the one field of a form whose schema is not of an object with known properties.
WHOLE = "payload"


@dataclass(frozen=True)
class FormDoor:
    """
    One form of a live publication.

    :param schema: JSON Schema of the payload
    :param inputs: the fields
    :param is_whole: the payload is what the only field holds, instead of an object of fields
    """

    published: PublishedWorkflow
    trigger: PublishedTrigger
    parameters: FormTriggerParameters
    schema: Mapping[str, Any]
    inputs: Sequence[FormInput]
    is_whole: bool

    @property
    def takes_files(self) -> bool:
        """Whether a field is a file."""
        return any(item.type in ("file", "files") for item in self.inputs)


async def find_form(workflow_id: str, path: str, *, inbox: Inbox) -> FormDoor | None:
    """
    Return the form at an address; None when no published workflow has one there.

    :param path: what follows the workflow's id, without slashes at either end
    """
    return await asyncio.get_running_loop().run_in_executor(
        inbox.lookups, _read, workflow_id, path, inbox.database
    )


def _read(workflow_id: str, path: str, database: Database) -> FormDoor | None:
    try:
        with database.session("read") as session:
            published = read_published(workflow_id, session)
    except (NotFoundError, ConflictError):
        return None
    for trigger in published.triggers:
        if trigger.type == "form" and (trigger.parameters.get("path") or "") == path:
            return _door(published, trigger)
    return None


def _door(published: PublishedWorkflow, trigger: PublishedTrigger) -> FormDoor:
    schema = schema_of(trigger.parameters, trigger_type="form") or {}
    inputs = inputs_of(schema)
    if schema.get("properties") == {}:
        inputs = []  # Only a button.
    return FormDoor(
        published=published,
        trigger=trigger,
        parameters=FormTriggerParameters.model_validate(dict(trigger.parameters)),
        schema=schema,
        inputs=inputs if inputs is not None else [FormInput(WHOLE, "JSON", "json", required=True)],
        is_whole=inputs is None,
    )
