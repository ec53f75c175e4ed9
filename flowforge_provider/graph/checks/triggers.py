"""Triggers: that there is one, and that no two of them are at one address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.graph import codes
from flowforge_provider.graph.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.checks.subject import Subject
    from flowforge_provider.graph.models import Node

_WEBHOOK, _FORM, _EMAIL = "webhook", "form", "email.receive"
_USUAL_METHODS = ["POST"]


def check_triggers(subject: Subject) -> Iterator[Issue]:
    """Yield what is wrong with the triggers of a graph as a whole."""
    if not subject.triggers and not subject.has_unknown_type:
        what = "has no trigger" if subject.nodes else "is empty"
        yield Issue(
            code=codes.NO_TRIGGER,
            message=f"The workflow {what}. Add one: manual, webhook or schedule.",
        )
    yield from _same_address(subject)


def _same_address(subject: Subject) -> Iterator[Issue]:
    taken: dict[tuple[str, str, str], Node] = {}
    for node in subject.triggers:
        place, path, methods = _address(node)
        others = [taken[place, path, method] for method in methods if (place, path, method) in taken]
        if others:
            shared = ", ".join(method for method in methods if (place, path, method) in taken)
            where = f'at the path "{path}"' if path else "without a path"
            yield Issue(
                code=codes.WEBHOOK_CONFLICT,
                message=(
                    f'"{node.label}" and "{others[0].label}" are both {place} {where} for {shared}, so '
                    "calls could not be told apart. Give one of them another path"
                    f"{' or other methods' if node.type == _WEBHOOK else ''}."
                ),
                node_id=node.id,
                field="parameters.path",
            )
        for method in methods:
            taken.setdefault((place, path, method), node)


def _address(node: Node) -> tuple[str, str, list[str]]:
    """Return below which address a trigger is called, its path, and its methods; drafts may lack any."""
    path: Any = node.parameters.get("path", "")
    methods: Any = []
    if node.type == _WEBHOOK:
        methods = node.parameters.get("methods", _USUAL_METHODS)
    elif node.type == _FORM or (node.type == _EMAIL and node.parameters.get("source") == "resend"):
        # Resend tells of emails at the address of a webhook.
        methods = _USUAL_METHODS
    return (
        "forms" if node.type == _FORM else "webhooks",
        path if isinstance(path, str) else "",
        [method for method in methods if isinstance(method, str)] if isinstance(methods, list) else [],
    )
