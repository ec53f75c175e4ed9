"""
Turn the tree of an expression into a function over JSON values.

Only the kinds of tree nodes that are listed here exist in the language; everything else is refused before
anything is evaluated. There are no attributes, methods, statements, imports or assignments, and the only
functions are those of ``operations.py``.
"""

# All builders, and all functions they return, have one signature, whether they need all of it or not.
# ruff: noqa: ARG001, ARG005

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from jinja2 import nodes

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionSyntaxError, ExpressionValueError
from flowforge_provider.expressions import arithmetic
from flowforge_provider.expressions.operations import FILTERS, FUNCTIONS, TESTS, Operation, Scope
from flowforge_provider.expressions.source import show
from flowforge_provider.expressions.values import MissingValueError, look_up, plain, truth, type_name

Evaluate = Callable[[Scope], Any]

# Levels of a tree; a chain of operators is one level an operator. Far below Python's own recursion limit.
MAX_DEPTH = 150

_BINARY: dict[type[nodes.BinExpr], arithmetic.BinaryOperator] = {
    nodes.Add: arithmetic.add,
    nodes.Sub: arithmetic.subtract,
    nodes.Mul: arithmetic.multiply,
    nodes.Div: arithmetic.divide,
    nodes.FloorDiv: arithmetic.floor_divide,
    nodes.Mod: arithmetic.modulo,
    nodes.Pow: arithmetic.power,
}


def build(node: nodes.Node, depth: int = 0) -> Evaluate:
    """
    Return a function that evaluates a tree.

    :param node: tree from ``ExpressionEnvironment.parse_expression``
    :raises ExpressionSyntaxError: it uses something that the language does not have
    :raises ExpressionLimitError: it is nested too deeply
    """
    if depth > MAX_DEPTH:
        raise ExpressionLimitError(f"The expression is nested more than {MAX_DEPTH} deep. Split it up.")
    builder = _BUILDERS.get(type(node))
    if builder is None:
        raise ExpressionSyntaxError(f"{type(node).__name__} is not part of the expression language.")
    return builder(node, depth + 1)


def _build_const(node: nodes.Const, depth: int) -> Evaluate:
    value = plain(node.value)
    if type(value) in {int, float}:
        arithmetic.check_number(value)
    return lambda scope: value


def _build_name(node: nodes.Name, depth: int) -> Evaluate:
    name = node.name
    if name == "null":  # JSON's word; Jinja knows none
        return lambda scope: None

    def evaluate(scope: Scope) -> Any:
        data = scope.data
        if name in data:
            return plain(data[name])
        if name in FUNCTIONS:
            raise ExpressionValueError(f"{name} is a function. Call it: {name}().")
        near = get_close_matches(name, [*data], n=1, cutoff=0.6)
        advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(data) or 'none'}."
        raise MissingValueError(f'The name "{name}" is not known. {advice} Texts stand in quotes.')

    return evaluate


def _build_getattr(node: nodes.Getattr, depth: int) -> Evaluate:
    base, key, path = build(node.node, depth), node.attr, show(node.node)

    def evaluate(scope: Scope) -> Any:
        return look_up(base(scope), key, path)

    return evaluate


def _build_getitem(node: nodes.Getitem, depth: int) -> Evaluate:
    base, path = build(node.node, depth), show(node.node)
    if isinstance(node.arg, nodes.Slice):
        return _build_slice(base, path, node.arg, depth)
    index = build(node.arg, depth)
    return lambda scope: look_up(base(scope), index(scope), path)


def _build_slice(base: Evaluate, path: str, node: nodes.Slice, depth: int) -> Evaluate:
    bounds = [None if part is None else build(part, depth) for part in (node.start, node.stop, node.step)]

    def evaluate(scope: Scope) -> Any:
        value = base(scope)
        if type(value) is not list and type(value) is not str:
            raise ExpressionValueError(f"{path} is {type_name(value)}; only lists and texts can be cut.")
        numbers = [None if bound is None else bound(scope) for bound in bounds]
        if any(number is not None and type(number) is not int for number in numbers) or numbers[2] == 0:
            raise ExpressionValueError("The bounds of [from:to:step] are whole numbers, the step not 0.")
        cut = slice(*numbers)
        length = len(range(*cut.indices(len(value))))
        if type(value) is str:
            scope.budget.allow_text(length)
        else:
            scope.budget.allow_list(length)
        return value[cut]

    return evaluate


