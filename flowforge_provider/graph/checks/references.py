"""The expressions of each node: whether they can be read, and whether what they name can be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowforge_provider.expressions.checking import check
from flowforge_provider.expressions.language import KNOWN_FIELDS, KNOWN_NAMES, RESERVED_NAMES
from flowforge_provider.expressions.paths import Path, find_paths
from flowforge_provider.graph import codes
from flowforge_provider.graph.issues import Issue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.checks.subject import Subject
    from flowforge_provider.graph.models import Node
    from flowforge_provider.nodes.parameters import Template

_SHOWN = 5


def check_references(subject: Subject, node: Node, template: Template) -> Iterator[Issue]:
    """
    Yield what is wrong with one template of a node.

    :param subject: the graph that the node is in
    :param node: the node
    :param template: the template and its path inside the parameters
    """
    field = f"parameters.{template.path}"
    for problem in check(template.text):
        code = codes.EXPRESSION_LIMIT if problem.code == codes.EXPRESSION_LIMIT else codes.EXPRESSION_SYNTAX
        place = f" (line {problem.line}, column {problem.column})" if problem.start else ""
        yield Issue(
            code=code,
            message=f'Node "{node.label}", {template.path}: {problem.message}{place}',
            node_id=node.id,
            field=field,
        )
    told: set[str] = set()
    for path in find_paths(template.text):
        found = None if path.name in template.names else _fault(subject, node, path)
        if found is None or found[1] in told:
            continue
        code, message, is_error = found
        told.add(message)
        yield Issue(
            code=code,
            message=f'Node "{node.label}", {template.path}: {message}',
            severity="error" if is_error else "warning",
            node_id=node.id,
            field=field,
        )


def _fault(subject: Subject, node: Node, path: Path) -> tuple[str, str, bool] | None:  # noqa: PLR0911 - one a fault
    """Return code, message and whether it is an error, or None when the path can be read."""
    first = str(path.keys[0]) if path.keys else None
    known_names = KNOWN_NAMES | RESERVED_NAMES if node.id in subject.loop_of else KNOWN_NAMES
    if path.name in RESERVED_NAMES - known_names:
        return codes.UNKNOWN_NAME, f'"{path.name}" is there only inside a loop. Use trigger or steps.', True
    if path.name not in known_names:
        advice = subject.near(path.name, known_names) or f" There are: {', '.join(sorted(known_names))}."
        quoted = "" if path.keys else f" For a text, write '{path.name}' in quotes."
        return codes.UNKNOWN_NAME, f'The name "{path.name}" is not known.{advice}{quoted}', True
    if first is None:
        return None
    if path.name == "steps":
        return _step_fault(subject, node, first)
    if path.name == "vars" and first not in subject.graph.settings.variables:
        known = subject.graph.settings.variables
        advice = subject.near(first, known) or " Add it in the workflow's settings."
        return codes.UNKNOWN_VARIABLE, f'The workflow has no variable "{first}".{advice}', True
    fields = KNOWN_FIELDS.get(path.name)
    if fields is not None and first not in fields:
        advice = subject.near(first, fields) or f" It has: {', '.join(fields)}."
        return codes.UNKNOWN_NAME, f'{path.name} has no field "{first}".{advice}', False
    return None


def _step_fault(  # noqa: PLR0911 - one return a fault
    subject: Subject, node: Node, step: str
) -> tuple[str, str, bool] | None:
    if step in subject.broken:
        return None
    if step not in subject.nodes:
        # A name that was typed instead of an id is the likeliest mistake.
        by_name = next((other.id for other in subject.nodes.values() if other.name == step), None)
        usable = [
            other
            for other in subject.nodes
            if other != node.id and not subject.is_trigger(other) and not subject.is_note(other)
        ]
        advice = f" Did you mean {by_name}?" if by_name else subject.near(step, usable)
        return (
            codes.UNKNOWN_STEP,
            f'There is no step "{step}".{advice or _known_steps(subject, node)}',
            True,
        )
    if subject.is_trigger(step):
        return (
            codes.UNKNOWN_STEP,
            f'"{step}" is the trigger and has no output. Write trigger.body instead of steps.{step}.',
            True,
        )
    if subject.loop_of.get(node.id) == step:
        message = (
            f'The loop "{step}" has no results yet while its body runs. Write item for the present item.'
        )
        return codes.STEP_NOT_BEFORE, message, True
    loop = subject.loop_of.get(step)
    if loop is not None and loop != subject.loop_of.get(node.id):
        advice = f"Write steps.{loop}.results for the results of all items, after the loop's port done."
        return codes.STEP_IN_LOOP, f'The step "{step}" runs once for each item of "{loop}". {advice}', True
    if step == node.id:
        return codes.STEP_NOT_BEFORE, "A step cannot use its own output. Name a step before it.", True
    ancestry = subject.ancestry
    if node.id not in ancestry or step not in ancestry:
        return None  # on or after a cycle, which has an issue of its own
    if not ancestry.is_before(step, node.id):
        return (
            codes.STEP_NOT_BEFORE,
            f'The step "{step}" does not run before this one, so it has no output yet. '
            f"Connect it so that it comes before.{_known_steps(subject, node)}",
            True,
        )
    return None


def _known_steps(subject: Subject, node: Node) -> str:
    before = [step for step in subject.ancestry.before(node.id) if not subject.is_trigger(step)]
    if not before:
        return " No step comes before this one; use trigger."
    shown = ", ".join(before[-_SHOWN:])
    return f" Steps before this one: {shown}{' and more' if len(before) > _SHOWN else ''}."
