"""What the launcher understands before it starts anything."""

from __future__ import annotations

import pytest

from flowforge_provider.dev.launcher import Launcher, LaunchError


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80.5"])
def test_port_that_is_none_is_refused_with_an_example(port: str) -> None:
    with pytest.raises(LaunchError, match=r"PORT=8081"):
        Launcher.from_environment({"PORT": port})