def _build_list(node: nodes.List | nodes.Tuple, depth: int) -> Evaluate:
    items = [build(item, depth) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def _build_dict(node: nodes.Dict, depth: int) -> Evaluate:
    pairs = [(build(pair.key, depth), build(pair.value, depth)) for pair in node.items]

    def evaluate(scope: Scope) -> Any:
        result = {}
        for key, value in pairs:
            name = key(scope)
            if type(name) is not str:
                raise ExpressionValueError(f"The keys of an object are texts, not {type_name(name)}.")
            result[name] = value(scope)
        return result

    return evaluate


def _build_binary(node: nodes.BinExpr, depth: int) -> Evaluate:
    left, right, compute = build(node.left, depth), build(node.right, depth), _BINARY[type(node)]

    def evaluate(scope: Scope) -> Any:
        scope.budget.spend()
        return compute(left(scope), right(scope), scope.budget)

    return evaluate


def _build_and(node: nodes.And, depth: int) -> Evaluate:
    left, right = build(node.left, depth), build(node.right, depth)

    def evaluate(scope: Scope) -> Any:
        value = left(scope)
        return right(scope) if truth(value) else value

    return evaluate


def _build_or(node: nodes.Or, depth: int) -> Evaluate:
    left, right = build(node.left, depth), build(node.right, depth)

    def evaluate(scope: Scope) -> Any:
        value = left(scope)
        return value if truth(value) else right(scope)

    return evaluate


def _build_not(node: nodes.Not, depth: int) -> Evaluate:
    operand = build(node.node, depth)
    return lambda scope: not truth(operand(scope))


def _build_sign(node: nodes.Neg | nodes.Pos, depth: int) -> Evaluate:
    operand, sign = build(node.node, depth), -1 if isinstance(node, nodes.Neg) else 1
    return lambda scope: arithmetic.multiply(sign, operand(scope), scope.budget)


def _build_concat(node: nodes.Concat, depth: int) -> Evaluate:
    parts = [build(part, depth) for part in node.nodes]

    def evaluate(scope: Scope) -> Any:
        result: Any = ""
        for part in parts:
            result = arithmetic.concatenate(result, part(scope), scope.budget)
        return result

    return evaluate


def _build_compare(node: nodes.Compare, depth: int) -> Evaluate:
    first = build(node.expr, depth)
    rest = [(arithmetic.COMPARISONS[operand.op], build(operand.expr, depth)) for operand in node.ops]

    def evaluate(scope: Scope) -> Any:
        left = first(scope)
        for compare, operand in rest:
            scope.budget.spend()
            right = operand(scope)
            if not compare(left, right, scope.budget):
                return False
            left = right
        return True

    return evaluate


def _build_condition(node: nodes.CondExpr, depth: int) -> Evaluate:
    if node.expr2 is None:
        raise ExpressionSyntaxError('A choice needs an else: "a if condition else b"; else null for nothing.')
    test, yes, no = build(node.test, depth), build(node.expr1, depth), build(node.expr2, depth)
    return lambda scope: yes(scope) if truth(test(scope)) else no(scope)


def _build_filter(node: nodes.Filter, depth: int) -> Evaluate:
    if node.node is None:
        raise ExpressionSyntaxError("A filter stands after a value: value | filter.")
    operation = _find(node.name, FILTERS, "filter")
    operand = build(node.node, depth)
    return _build_use(operation, operand, node, depth)


def _build_test(node: nodes.Test, depth: int) -> Evaluate:
    operation = _find(node.name, TESTS, "test")
    operand = build(node.node, depth)
    return _build_use(operation, operand, node, depth)


def _build_use(
    operation: Operation, operand: Evaluate, node: nodes.Filter | nodes.Test, depth: int
) -> Evaluate:
    arguments, named = _build_arguments(operation, node, depth)
    function = operation.function
    if operation.name in _CATCHING:
        caught = operand

        def operand(scope: Scope) -> Any:
            try:
                return caught(scope)
            except MissingValueError:
                return MISSING

    if not arguments and not named:

        def evaluate_plain(scope: Scope) -> Any:
            scope.budget.spend()
            return function(scope, operand(scope))

        return evaluate_plain

    def evaluate(scope: Scope) -> Any:
        scope.budget.spend()
        value = operand(scope)
        return function(
            scope,
            value,
            *[argument(scope) for argument in arguments],
            **{name: argument(scope) for name, argument in named.items()},
        )

    return evaluate


def _build_call(node: nodes.Call, depth: int) -> Evaluate:
    if not isinstance(node.node, nodes.Name):
        written = show(node.node)
        raise ExpressionSyntaxError(
            f"{written}(…) is a method call, which the language does not have. "
            f"Use a filter instead: {written.rpartition('.')[0] or 'value'} | filter."
        )
    operation = _find(node.node.name, FUNCTIONS, "function")
    arguments, named = _build_arguments(operation, node, depth)
    function = operation.function

    def evaluate(scope: Scope) -> Any:
        scope.budget.spend()
        return function(
            scope,
            *[argument(scope) for argument in arguments],
            **{name: argument(scope) for name, argument in named.items()},
        )

    return evaluate


def _build_arguments(
    operation: Operation, node: nodes.Call | nodes.Filter | nodes.Test, depth: int
) -> tuple[list[Evaluate], dict[str, Evaluate]]:
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        raise ExpressionSyntaxError("Arguments cannot be spread with * or **. Write them one by one.")
    positional = [build(argument, depth) for argument in node.args]
    named = {str(keyword.key): keyword.value for keyword in node.kwargs}
    complaint = operation.complaint(len(positional), [*named])
    if complaint:
        raise ExpressionSyntaxError(f"{operation.name}: {complaint}")
    for argument in node.args[:1]:
        # map("upper") and select("even") name another operation; a wrong name is found before a run.
        tables = _NAMED_BY_ARGUMENT.get(operation.name)
        if tables and isinstance(argument, nodes.Const):
            _find(str(argument.value), tables[0], tables[1])
    return positional, {name: build(argument, depth) for name, argument in named.items()}


def _find(name: str, table: dict[str, Operation], kind: str) -> Operation:
    operation = table.get(name)
    if operation is None:
        near = get_close_matches(name, table, n=3, cutoff=0.6)
        advice = f"Did you mean {' or '.join(near)}?" if near else "docs/expressions.md lists all of them."
        raise ExpressionSyntaxError(f'There is no {kind} "{name[:60]}". {advice}', code="expression-syntax")
    return operation


class _Missing:
    """Stands for a value that is not there, for the few operations that ask about that."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()
_CATCHING = frozenset({"default", "defined", "undefined"})
_NAMED_BY_ARGUMENT = {"map": (FILTERS, "filter"), "select": (TESTS, "test"), "reject": (TESTS, "test")}

_BUILDERS: dict[type[nodes.Node], Callable[[Any, int], Evaluate]] = {
    nodes.Const: _build_const,
    nodes.Name: _build_name,
    nodes.Getattr: _build_getattr,
    nodes.Getitem: _build_getitem,
    nodes.List: _build_list,
    nodes.Tuple: _build_list,
    nodes.Dict: _build_dict,
    **dict.fromkeys(_BINARY, _build_binary),
    nodes.And: _build_and,
    nodes.Or: _build_or,
    nodes.Not: _build_not,
    nodes.Neg: _build_sign,
    nodes.Pos: _build_sign,
    nodes.Concat: _build_concat,
    nodes.Compare: _build_compare,
    nodes.CondExpr: _build_condition,
    nodes.Filter: _build_filter,
    nodes.Test: _build_test,
    nodes.Call: _build_call,
}
