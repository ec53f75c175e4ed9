"""The inbox's life in a front door that is a process of its own."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from flowforge_provider.inbox.service import run_inbox

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["lifespan"]


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None, None]:
    """Run the inbox and its dispatcher for as long as the process serves."""
    async with run_inbox(dispatch=True):
        yield
