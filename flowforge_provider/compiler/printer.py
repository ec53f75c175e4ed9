"""
Print a Python syntax tree as ``ruff format --line-length 110`` (or black) would.

Covers what generated Dag files are made of: literals, calls, imports, one ``with``, assignments, functions
that make task groups, and ``>>`` chains. Anything else is refused, so that nothing can be printed wrongly in
silence.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from flowforge_provider.compiler.strings import docstring_literal, split_lines, string_literal, text_width
from flowforge_provider.exceptions import CompileError

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE_LENGTH = 110
INDENT = "    "


def print_module(module: ast.Module, *, blank_before: Sequence[ast.stmt] = ()) -> str:
    """
    Return the source of a module.

    :param module: docstring, imports and one ``with`` statement, as ``source.py`` makes them
    :param blank_before: statements that get an empty line before them
    :raises CompileError: the tree holds something that generated Dags never hold
    """
    spaced = {id(statement) for statement in blank_before}
    lines: list[str] = []
    for statement in module.body:
        if id(statement) in spaced:
            lines.append("")
        lines.extend(_statement(statement, indent="", spaced=spaced))
    return "\n".join(lines) + "\n"


def _statement(statement: ast.stmt, *, indent: str, spaced: set[int]) -> list[str]:  # noqa: PLR0911 - one a kind
    if isinstance(statement, ast.Expr) and _is_string(statement.value):
        text = docstring_literal(_string_value(statement.value))
        return [f"{indent}{text}"] if indent else text.split("\n")
    if isinstance(statement, ast.ImportFrom):
        return _import(statement)
    if isinstance(statement, ast.With):
        return _with(statement, indent=indent, spaced=spaced)
    if isinstance(statement, ast.FunctionDef):
        return _function(statement, indent=indent, spaced=spaced)
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return _expression(statement.value, indent=indent, before=f"{statement.targets[0].id} = ", after="")
    if isinstance(statement, ast.Pass):
        return [f"{indent}pass"]
    if isinstance(statement, ast.Expr):
        return _chain(statement.value, indent=indent)
    raise _unprintable(statement)


def _import(statement: ast.ImportFrom) -> list[str]:
    names = [f"{name.name} as {name.asname}" if name.asname else name.name for name in statement.names]
    line = f"from {statement.module} import {', '.join(names)}"
    if text_width(line) <= LINE_LENGTH:
        return [line]
    return [f"from {statement.module} import (", *(f"{INDENT}{name}," for name in names), ")"]


def _with(statement: ast.With, *, indent: str, spaced: set[int]) -> list[str]:
    [item] = statement.items
    if not isinstance(item.optional_vars, ast.Name):
        raise _unprintable(statement)
    lines = _expression(
        item.context_expr, indent=indent, before="with ", after=f" as {item.optional_vars.id}:"
    )
    for inner in statement.body:
        if id(inner) in spaced:
            lines.append("")
        lines.extend(_statement(inner, indent=indent + INDENT, spaced=spaced))
    return lines


def _function(statement: ast.FunctionDef, *, indent: str, spaced: set[int]) -> list[str]:
    [decorator] = statement.decorator_list
    arguments = ", ".join(
        f"{argument.arg}: {_flat(argument.annotation)}" if argument.annotation else argument.arg
        for argument in statement.args.args
    )
    returns = f" -> {_flat(statement.returns)}" if statement.returns else ""
    lines = _expression(decorator, indent=indent, before="@", after="")
    lines.append(f"{indent}def {statement.name}({arguments}){returns}:")
    for inner in statement.body:
        if id(inner) in spaced:
            lines.append("")
        lines.extend(_statement(inner, indent=indent + INDENT, spaced=spaced))
    return lines


def _chain(node: ast.expr, *, indent: str) -> list[str]:
    """Print ``a >> b >> c``, one operand per line in parentheses when it is too long."""
    operands: list[str] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.RShift):
        operands.append(_flat(node.right))
        node = node.left
    operands.append(_flat(node))
    operands.reverse()
    line = indent + " >> ".join(operands)
    if text_width(line) <= LINE_LENGTH:
        return [line]
    inner = indent + INDENT
    first, *others = operands
    return [f"{indent}(", inner + first, *(f"{inner}>> {operand}" for operand in others), f"{indent})"]


def _expression(node: ast.expr, *, indent: str, before: str, after: str) -> list[str]:
    """Print an expression on one line if it fits between what stands before and after it, else exploded."""
    if not _is_always_exploded(node):
        line = f"{indent}{before}{_flat(node)}{after}"
        if "\n" not in line and text_width(line) <= LINE_LENGTH:
            return [line]
    inner = indent + INDENT
    if isinstance(node, ast.Call) and (node.args or node.keywords):
        lines = [f"{indent}{before}{_flat(node.func)}("]
        for argument in node.args:
            lines += _expression(argument, indent=inner, before="", after=",")
        for keyword in node.keywords:
            lines += _expression(keyword.value, indent=inner, before=f"{keyword.arg}=", after=",")
        return [*lines, f"{indent}){after}"]
    if isinstance(node, ast.List) and node.elts:
        lines = [f"{indent}{before}["]
        for element in node.elts:
            lines += _expression(element, indent=inner, before="", after=",")
        return [*lines, f"{indent}]{after}"]
    if isinstance(node, ast.Dict) and node.keys:
        lines = [f"{indent}{before}{{"]
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise _unprintable(node)
            lines += _expression(value, indent=inner, before=f"{_flat(key)}: ", after=",")
        return [*lines, f"{indent}}}{after}"]
    if _is_string(node) and len(parts := split_lines(_string_value(node))) > 1:
        return [f"{indent}{before}(", *(inner + string_literal(part) for part in parts), f"{indent}){after}"]
    return [f"{indent}{before}{_flat(node)}{after}"]


def _is_always_exploded(node: ast.expr) -> bool:
    """Tell whether a call gets one keyword argument per line whatever its length: the Dag and its tasks."""
    return isinstance(node, ast.Call) and any(
        keyword.arg in ("dag_id", "task_id") for keyword in node.keywords
    )


def _flat(node: ast.expr) -> str:  # noqa: PLR0911 - one a kind
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant):
        return _constant(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return f"-{_flat(node.operand)}"
    if isinstance(node, ast.List):
        return f"[{', '.join(map(_flat, node.elts))}]"
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return "{" + ", ".join(f"{_flat(key)}: {_flat(value)}" for key, value in pairs if key) + "}"
    if isinstance(node, ast.Call):
        arguments = [_flat(argument) for argument in node.args]
        arguments += [f"{keyword.arg}={_flat(keyword.value)}" for keyword in node.keywords]
        return f"{_flat(node.func)}({', '.join(arguments)})"
    if isinstance(node, ast.Attribute):
        return f"{_flat(node.value)}.{node.attr}"
    raise _unprintable(node)


def _constant(node: ast.Constant) -> str:
    if isinstance(node.value, str):
        return string_literal(node.value)
    if isinstance(node.value, float):
        return repr(node.value).replace("e+", "e")
    if node.value is None or isinstance(node.value, (bool, int)):
        try:
            return repr(node.value)
        except ValueError as error:  # Python's limit on the digits of an integer.
            raise CompileError("An integer has too many digits to be written. Use a string.") from error
    raise _unprintable(node)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _string_value(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _unprintable(node)


def _unprintable(node: ast.AST) -> CompileError:
    return CompileError(f"Generated Dags hold no {type(node).__name__}; this one would.")
