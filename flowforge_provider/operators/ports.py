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

    :param port: id of the port
    :param output: JSON
    """

    port: str
    output: Any
