"""Every code that FlowForge can answer with has a heading in docs/errors.md, and every heading is a code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from flowforge_provider.graph import codes as graph_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "flowforge_provider"
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
# Codes of one word, which cannot be told from other strings by their form.
SHORT = {"cycle", "conflict", "forbidden", "overloaded", "unavailable"}
# Calls that take a code by position.
CALLS = {"problem", "ApiError", "RefusedError", "PydanticCustomError", "Check", "ParameterProblem"}
# Strings that look like codes where codes stand.
NO_CODES = {"utf-8", "no-store", "no-cache", "content-length", "content-type", "http-equiv", "signed-in"}
NO_CODE_PREFIXES = ("apache-airflow",)


def is_code(node: ast.AST) -> TypeGuard[ast.Constant]:
    value = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(value, str) or value in NO_CODES or value.startswith(NO_CODE_PREFIXES):
        return False
    return value in SHORT or bool(KEBAB.fullmatch(value))


def strings(node: ast.AST) -> Iterator[str]:
    """Yield the codes in an expression, whichever of its branches they stand in."""
    for part in ast.walk(node):
        if is_code(part):
            yield str(part.value)


def codes_of(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        look = LOOKS.get(type(node))
        if look is not None:
            yield from look(node)


def of_call(node: ast.Call) -> Iterator[str]:
    for keyword in node.keywords:
        if keyword.arg == "code":
            yield from strings(keyword.value)
    if getattr(node.func, "attr", getattr(node.func, "id", "")) in CALLS:
        yield from (str(argument.value) for argument in node.args[:2] if is_code(argument))


def of_assignment(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """Look at what is assigned to a name that speaks of codes, in a class body or elsewhere."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if node.value is not None and any("code" in name.lower() for name in names):
        yield from strings(node.value)


def of_dict(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "code":
            yield from strings(value)


def of_tuple(node: ast.Tuple) -> Iterator[str]:
    if len(node.elts) > 1 and is_code(node.elts[0]):
        yield str(node.elts[0].value)


def of_return(node: ast.Return) -> Iterator[str]:
    if isinstance(node.value, (ast.Constant, ast.IfExp)):
        yield from strings(node.value)


LOOKS: dict[type[ast.AST], Callable[[Any], Iterator[str]]] = {
    ast.Call: of_call,
    ast.Assign: of_assignment,
    ast.AnnAssign: of_assignment,
    ast.Dict: of_dict,
    ast.Tuple: of_tuple,
    ast.Return: of_return,
}


def used_codes() -> dict[str, str]:
    """Return code -> a file that uses it."""
    found = dict.fromkeys(graph_codes.ALL_CODES, "graph/codes.py")
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" in path.parts and "store" in path.parts:
            continue  # alembic's names are no codes
        for code in codes_of(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(code, str(path.relative_to(PACKAGE)))
    return found


def headings() -> list[str]:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return re.findall(r"^### `([^`]+)`$", text, re.MULTILINE)


def test_every_code_has_a_heading() -> None:
    used = used_codes()
    missing = {code: used[code] for code in sorted(used.keys() - set(headings()))}
    assert missing == {}, "Add these to docs/errors.md."


def test_every_heading_is_a_code() -> None:
    assert sorted(set(headings()) - used_codes().keys()) == [], "No code uses these headings any more."


def test_no_heading_stands_twice() -> None:
    assert len(headings()) == len(set(headings()))


def test_every_heading_says_something() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        assert len(body.split("\n## ")[0].strip()) > 20, heading
