"""What people have filled into a form -> the payload of a run, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.nodes.payload.checking import PayloadFault, find_faults
from flowforge_provider.nodes.payload.texts import TextError, parse_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowforge_provider.nodes.payload.inputs import FormInput

__all__ = ["FilledForm", "read_form"]

_KEYWORD_OF_TYPE = {
    "number": ("type", "number"),
    "integer": ("type", "integer"),
    "boolean": ("type", "boolean"),
    "date": ("format", "date"),
    "datetime": ("format", "date-time"),
}


@dataclass(frozen=True)
class FilledForm:
    """
    What a form holds.

    :param payload: as far as it could be read; complete when there are no faults
    """

    payload: dict[str, Any]
    faults: Sequence[PayloadFault]


def read_form(
    inputs: Sequence[FormInput],
    texts: Mapping[str, Sequence[str]],
    *,
    schema: Mapping[str, Any],
    files: Mapping[str, Sequence[Any]] | None = None,
    timezone_name: str = "UTC",
) -> FilledForm:
    """
    Read a form that was filled in, and check it by its schema.

    :param inputs: the form's fields; what is not among them is passed over
    :param texts: name -> what was typed or chosen; browsers leave out boxes that are not ticked
    :param files: name -> files as JSON
    """
    payload: dict[str, Any] = {}
    faults: list[PayloadFault] = []
    for item in inputs:
        if item.type in ("file", "files"):
            given = list((files or {}).get(item.name, ()))
            if given:
                payload[item.name] = given[0] if item.type == "file" else given
            continue
        typed = [text for text in texts.get(item.name, ()) if text or item.type != "multi_select"]
        if item.type == "multi_select" and not typed:
            if item.required:
                payload[item.name] = []
            continue
        # White space alone counts as nothing typed, but can be a choice.
        filled = any(typed) if item.type == "select" else any(text.strip() for text in typed)
        if item.type not in ("boolean", "multi_select") and not filled:
            if item.required and item.may_be_empty:
                payload[item.name] = typed[0] if typed else ""
            continue
        try:
            options = [choice.value for choice in item.choices]
            value = parse_text(item.type, typed, options=options, timezone_name=timezone_name)
            payload[item.name] = value
        except TextError as error:
            keyword, expected = _KEYWORD_OF_TYPE.get(item.type, ("", None))
            faults.append(PayloadFault((item.name,), error.code, keyword, expected))
    _leave_out_unticked(inputs, payload, schema)
    unread = {fault.path[0] for fault in faults}
    found = [fault for fault in find_faults(payload, schema) if not fault.path or fault.path[0] not in unread]
    place: dict[Any, int] = {item.name: index for index, item in enumerate(inputs)}
    key = lambda fault: place.get(fault.path[0], -1) if fault.path else -1  # noqa: E731
    return FilledForm(payload, sorted([*faults, *found], key=key))


def _leave_out_unticked(
    inputs: Sequence[FormInput], payload: dict[str, Any], schema: Mapping[str, Any]
) -> None:
    """Take a box that need not be ticked, and whose No the schema does not know, as not answered."""
    optional = [item.name for item in inputs if item.type == "boolean" and not item.required]
    unticked = [name for name in optional if payload.get(name) is False]
    if not unticked:
        return
    refused = {fault.path[0] for fault in find_faults(payload, schema) if len(fault.path) == 1}
    for name in unticked:
        if name in refused:
            del payload[name]
