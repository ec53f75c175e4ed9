"""What an expression refers to, found without evaluating it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jinja2 import nodes

from flowforge_provider.exceptions import ExpressionError
from flowforge_provider.expressions.operations import FUNCTIONS
from flowforge_provider.expressions.template import read_template

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class References:
    """
    What templates refer to.

    :param steps: node ids of ``steps.<id>``
    :param whole_steps: whether ``steps`` is used other than by a fixed id, so that all outputs are needed
    :param names: first names of paths: trigger, steps, run, workflow, vars, and unknown ones
    :param variables: names of ``vars.<name>``
    :param whole_variables: whether ``vars`` is used other than by a fixed name
    """

    steps: frozenset[str] = frozenset()
    whole_steps: bool = False
    names: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    whole_variables: bool = False


class Path(NamedTuple):
    """A path in an expression: its first name and the fixed keys after it, ("steps", ("get", "body"))."""

    name: str
    keys: tuple[str | int, ...]


def references(value: Any) -> References:
    """
    Return what the templates inside a JSON value refer to. Templates that cannot be read count for nothing.

    :param value: any JSON; strings with ``{{`` are read as templates
    """
    paths = list(find_paths(value))
    return References(
        steps=_second_keys(paths, "steps"),
        whole_steps=_is_used_whole(paths, "steps"),
        names=frozenset(path.name for path in paths),
        variables=_second_keys(paths, "vars"),
        whole_variables=_is_used_whole(paths, "vars"),
    )


def find_paths(value: Any) -> Iterator[Path]:
    """Yield every path in the templates inside a JSON value, in order."""
    if isinstance(value, str):
        if "{{" in value:
            try:
                template = read_template(value)
            except ExpressionError:
                return
            for part in template.expressions:
                yield from tree_paths(part.tree)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from find_paths(key)
            yield from find_paths(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from find_paths(item)


def tree_paths(tree: nodes.Node) -> Iterator[Path]:
    """Yield every path in the tree of an expression."""
    if isinstance(tree, (nodes.Name, nodes.Getattr, nodes.Getitem)):
        keys: list[str | int] = []
        node: nodes.Node = tree
        while True:
            if isinstance(node, nodes.Getattr):
                keys.append(node.attr)
                node = node.node
            elif isinstance(node, nodes.Getitem):
                if isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, (str, int)):
                    keys.append(node.arg.value)
                else:
                    # What comes after a computed key is not known before a run.
                    keys.clear()
                    yield from tree_paths(node.arg)
                node = node.node
            else:
                break
        if isinstance(node, nodes.Name) and node.name != "null":
            yield Path(node.name, tuple(reversed(keys)))
        elif not isinstance(node, nodes.Name):
            yield from tree_paths(node)
        return
    if isinstance(tree, nodes.Call) and isinstance(tree.node, nodes.Name) and tree.node.name in FUNCTIONS:
        children: Iterator[nodes.Node] = tree.iter_child_nodes(exclude=("node",))
    else:
        children = tree.iter_child_nodes()
    for child in children:
        yield from tree_paths(child)


def _second_keys(paths: list[Path], name: str) -> frozenset[str]:
    return frozenset(str(path.keys[0]) for path in paths if path.name == name and path.keys)


def _is_used_whole(paths: list[Path], name: str) -> bool:
    return any(path.name == name and not path.keys for path in paths)
