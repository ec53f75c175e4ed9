"""What the launcher understands before it starts anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowforge_provider.dev.launcher import Launcher, LaunchError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80.5"])
def test_port_that_is_none_is_refused_with_an_example(port: str) -> None:
    with pytest.raises(LaunchError, match=r"PORT=8081"):
        Launcher.from_environment({"PORT": port})


def test_home_that_cannot_be_made_is_reported_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    launcher = Launcher(home=tmp_path / "file" / "home", port=8080, environment={})
    with pytest.raises(LaunchError, match=r"cannot keep its data in .*home: File exists .*AIRFLOW_HOME="):
        launcher.run()
