"""Workflows on the services of docker-compose.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.compose_runs import ComposeRuns, signed_in
from tests.support.ledger import Ledger, running_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.compose import ComposeSetup


@pytest.fixture
def runs(compose: ComposeSetup) -> Iterator[ComposeRuns]:
    """Publishes, sends and counts."""
    with signed_in(compose) as value:
        yield value


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """The service that steps call."""
    with running_ledger() as value:
        yield value
