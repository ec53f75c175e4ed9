"""Tokens on disk: for who holds the secret, and nobody else."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.hooks import token_cache
from flowforge_provider.hooks.token_cache import Token, TokenCache

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    forget(monkeypatch)


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be another process."""
    monkeypatch.setattr(token_cache, "_in_process", {})


def cache(folder: Path | None, *, secret: str = "client-secret", scope: str = "read") -> TokenCache:  # noqa: S107
    return TokenCache(identity=["shop", "https://a/token", "id", scope], secret=secret, folder=folder)


def living() -> Token:
    return Token("the-token", time.time() + 3600)


def test_another_process_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = living()
    cache(tmp_path / "tokens").write(token)
    forget(monkeypatch)
    assert cache(tmp_path / "tokens").read() == token
    assert cache(tmp_path / "tokens", secret="another").read() is None
    assert cache(tmp_path / "tokens", scope="write").read() is None
    forget(monkeypatch)
    assert cache(None).read() is None


def test_the_file_tells_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "tokens"
    cache(folder).write(living())
    (file,) = folder.iterdir()
    content = file.read_bytes()
    assert b"the-token" not in content
    assert b"client-secret" not in content
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_new_secret_takes_the_place_of_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tokens"
    cache(folder).write(living())
    cache(folder, secret="another").write(living())
    forget(monkeypatch)
    assert len(list(folder.iterdir())) == 1
    assert cache(folder).read() is None


@pytest.mark.parametrize("left_s", [-1, 0, 29])
def test_one_that_ends_soon_is_not_used(tmp_path: Path, left_s: float) -> None:
    kept = cache(tmp_path / "tokens")
    kept.write(Token("old", time.time() + left_s))
    assert kept.read() is None


def test_one_of_unknown_life_stays_in_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = cache(tmp_path / "tokens")
    kept.write(Token("token", None))
    assert kept.read() == Token("token", None)
    forget(monkeypatch)
    assert kept.read() is None


def test_one_that_was_refused_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, token = cache(tmp_path / "tokens"), living()
    kept.write(token)
    kept.drop(token)
    assert kept.read() is None
    newer = Token("newer", time.time() + 3600)
    kept.write(newer)
    kept.drop(token)  # which another process has replaced meanwhile
    forget(monkeypatch)
    assert kept.read() == newer


def test_damage_is_the_same_as_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = cache(tmp_path / "tokens")
    kept.write(living())
    (file,) = (tmp_path / "tokens").iterdir()
    file.write_bytes(file.read_bytes()[:-5] + b"xxxxx")
    forget(monkeypatch)
    assert kept.read() is None


def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tokens"
    folder.mkdir(mode=0o755)
    cache(folder).write(living())
    assert list(folder.iterdir()) == []
    link = tmp_path / "link"
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    link.symlink_to(tmp_path / "elsewhere")
    cache(link).write(living())
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = cache(tmp_path / "file" / "tokens")
    kept.write(living())
    assert kept.read() is not None
