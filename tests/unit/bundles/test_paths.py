"""Where the bundle's files lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flowforge_provider.bundles.paths import pinned_folder, relative_path, tracking_folder, write_file

if TYPE_CHECKING:
    from pathlib import Path


def test_a_workflow_cannot_stand_in_for_a_module() -> None:
    """Airflow puts the bundle's folder on sys.path: ``import redis`` must not find a workflow."""
    assert "/" in relative_path("redis")


def test_airflows_on_one_machine_do_not_share_live_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://a:secret@host/one")
    one = tracking_folder()
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://a:secret@host/two")
    assert tracking_folder() != one


def test_a_new_password_of_the_database_moves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://a:secret@host/one")
    before = tracking_folder()
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://a:other@host/one")
    assert tracking_folder() == before


def test_pinned_files_differ_by_version_and_key() -> None:
    folders = {pinned_folder(version=version, key=key) for version in "12" for key in (b"a", b"b")}
    assert len(folders) == 4


def test_files_are_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "orders.py"

    write_file(path, "one")
    write_file(path, "два")

    assert path.read_text(encoding="utf-8") == "два"
    assert [each.name for each in path.parent.iterdir()] == ["orders.py"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.py"
    write_file(path, "one")

    with pytest.raises(UnicodeEncodeError):
        write_file(path, "\ud800")

    assert path.read_text() == "one"
    assert [each.name for each in tmp_path.iterdir()] == ["orders.py"]
