"""What a development instance keeps in its AIRFLOW_HOME."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.dev.home import DevHome, HomeInUseError, database_is_there, schema_fingerprint

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> DevHome:
    made = DevHome(tmp_path / "deep" / "home")
    made.prepare()
    return made


def test_home_is_private(home: DevHome) -> None:
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
    assert (home.path / "dags").is_dir()


def test_second_launcher_is_told_who_holds_the_home(home: DevHome) -> None:
    home.lock()
    home.describe_lock("process 12, http://127.0.0.1:1")
    home.describe_lock("process 12")
    with pytest.raises(HomeInUseError, match=r"^process 12$"):
        DevHome(home.path).lock()
    home.unlock()
    home.lock()
    home.unlock()


def test_notes_are_kept_beside_older_ones(home: DevHome) -> None:
    home.note(schema="a")
    home.note(seeded=["orders"])
    assert DevHome(home.path).read_state() == {"schema": "a", "seeded": ["orders"]}


def test_broken_notes_count_as_none(home: DevHome) -> None:
    (home.path / "flowforge-dev.json").write_text("{")
    assert home.read_state() == {}


def test_config_of_our_own_is_written_anew(home: DevHome) -> None:
    home.write_config({("api", "port"): "1"})
    home.write_config({("api", "port"): "2"})
    path = home.path / "airflow.cfg"
    assert "port = 2" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_config_of_a_person_is_left_alone(home: DevHome) -> None:
    path = home.path / "airflow.cfg"
    path.write_text("[api]\nport = 7\n")
    home.write_config({("api", "port"): "2"})
    assert path.read_text() == "[api]\nport = 7\n"


def test_fingerprint_differs_between_databases() -> None:
    assert schema_fingerprint("sqlite:////a") == schema_fingerprint("sqlite:////a")
    assert schema_fingerprint("sqlite:////a") != schema_fingerprint("sqlite:////b")


def test_lost_sqlite_file_is_noticed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'airflow.db'}"
    assert not database_is_there(url)
    (tmp_path / "airflow.db").write_bytes(b"x")
    assert database_is_there(url)
    assert database_is_there("postgresql://user@host/name")
