"""Outputs of a step, and the port through which they leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SUCCESS = "success"
ERROR = "error"


@dataclass(frozen=True)
class PortOutput:
    """
    What ``run`` returns when it takes another port than ``success``.

    :param port: id of the port, or ids of several ports that are all followed
    :param output: JSON
    """

    port: str | tuple[str, ...]
    output: Any

    @property
    def ports(self) -> tuple[str, ...]:
        """Return the ids of the ports that are followed."""
        return (self.port,) if isinstance(self.port, str) else self.port
