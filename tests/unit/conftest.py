"""What keeps unit tests that share a process from seeing one another."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Airflow has one masker for workers and one for its servers.
_MASKERS = ("airflow.sdk._shared.secrets_masker", "airflow._shared.secrets_masker")


@pytest.fixture(autouse=True)
def _forget_secrets() -> Iterator[None]:
    """Forget the secrets that a test has told Airflow to mask: in another test they may be ordinary words."""
    yield
    for name in _MASKERS:
        module = sys.modules.get(name)
        if module is not None:
            module.reset_secrets_masker()
