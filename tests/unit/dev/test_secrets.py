"""Secrets of a development instance."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet

from flowforge_provider.dev.secrets import FILE_NAME, load_secrets

if TYPE_CHECKING:
    from pathlib import Path


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert len({first.fernet_key, first.api_secret_key, first.jwt_secret}) == 3
    Fernet(first.fernet_key)


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    load_secrets(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600


def test_file_that_lacks_one_gains_it_and_keeps_the_others(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    (tmp_path / FILE_NAME).write_text(json.dumps({"fernet_key": first.fernet_key, "of_a_later_version": "x"}))
    second = load_secrets(tmp_path)
    assert second.fernet_key == first.fernet_key
    assert second.jwt_secret != first.jwt_secret
    assert load_secrets(tmp_path) == second


def test_two_homes_have_different_secrets(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert load_secrets(tmp_path / "a") != load_secrets(tmp_path / "b")
