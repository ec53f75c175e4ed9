"""Write a tree back as people would, for messages."""

from __future__ import annotations

import json
import re

from jinja2 import nodes

_WORD = re.compile(r"^[^\W\d]\w*$")


def show(node: nodes.Node) -> str:
    """Return a short text for a part of an expression: trigger.body.lines[0]."""
    parts: list[str] = []
    while True:
        if isinstance(node, nodes.Getattr):
            parts.append(f".{node.attr}" if _WORD.match(node.attr) else f"[{_quote(node.attr)}]")
            node = node.node
        elif isinstance(node, nodes.Getitem):
            argument = node.arg
            if isinstance(argument, nodes.Const) and isinstance(argument.value, (str, int)):
                value = argument.value
                parts.append(f"[{_quote(value) if isinstance(value, str) else value}]")
            else:
                parts.append("[…]")
            node = node.node
        else:
            break
    if isinstance(node, nodes.Name):
        start = node.name
    elif isinstance(node, nodes.Const):
        start = json.dumps(node.value, ensure_ascii=False, default=str)
    else:
        start = "the value"
    text = start + "".join(reversed(parts))
    return text if len(text) <= 120 else f"{text[:119]}…"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
