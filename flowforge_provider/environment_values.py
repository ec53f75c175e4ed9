"""Values of environment variables that may be secrets: given as they are, or in a file."""

from __future__ import annotations

import logging
import os
from pathlib import Path

__all__ = ["environment_value"]

log = logging.getLogger(__name__)


def environment_value(name: str) -> str:
    """
    Return what an environment variable says; without it, what the file holds that ``<name>_FILE`` names.

    Read anew at each call, so that a secret can be replaced while the process runs.

    :param name: of the variable
    :return: without blanks around it; empty when neither is set, or the file cannot be read
    """
    value = os.environ.get(name, "").strip()
    path = os.environ.get(f"{name}_FILE", "").strip()
    if value or not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.warning("The file that %s_FILE names cannot be read: %s", name, error)
        return ""
