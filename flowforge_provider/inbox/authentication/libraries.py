"""The vendors' own libraries, which are heavy, loaded when the first delivery of their kind comes in."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["load_library"]

_loaded: dict[str, Any] = {}


async def load_library(name: str, *parts: str) -> Any:
    """
    Return a module; load it beside the event loop, which others wait for, where it is not loaded yet.

    :param name: its dotted name
    :param parts: what is used of it; some libraries load their parts only when they are touched
    """
    # Not sys.modules: a module is in there from the moment at which some thread begins to load it.
    module = _loaded.get(name)
    if module is None:
        module = _loaded[name] = await asyncio.to_thread(_load, name, parts)
    return module


def _load(name: str, parts: Sequence[str]) -> Any:
    module = import_module(name)
    for part in parts:
        getattr(module, part)
    return module
