"""Whether a payload is what a trigger asks for by its fields or its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.graph.issues import Issue
from flowforge_provider.nodes.payload.checking import find_faults
from flowforge_provider.nodes.payload.messages import fault_text
from flowforge_provider.nodes.payload.schema import schema_of
from flowforge_provider.runs.payload import PayloadError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.nodes.payload.messages import Language
    from flowforge_provider.runs.published import PublishedTrigger

__all__ = ["PayloadMismatchError", "check_against_schema"]


class PayloadMismatchError(PayloadError):
    """
    A payload is not what its trigger asks for.

    :param issues: one for each fault, with the field
    """

    code = "payload-invalid"

    def __init__(self, message: str, *, issues: Sequence[Issue]) -> None:
        super().__init__(message)
        self.issues = list(issues)


def check_against_schema(payload: Any, trigger: PublishedTrigger, *, language: Language = "en") -> None:
    """
    Refuse a payload that is not what its trigger asks for.

    :raises PayloadMismatchError: with an issue for each fault
    """
    schema = schema_of(trigger.parameters, trigger_type=trigger.type)
    if schema is None:
        return
    faults = find_faults(payload, schema)
    if not faults:
        return
    issues = [
        Issue(code=fault.code, message=fault_text(fault, language), field=fault.place or None)
        for fault in faults
    ]
    where = ", ".join(dict.fromkeys(issue.field or "the payload itself" for issue in issues[:10]))
    raise PayloadMismatchError(
        f'The payload is not what trigger "{trigger.node_id}" asks for. Look at: {where}.', issues=issues
    )
